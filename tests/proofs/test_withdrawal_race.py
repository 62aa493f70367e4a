"""A withdrawal and 1,000 of the person's events in flight, on a real broker: nothing is released behind its commit.

All of it is in the log before consent begins: of each of five persons some facts, then the withdrawal, then the others.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from support import events
from support.beside import beside
from support.brokers import fresh_broker
from support.consent_worker import Commit, ConsentWorker
from support.histories import ALL_DATA, PURPOSES, Act, Author
from support.history_broker import RECIPIENTS
from support.waits import wait_until

from deploy.topic_reader import decoded
from processors.names import AUDIT_DECISIONS, released_topic
from processors.records import Arrival
from sinks.case_views import CaseViews
from streams.sink import Sink

Row = dict[str, Any]
pytestmark = pytest.mark.broker
NORTH = "north"
FACTS = 1_000
PLACES = (0, 1, 500, 999, 1_000)
"""Of each person, how many facts stand before the withdrawal."""
BATCH = 300
"""Records that are decided at once: facts of every person stand before and behind the withdrawal in its own batch."""
SCOPE = {"controllers": ["ccc"], "records_covered": list(ALL_DATA), "purposes": PURPOSES, "recipients": [NORTH]}
AGREED = ("mou-ccc", "mou-north", "dsa-north", "dul-dsa-north", "dsa-north-own", "dul-dsa-north-own")


class Racing(Author):
    """Writes the log."""

    def race(self) -> None:
        """Who the persons are; then what comes of all of them at once."""
        for act in (Act("rules", {"laws": "all"}), *(Act("agreement", {"name": name}) for name in AGREED)):
            self.write([act])
        self.write([Act("tick", {"days": 0})])
        for place in PLACES:
            self.where |= {f"college {place}": f"person {place}", f"north {place}": f"person {place}"}
            self.tell("north", place, "caseload", "case", 0, assignment_state="assigned")
            self.tell("college", place, "consent", "form", 0, event_state="given", **SCOPE)
        for n in range(FACTS + 1):
            for place in PLACES:
                if n == place:
                    self.tell("college", place, "consent", "form", 1, event_state="withdrawn", **SCOPE)
                if n < FACTS:
                    self.tell("college", place, "enrollment", f"term {n}", 0)

    def tell(self, record: str, place: int, family: str, fact: str, minute: int, **said: Any) -> None:
        """An event of a person's record."""
        at = events.NOON + minute * events.MINUTE
        self.event(
            f"{record} {place}", family, fact, "assert", events.body(family, **said), published_at=at,
            partner_id={"college": "ccc", "north": NORTH}[record], event_id=f"{place} {family} {fact} {minute}",
        )  # fmt: skip


@dataclass(frozen=True)
class Race:
    """What became of it."""

    log: list[tuple[str, Row]]
    commits: list[Commit]
    audit: list[Row]
    told: list[tuple[int, Row]]
    """Offset and row of what the recipient was sent, in its order."""
    view: set[tuple[str, str]]
    """Person and event of what its view shows."""

    def position(self, place: int) -> int:
        """Of a person's withdrawal in the log."""
        return next(n for n, (_, row) in enumerate(self.log) if row.get("event_id") == f"{place} consent form 1")

    def commit(self, place: int) -> Commit:
        """Of that withdrawal."""
        return next(one for one in self.commits if one.read > self.position(place))

    def facts(self, place: int) -> Iterator[tuple[int, str]]:
        """Position and id of each of a person's facts."""
        for n, (name, row) in enumerate(self.log):
            if name == "resolved_event" and row["event_id"].startswith(f"{place} enrollment"):
                yield n, row["event_id"]


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:
    folder: Path = tmp_path_factory.mktemp("race")
    with fresh_broker(folder / "kafka") as address, closing(ConsentWorker(address, folder, RECIPIENTS)) as worker:
        author = Racing(Random(0), worker.keys, 0)  # noqa: S311  # nothing secret
        author.race()
        worker.write(author.logged)
        commits, sent = worker.run(BATCH), worker.sent()
        audit, released = rows_of(sent[AUDIT_DECISIONS]), rows_of(sent[released_topic(NORTH)])
        shown = in_view(address, folder, {released_topic(NORTH): commits[-1].ends[released_topic(NORTH)]})
        yield Race(author.told, commits, [row for _, row in audit], released, shown)


def rows_of(arrivals: list[Arrival]) -> list[tuple[int, Row]]:
    """Offsets and rows, in their order."""
    return sorted(((read.offset, read.row) for read in decoded(arrivals)), key=itemgetter(0))


def in_view(address: str, folder: Path, ends: dict[str, int]) -> set[tuple[str, str]]:
    """What stands in the view when the sink has written everything."""
    with closing(CaseViews.open(folder / "views.duckdb")) as views:
        sink = Sink(address, views, lambda *_: None)
        with beside(sink.run) as ended:
            wait_until(
                lambda: bool(ended) or all(views.offsets().get((t, 0), 0) >= end for t, end in ends.items()), "all"
            )
        assert ended == []
        with views.cursor() as cursor:
            asked = "SELECT person_id, event_id FROM release_row WHERE state = 'released' AND recipient = ?"
            return set(cursor.execute(asked, [NORTH]).fetchall())


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_released_behind_the_withdrawal_in_the_log_or_behind_its_commit_in_the_topic(
    race: Race, place: int
) -> None:
    position, end = race.position(place), race.commit(place).ends.get(released_topic(NORTH), 0)
    released = [(offset, row["release"]) for offset, row in race.told if "body" in row]
    mine = [(offset, head) for offset, head in released if head["event_id"].startswith(f"{place} enrollment")]
    assert len(mine) == place
    assert [head["event_id"] for offset, head in mine if head["position"] > position or offset >= end] == []


@pytest.mark.parametrize("place", PLACES)
def test_all_that_was_released_before_is_taken_back_in_that_commit(race: Race, place: int) -> None:
    end = race.commit(place).ends.get(released_topic(NORTH), 0)
    retracted = [(offset, row) for offset, row in race.told if "reason" in row]
    mine = [(offset, row) for offset, row in retracted if row["release"]["event_id"].startswith(f"{place} enrollment")]
    assert Counter(row["reason"] for _, row in mine) == Counter(
        {"consent_refused_or_withdrawn": place} if place else {}
    )
    assert {row["release"]["position"] for _, row in mine} <= {race.position(place)}
    assert [offset for offset, _ in mine if offset >= end] == []


@pytest.mark.parametrize("place", PLACES)
def test_each_fact_is_carried_before_it_and_withheld_behind_it_and_none_is_lost_or_decided_twice(
    race: Race, place: int
) -> None:
    firsts = Counter((row["event_id"], row["outcome"]) for row in race.audit if row["caused_by"] == row["event_id"])
    position = race.position(place)
    expected = Counter((id_, "carried" if n < position else "withheld") for n, id_ in race.facts(place))
    assert len(expected) == FACTS
    assert Counter({key: n for key, n in firsts.items() if key[0].startswith(f"{place} enrollment")}) == expected


@pytest.mark.parametrize("place", PLACES)
def test_the_view_shows_nothing_of_them_but_that_the_recipient_serves_the_person(race: Race, place: int) -> None:
    assert {event_id for person, event_id in race.view if person == f"person {place}"} == {f"{place} caseload case 0"}
