"""Every bad input that reaches a stage ends as it should wherever it stands in a batch, and its neighbours flow on."""

import re
from collections import Counter
from pathlib import Path

import pytest
from support import worlds
from support.bad_inputs import CARRIED, DROPPED, ELSEWHERE, INPUTS, BadInput, Making, neighbours
from support.events import NOON
from support.worlds import PureWorld, ResolveWorld

from processors.names import IDENTITY_CHANGES, RESOLVED_EVENTS
from processors.records import Out
from processors.resolve.codes import Code

ROOT = Path(__file__).parents[3]
POSITIONS = {"first": 0, "middle": 3, "last": 6}


def test_every_number_reaches_a_stage_or_says_why_not() -> None:
    assert sorted({one.number for one in INPUTS} | ELSEWHERE.keys()) == list(range(1, 87))
    assert {one.number for one in INPUTS} & ELSEWHERE.keys() == set()


def test_no_two_inputs_are_called_the_same() -> None:
    assert [name for name, count in Counter(map(str, INPUTS)).items() if count > 1] == []


@pytest.mark.parametrize("number", ELSEWHERE)
def test_what_is_proven_elsewhere_names_files_that_there_are(number: int) -> None:
    named = re.findall(r"tests/[\w/.]*\w", ELSEWHERE[number])
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_code_that_one_message_can_bring_about_is_among_the_ends() -> None:
    by_agreement = {Code.NO_AGREEMENT, Code.FAMILY_NOT_AGREED}
    assert {one.ends for one in INPUTS if one.is_rejected} == set(Code) - by_agreement - {Code.INTERNAL_ERROR}


@pytest.fixture(scope="module")
def world() -> ResolveWorld:
    """One for all: what an input leaves behind must not matter to the next one."""
    return ResolveWorld()


def ends_of(outs: list[Out]) -> Counter[tuple[str, str]]:
    """How often each event was let through or rejected, and by which code."""
    found: Counter[tuple[str, str]] = Counter()
    for row in map(worlds.decoded, outs):
        if row["schema"] == "dead_letter":
            found[row["event_id"], row["code"]] += 1
        elif row["schema"] == "resolved_event" or row.get("kind") == "applied":
            found[row["event_id"], CARRIED] += 1
    return found


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("bad", [pytest.param(one, id=str(one)) for one in INPUTS])
def test_a_bad_input_is_rejected_once_and_its_neighbours_flow(
    world: ResolveWorld, bad: BadInput, position: str
) -> None:
    making = Making(f"{bad}, {position}", NOON)
    if bad.earlier is not None:
        world.take(bad.earlier(making))
    sent = bad.make(making)
    around, place = neighbours(sent, making.name, 6, NOON), POSITIONS[position]
    outs = world.take(*around[:place], sent, *around[place:])
    assert {out.topic for out in outs if out.topic in {RESOLVED_EVENTS, IDENTITY_CHANGES}}
    own = Counter() if bad.ends == DROPPED else Counter([(sent.event_id, bad.ends if bad.is_rejected else CARRIED)])
    assert ends_of(outs) == own + Counter((neighbour.event_id, CARRIED) for neighbour in around)


def test_every_input_ends_as_it_says_on_the_whole_way() -> None:
    world, expected = PureWorld(), {}
    for bad in INPUTS:
        making = Making(str(bad), NOON)
        if bad.earlier is not None:
            world.send(*bad.earlier(making))
            world.settle()
        sent = bad.make(making)
        world.send(*sent)
        expected[sent.event_id] = f"rejected:{bad.ends}" if bad.is_rejected else bad.ends
    ended = world.settle().outcomes()
    assert {id_: ended[id_] for id_, end in expected.items() if end not in {ended[id_], DROPPED}} == {}
