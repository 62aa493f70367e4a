"""``throughline identity quality``: what topics tell, as a report, as a picture, and over a real broker."""

from collections.abc import Iterator, Sequence
from math import cos, radians
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import orjson
import pytest
from defusedxml.ElementTree import fromstring
from support.brokers import fresh_broker
from support.commands import throughline
from support.published import put

from deploy.identity.drift import Seen, drift
from deploy.identity.quality_picture import picture
from deploy.identity.quality_report import AGES, Report, Watched, report
from deploy.topic_reader import Read
from processors import names
from streams import clients, topics

DAY = 86_400_000
"""In milliseconds."""
NOW = 20_787 * DAY
"""2026-11-30."""
KINDS = ("linked", "merged", "split", "relinked")
Row = dict[str, Any]


def record(key: str, person: str, partner: str, at: int = NOW) -> Read:
    """What resolve says of a record; at: when it was first seen, in milliseconds."""
    row = {"record_key": key, "person_id": person, "partner_id": partner, "first_seen_at": at * 1_000}
    return Read(names.IDENTITY_RECORDS, 0, 0, NOW, "identity_record", row)


def change(kind: str, at: int) -> Read:
    """What became of a record."""
    return Read(names.IDENTITY_CHANGES, 0, 0, at, "identity_changed", {"kind": kind})


def review(pair: str, at: int, reason: str = "grey", *, bits: int = 100, is_open: bool = True) -> Read:
    """What a steward is asked of a pair such as "ab"."""
    row = {
        "one": pair[0], "other": pair[1], "reason": reason, "open": is_open, "bits_hundredths": bits, "model": "m",
    }  # fmt: skip
    return Read(names.REVIEWS, 0, 0, at, "identity_review", row)


def decided(id_: str, kind: str, *pairs: str) -> Read:
    """What a steward decided of pairs such as "ab"."""
    row = {"decision_id": id_, "kind": kind, "pairs": [{"one": pair[0], "other": pair[1]} for pair in pairs]}
    return Read(names.STEWARDS, 0, 0, NOW, "identity_decided", row)


PEOPLE = [record(key, key.upper(), "csac") for key in "abcdefgh"]
"""Eight records of eight persons."""


def told(*reads: Read) -> Report:
    """The report of what was read in this order."""
    watched = Watched()
    for read in reads:
        watched.enter(read)
    return report(watched, {"csac"}, NOW * 1_000)


def ages(found: Report, reason: str = "grey") -> list[int]:
    """Open reviews of a reason by age."""
    return list(found.reviews[reason].values())


def test_of_each_record_the_newest_row_counts() -> None:
    found = told(record("a", "P", "csac"), record("b", "Q", "edd"), record("b", "P", "edd")).drift
    assert (found.records, found.persons, found.largest_person_id) == (2, 1, "P")


def test_changes_are_counted_by_month_and_kind_and_what_was_only_applied_is_none() -> None:
    found = told(change("merged", NOW), change("merged", NOW), change("split", NOW - 30 * DAY), change("applied", 0))
    assert found.changes == {
        "2026-10": {"linked": 0, "merged": 0, "split": 1, "relinked": 0},
        "2026-11": {"linked": 0, "merged": 2, "split": 0, "relinked": 0},
    }


def test_open_reviews_are_counted_by_reason_and_age() -> None:
    at = [NOW, NOW - DAY, NOW - 7 * DAY, NOW - 30 * DAY]
    found = told(*PEOPLE, *(review(pair, day) for pair, day in zip(("ab", "bc", "cd", "de"), at, strict=True)))
    assert found.reviews == {"grey": dict(zip(AGES, (1, 1, 1, 1), strict=True))}
    assert told(*PEOPLE, review("ab", NOW), review("cd", NOW, "capped")).reviews.keys() == {"capped", "grey"}
    assert ages(told(*PEOPLE, review("ab", NOW + 1))) == [1, 0, 0, 0], "clocks differ"


def test_a_review_that_is_told_anew_is_as_old_as_it_was_and_one_that_was_closed_between_is_not() -> None:
    asked, again = review("ab", NOW - 40 * DAY), review("ab", NOW, "unclear")
    assert ages(told(*PEOPLE, asked, again), "unclear") == [0, 0, 0, 1]
    assert ages(told(*PEOPLE, asked, review("ab", NOW - DAY, is_open=False), again), "unclear") == [1, 0, 0, 0]


def test_what_is_closed_answered_or_of_one_person_by_now_is_not_asked() -> None:
    assert told(*PEOPLE, review("ab", NOW), review("ab", NOW, is_open=False)).reviews == {}
    assert told(*PEOPLE, review("ab", NOW), decided("d1", "same", "ab")).reviews == {}
    assert told(*PEOPLE, record("b", "A", "csac"), review("ab", NOW)).reviews == {}


def test_of_several_reviews_between_two_persons_the_heaviest_is_counted() -> None:
    people = [*PEOPLE, record("b", "A", "csac")]
    found = told(*people, review("ac", NOW - 40 * DAY, bits=300), review("bc", NOW, "unclear", bits=200))
    assert found.reviews == {"grey": dict(zip(AGES, (0, 0, 0, 1), strict=True))}


def test_decisions_are_counted_by_kind_and_whether_they_stand() -> None:
    found = told(
        decided("d1", "same", "ab"), decided("d2", "different", "cd", "ef"), decided("d3", "same", "ef"),
        decided("d4", "withdrawn", "ab"), decided("d5", "same", "gh"),
    )  # fmt: skip
    some = {kind: {state: n for state, n in states.items() if n} for kind, states in found.decisions.items()}
    assert some == {
        "different": {"stands in part": 1}, "same": {"stands": 2, "withdrawn": 1}, "withdrawn": {"withdraws": 1},
    }  # fmt: skip


def test_for_programs_everything_is_one_object() -> None:
    row = orjson.loads(orjson.dumps(told(*PEOPLE, change("split", NOW), review("ab", NOW)).as_row()))
    assert set(row) == {
        "records", "persons", "largest_person_id", "largest_records", "sizes", "months", "recent_since", "matches",
        "repeated", "changes", "reviews", "decisions",
    }  # fmt: skip
    assert row["repeated"] == [{"partner": "csac", "persons": 0, "of_persons": 8}]


OLD, NEW = 20_500, 20_787
MANY = [
    *(Seen(f"p{place}", partner, OLD) for place in range(1_000) for partner in ("csac", "edd")),
    *(Seen(f"q{place}", "csac", NEW) for place in range(500)),
    *(Seen("r", "edd", NEW) for _ in range(11)),
]
"""A thousand persons of both partners, and of late five hundred of one alone; one of eleven records."""


def texts(svg: str) -> list[str]:
    """What is written in a picture, piece by piece."""
    return [node.text or "" for node in fromstring(svg).iter() if node.tag.endswith("}text")]


def test_the_picture_has_every_figure_as_text() -> None:
    found = texts(picture(drift(MANY, [])))
    assert found[:2] == ["Persons by number of records", "2,511 records of 1,501 persons; the largest has 11"]
    assert found[2:6] == ["1 record", "500 (33%)", "2 records", "1,000 (67%)"]
    assert found[20:22] == ["10+ records", "1 (<1%)"]
    assert found[-4:] == ["67%", "-100", "99%", "-100"]
    assert [found.count(name) for name in ("csac", "1,500 records", "edd", "1,011 records")] == [2, 1, 2, 1]


def test_the_picture_is_told_in_words_to_who_does_not_see_it() -> None:
    told_ = fromstring(picture(drift(MANY, [])))
    [title, words] = [node.text or "" for node in told_ if node.tag.endswith(("}title", "}desc"))]
    assert title == "2,511 records of 1,501 persons"
    assert "500 persons of 1 records. 1,000 persons of 2 records." in words
    assert "Of 1,500 records of csac, 67% meet edd, -100 points of late." in words
    assert told_.get("role") == "img"


LETTER = 7
"""Pixels that a letter takes at least."""


def extent(node: Element) -> tuple[float, float, float]:
    """Left, right and lower end of a shape or a line of text."""
    at = {name: float(node.get(name, 0)) for name in ("x", "y", "width", "height")}
    length = max(at["width"], LETTER * len(node.text or ""))
    if "rotate" in node.get("transform", ""):
        length *= cos(radians(40))
    left = at["x"] - length * {"end": 1, "middle": 0.5}.get(node.get("text-anchor", ""), 0)
    return left, left + length, at["y"] + at["height"]


@pytest.mark.parametrize("count", [1, 2, 40])
def test_nothing_in_the_picture_lies_outside_of_it_however_many_partners_there_are(count: int) -> None:
    made = fromstring(picture(drift([Seen("p", f"partner_of_a_long_name_{n}", OLD) for n in range(count)], [])))
    [grid] = [node for node in made.iter() if node.tag.endswith("}g")]
    top = float(grid.get("transform", "").split()[-1].rstrip(")"))
    extents = [extent(node) for node in grid]
    assert min(left for left, _, _ in extents) >= 0
    assert max(right for _, right, _ in extents) <= float(made.get("width", 0))
    assert max(lower for _, _, lower in extents) + top <= float(made.get("height", 0))


def test_where_one_partner_alone_has_records_the_picture_says_that_nothing_can_meet() -> None:
    assert texts(picture(drift([Seen("p", "csac", OLD)], [])))[-1].startswith("fewer than two partners have records")


class World:
    """A broker, and what resolve and stewards have written there."""

    def __init__(self, address: str, data_dir: Path) -> None:
        self.address, self.data_dir = address, data_dir
        topics.create(clients.admin(address), topics.table([], 1, 1))

    def put(self, topic: str, subject: str, rows: Sequence[Row], key: str) -> None:
        """Write as they do."""
        put(self.address, topic, subject, rows, key)

    def run(self, *words: str) -> Any:
        """Run the command."""
        return throughline(self.data_dir, "identity", "quality", *words, THROUGHLINE_BOOTSTRAP=self.address)

    def said(self, *words: str) -> str:
        """What it prints where it does what it should."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of this file's own: topics have fixed names."""
    with fresh_broker(tmp_path_factory.mktemp("quality")) as address:
        yield World(address, tmp_path_factory.mktemp("data"))


ONE, TWIN, OTHER, WAGES, ALONE = (f"{place:032x}" for place in range(1, 6))
PERSONS = {ONE: ("p1", "csac"), TWIN: ("p1", "csac"), OTHER: ("p1", "ccc"), WAGES: ("p2", "edd"), ALONE: ("p3", "csac")}
SEALED = "c2VhbGVk"
"""Stands for what records say."""


def _record(key: str, person: str, partner: str) -> Row:
    return {
        "record_key": key, "partner_id": partner, "seed": key, "first_seen_at": NOW * 1_000,
        "first_seen_position": "partner/0/1", "person_id": person, "event_ids": [], "sealed_traits": SEALED,
    }  # fmt: skip


def _change(kind: str, key: str) -> Row:
    return {
        "change_id": f"{kind}{key}", "event_id": "e", "record_key": key, "partner_id": "csac", "kind": kind,
        "from_person_id": None, "to_person_id": "p1", "model": "m", "evidence": [],
    }  # fmt: skip


@pytest.mark.broker
def test_over_a_broker_it_tells_what_resolve_and_stewards_have_written(world: World, tmp_path: Path) -> None:
    assert world.said() == "no records are known yet: partners' events make them, as resolve reads them\n"
    nothing = world.run("--out", str(tmp_path / "none.svg"))
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "there is nothing to draw" in nothing.stderr

    rows = [_record(WAGES, "p1", "edd"), *(_record(key, *of) for key, of in PERSONS.items())]
    world.put(names.IDENTITY_RECORDS, "internal.identity_record.v1", rows, "record_key")
    changes = [_change("applied", ONE), _change("linked", TWIN), _change("merged", OTHER), _change("merged", ONE)]
    world.put(names.IDENTITY_CHANGES, "internal.identity_changed.v1", changes, "record_key")
    asked = {
        "pair_id": f"{ONE}|{ALONE}", "one": ONE, "other": ALONE, "bits_hundredths": 100, "reason": "grey", "model": "m",
        "open": True,
    }  # fmt: skip
    world.put(names.REVIEWS, "internal.identity_review.v1", [asked], "pair_id")
    decision = {
        "decision_id": "d1", "kind": "different", "pairs": [{"one": ONE, "other": WAGES}], "decided_by": "r.alvarez",
        "reason": "a brother", "decided_at": NOW * 1_000,
    }  # fmt: skip
    world.put(names.STEWARDS, "internal.identity_decided.v1", [decision], "decision_id")

    drawn = tmp_path / "identity.svg"
    found = orjson.loads(world.said("--json", "--out", str(drawn)).splitlines()[-1])
    assert (found["records"], found["persons"], found["largest_person_id"]) == (5, 3, "p1")
    assert (found["sizes"]["1"], found["sizes"]["3"], found["months"][0]["month"]) == (2, 1, "2026-11")
    [meeting] = [one for one in found["matches"] if (one["partner"], one["other"]) == ("csac", "ccc")]
    assert (meeting["records"], meeting["rate"]) == (3, 0.6667)
    assert found["repeated"] == [
        {"partner": "ccc", "persons": 0, "of_persons": 1}, {"partner": "csac", "persons": 1, "of_persons": 2},
    ], "edd's records are wage rows, of which a person has as many as it has names"  # fmt: skip
    [month] = found["changes"].values()
    assert month == {"linked": 1, "merged": 2, "split": 0, "relinked": 0}
    assert (found["reviews"], found["decisions"]) == (
        {"grey": dict(zip(AGES, (1, 0, 0, 0), strict=True))},
        {"different": {"stands": 1}},
    )
    assert texts(drawn.read_text(encoding="utf-8"))[1] == "5 records of 3 persons; the largest has 3"

    told_ = world.said()
    assert all(text in told_ for text in ("5 records of 3 persons", "the largest: p1", "67%", "under 1 day", "stands"))
    assert SEALED not in told_ + drawn.read_text(encoding="utf-8")
