"""Scenarios that a case manager could read, run at two heights: in memory, and over a real Apache Kafka.

A step erases whom a fact is about (``<partner> <fact>``), or tells events
(``<partner> <asserts|corrects|retracts> <family> <fact> of <person>: <what it says>``), waits until all of it has come
out, and says what each recipient then sees, which signals it has, how events ended, and of how many persons.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.events import MINUTE, event_id, message
from support.kafka_world import KafkaWorld
from support.worlds import PureWorld, Row, World

from partners.client import Publisher
from partners.mapping import load, reader_by
from partners.publishing import publish_file
from partners.rows import days

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "partner-files"
FILES = sorted(Path(__file__).parent.glob("*.yaml"))
FIRST_MOMENT = 1_736_971_200_000_000
"""2025-01-15 20:00 UTC in microseconds: before the clock of any machine that runs this, after every agreement began."""
EVENT = re.compile(r"(\w+) (assert|correct|retract)s (\w+) ([\w-]+) of (\w+)")


@pytest.fixture(scope="module")
def kafka_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """One broker for all scenarios of this file."""
    with KafkaWorld(tmp_path_factory.mktemp("world")) as world:
        yield world


@dataclass
class Story:
    """A scenario under way in a world that others share: its records, numbers and events are its own."""

    name: str
    world: World
    events: dict[str, str] = field(default_factory=dict)
    """By partner and fact: the id of its newest event."""
    own: set[str] = field(default_factory=set)
    """Ids of all events told so far."""

    def tell(self, sentence: str, said: Row) -> None:
        """Publish one event."""
        found = EVENT.fullmatch(sentence)
        assert found, f"not a sentence of this language: {sentence}"
        partner, operation, family, fact, person = found.groups()
        moment = FIRST_MOMENT + len(self.own) * MINUTE
        envelope = {"operation": operation, "published_at": moment, "observed_at": moment}
        envelope["event_id"] = event_id(f"{self.name} {len(self.own)}")
        token = f"{self.name}-{person}"
        sent = message(partner, family, token, f"{self.name} {person} {fact}", **envelope, **self._made_own(said))
        self.events[f"{partner} {fact}"] = sent.event_id
        self.own.add(sent.event_id)
        self.world.send(*sent)

    def erase(self, name: str, recipients: Iterable[str]) -> None:
        """Erase the person of a fact that some recipient sees."""
        views = (self.world.view(recipient) for recipient in recipients)
        self.world.erase(next(person for view in views for person, event in view if event == self.events[name]))

    def _made_own(self, said: Row) -> Row:
        """What is said, with numbers that only this scenario has, and dates as texts."""
        made = {k: v.isoformat() if isinstance(v, date) else v for k, v in said.items()}
        return made | {kind: self._number(kind, said[kind]) for kind in ("ssn", "phone") if kind in said}

    def _number(self, kind: str, word: str) -> str:
        """The number that a word stands for; one that can have been issued."""
        drawn = int.from_bytes(hashlib.sha256(f"{self.name} {word}".encode()).digest()[:8], "big")
        area, group, serial = drawn % 99, drawn // 99 % 99, drawn // 9801 % 9999
        return f"{501 + area}-{1 + group:02}-{1 + serial:04}" if kind == "ssn" else f"213-{501 + area}-{1 + serial:04}"

    def seen(self, recipient: str) -> list[tuple[str, Row]]:
        """Person, and the row as a case manager would read it, of every event of this scenario in a view."""
        return [
            (person, {"family": row["release"]["family"], "operation": row["release"]["operation"], **row["body"]})
            for (person, event), row in self.world.view(recipient).items()
            if event in self.own
        ]

    def signalled(self, recipient: str) -> list[Row]:
        """Signals to a recipient that rest on this scenario's events."""
        return [row for row in self.world.signals(recipient) if self.own.issuperset(row["evidence_event_ids"])]


def run(path: Path, world: World) -> None:
    """Tell a scenario, and compare after every step."""
    scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
    story = Story(path.stem, world)
    for step in scenario["steps"]:
        assert step.keys() <= {"told", "erased", "seen", "signals", "ends", "persons"}
        if "erased" in step:
            story.erase(step["erased"], step["seen"])
        for told in step.get("told", ()):
            [(sentence, said)] = told.items()
            story.tell(sentence, said or {})
        world.settle()
        for recipient, expected in step.get("seen", {}).items():
            compare([row for _, row in story.seen(recipient)], expected)
        for recipient, expected in step.get("signals", {}).items():
            compare(story.signalled(recipient), expected)
        for recipient, count in step.get("persons", {}).items():
            assert len({person for person, _ in story.seen(recipient)}) == count
        outcomes = world.outcomes()
        assert {name: outcomes[story.events[name]] for name in step.get("ends", {})} == step.get("ends", {})


def compare(rows: list[Row], expected: list[Row]) -> None:
    """Each expected row is one of those seen, and there are no others."""
    left = list(rows)
    for wanted in expected:
        match = next((row for row in left if matches(row, wanted)), None)
        assert match is not None, f"{wanted} is not among {left}"
        left.remove(match)
    assert left == []


def matches(row: Row, wanted: Row) -> bool:
    """Whether a row says all that is wanted, and shows no field that it should not."""
    said = {k: v for k, v in wanted.items() if k != "not_shown"}
    hidden: list[str] = wanted.get("not_shown", [])
    return all(row.get(name) == value for name, value in said.items()) and not any(name in row for name in hidden)


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_scenario_comes_true_in_memory(path: Path) -> None:
    run(path, PureWorld())


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_scenario_comes_true_one_event_at_a_time(path: Path) -> None:
    run(path, PureWorld(batch=1))


@pytest.mark.broker
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_scenario_comes_true_over_a_real_broker(path: Path, kafka_world: KafkaWorld) -> None:
    run(path, kafka_world)


@pytest.mark.broker
def test_a_fixed_width_file_of_wages_comes_to_the_case_view(kafka_world: KafkaWorld, tmp_path: Path) -> None:
    story = Story("fixed width", kafka_world)
    number = story._number("ssn", "kim")  # noqa: SLF001  # one that only this scenario has
    known = {"first_name": "Kim", "last_name": "Beispiel", "birth_date": date(2004, 5, 6), "ssn": "kim"}
    story.tell("ccc asserts identity card of kim", known)
    story.tell("ccc_transfer_center asserts identity card of kim", known)
    story.tell("ccc_transfer_center asserts caseload case of kim", {"case_manager_id": "ortiz"})
    said = {"event_state": "given", "controllers": ["edd"], "records_covered": ["wage"]}
    more = {"purposes": ["transfer_advising"], "recipients": ["ccc_transfer_center"]}
    story.tell("ccc asserts consent form of kim", said | more)
    lines = (EXAMPLES / "wages.txt").read_text().replace("219099998", number.replace("-", ""))
    (tmp_path / "wages.txt").write_text(lines.replace("REYES SAM     ", "BEISPIEL KIM  "))
    mapped = load(EXAMPLES / "wages.toml")
    sent: list[str] = []
    with Publisher(str(kafka_world.settings.bootstrap), "edd") as publisher:
        outcome = publish_file(
            tmp_path / "wages.txt",
            "employment",
            datetime(2025, 11, 30, tzinfo=UTC),
            publisher,
            on_event=lambda _, event_id, __: sent.append(event_id),
            reader=reader_by(tmp_path / "wages.txt", mapped),
        )
    assert (outcome.rows, outcome.published, outcome.aside, outcome.rejected) == (5, 3, 2, 0)
    for one in sent:
        kafka_world.wait_for(one)
    story.own.update(sent)
    period = {"reference_period_start": days(date(2025, 7, 1)), "reference_period_end": days(date(2025, 9, 30))}
    wages = {"family": "employment", **period, "administrative_source": "state_ui", "not_shown": ["employer_token"]}
    compare(
        [row for _, row in story.seen("ccc_transfer_center")],
        [
            {"family": "caseload"},
            {**wages, "quarterly_earnings_cents": 641_250},
            {**wages, "quarterly_earnings_cents": 98_025},
        ],
    )


def test_every_scenario_has_a_title_and_says_what_is_seen() -> None:
    for path in FILES:
        scenario: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert scenario.keys() == {"title", "steps"}
        assert any("seen" in step for step in scenario["steps"])


def test_a_row_too_many_too_few_or_with_other_words_does_not_pass() -> None:
    row = {"family": "aid", "amount": 1}
    for rows, expected in (
        ([row], []),
        ([], [row]),
        ([row], [{**row, "amount": 2}]),
        ([row], [{"not_shown": ["amount"]}]),
    ):
        with pytest.raises(AssertionError):
            compare(rows, expected)
