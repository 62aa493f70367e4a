"""Full exports: whatever they were, and whatever befell on the way, what was published adds up to the last of them."""

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.client import PublishError
from partners.events import Headers
from partners.rows import Row
from partners.snapshot_state import SnapshotError, SnapshotState
from partners.snapshots import SnapshotOutcome, publish_snapshot
from schemas_avro import codec, wire

NIGHT = datetime(2026, 9, 1, tzinfo=UTC)
Facts = dict[str, tuple[str, int]]
"""Subject and units, by source_record_id."""


class CrashError(Exception):
    """The process ends here."""


@dataclass
class Topic:
    """A partner's topic as a list; a process that dies does so before the message of a number."""

    partner_id: str = "ccc"
    submission: str = "0b7e52a4-5c1f-4a0e-9c55-3d1f0a9f2c11"
    sent: list[tuple[bytes | None, bytes, str]] = field(default_factory=list)
    dies_at: int | None = None

    def publish_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Take one message."""
        assert topic == "partner.ccc.enrollment"
        self._live()
        assert value is not None
        self.sent.append((key, value, dict(headers)["ce_id"].decode()))

    def flush(self) -> None:
        """All is there."""
        self._live()

    def _live(self) -> None:
        if self.dies_at is not None and len(self.sent) >= self.dies_at:
            raise CrashError

    def events(self) -> list[Row]:
        """Every event once, as resolve takes them: an id that comes again has the bytes that it had."""
        known: dict[str, bytes] = {}
        for _, value, event_id in self.sent:
            assert known.setdefault(event_id, value) == value
        rows = [codec.decode_own(wire.schema_id_of(v) or 0, [wire.payload_of(v)])[0] for v in known.values()]
        assert [row["envelope"]["event_id"] for row in rows] == list(known)
        return rows

    def folded(self) -> Facts:
        """What stands: of each subject's fact the newest version, unless it takes the fact back."""
        newest: dict[tuple[str, str], Row] = {}
        for row in sorted(self.events(), key=lambda r: (r["envelope"]["published_at"], r["envelope"]["event_id"])):
            newest[row["envelope"]["subject_token"], row["envelope"]["source_record_id"]] = row
        stands = {k: r for k, r in newest.items() if r["envelope"]["operation"] != "retract"}
        found = {fact: (subject, row["body"]["units_attempted_hundredths"]) for (subject, fact), row in stands.items()}
        assert len(found) == len(stands), "a fact stands for two subjects"
        return found


def line(fact: str, subject: str, units: int, **envelope: Any) -> bytes:
    """One row of an export."""
    head = {"source_record_id": fact, "subject_token": subject, **envelope}
    body = {"organization_id": "1", "organization_id_system": "OTHER", "units_attempted_hundredths": units}
    return orjson.dumps({"envelope": head, "body": body})


def lines(facts: Facts) -> list[bytes]:
    """An export of facts."""
    return [line(fact, *said) for fact, said in facts.items()]


@dataclass
class Nights:
    """One partner's exports, night by night, from one folder."""

    folder: Path
    topic: Topic = field(default_factory=Topic)
    night: int = 0

    def publish(self, rows: Sequence[bytes], *, percent: float = 100, dry: bool = False) -> SnapshotOutcome:
        """The next night's export."""
        self.night += 1
        return self.again(rows, percent=percent, dry=dry)

    def again(self, rows: Sequence[bytes], *, percent: float = 100, dry: bool = False) -> SnapshotOutcome:
        """The same night's."""
        path = self.folder / "export.jsonl"
        path.write_bytes(b"\n".join(rows))
        as_of, sender = NIGHT + timedelta(days=self.night), "ccc" if dry else self.topic
        with self.state() as state:
            return publish_snapshot(path, "enrollment", as_of, sender, state, max_retract_percent=percent)

    def state(self) -> SnapshotState:
        """What is remembered."""
        return SnapshotState(self.folder / "snapshots", "ccc", "enrollment")


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    """Of a partner who never published."""
    return Nights(tmp_path)


FACTS = st.dictionaries(
    st.sampled_from([f"e-{n}" for n in range(6)]),
    st.tuples(st.sampled_from(["s-1", "s-2"]), st.integers(0, 2)),
    max_size=6,
)
DEATHS = st.one_of(st.none(), st.integers(0, 7))


@given(exports=st.lists(st.tuples(FACTS, DEATHS), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_exports_with_any_crashes_add_up_to_the_last(exports: list[tuple[Facts, int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nights = Nights(Path(folder))
        for facts, dies_after in exports:
            nights.topic.dies_at = None if dies_after is None else len(nights.topic.sent) + dies_after
            try:
                nights.publish(lines(facts))
            except CrashError:
                continue
            assert nights.topic.folded() == facts
        nights.topic.dies_at = None
        last = exports[-1][0]
        nights.again(lines(last))
        assert nights.topic.folded() == last
        before = len(nights.topic.sent)
        nights.again(lines(last))
        assert len(nights.topic.sent) == before


def test_the_report_says_what_changed_and_every_event_what_it_answers_to(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1), "b": ("s", 1), "c": ("s", 1)}))
    outcome = nights.publish(lines({"a": ("s", 1), "b": ("s", 2), "d": ("s", 1)}))
    said = outcome.to_document()
    assert said.pop("rows_per_second")
    assert said == {
        "rows": 3, "asserted": 1, "corrected": 1, "retracted": 1, "unchanged": 1, "held": 0, "finished": 0,
        "rejected": 0, "reasons": {}, "submission": nights.topic.submission,
    }  # fmt: skip
    first, then = nights.topic.events()[:3], nights.topic.events()[3:]
    ids = {row["envelope"]["source_record_id"]: row["envelope"]["event_id"] for row in first}
    answers = {
        r["envelope"]["source_record_id"]: (r["envelope"]["operation"], r["envelope"]["supersedes_event_id"])
        for r in then
    }
    assert answers == {"b": ("correct", ids["b"]), "c": ("retract", ids["c"]), "d": ("assert", None)}


def test_ids_of_a_snapshot_are_told_of_retractions_too_and_of_nothing_that_is_not_sent(nights: Nights) -> None:
    def told(rows: Sequence[bytes], percent: float, sender: Topic | str) -> list[tuple[int | None, str, str]]:
        nights.night += 1
        path, found = nights.folder / "export.jsonl", []
        path.write_bytes(b"\n".join(rows))
        with nights.state() as state, suppress(SnapshotError):
            as_of = NIGHT + timedelta(days=nights.night)
            publish_snapshot(
                path, "enrollment", as_of, sender, state, percent, on_event=lambda *event: found.append(event)
            )
        return found

    told(lines({"a": ("s", 1), "b": ("s", 1), "c": ("s", 1)}), 100, nights.topic)
    then = lines({"a": ("s", 1), "b": ("s", 2)})
    assert told(then, 100, "ccc") == told(then, 1, nights.topic) == []
    found = told(then, 100, nights.topic)
    assert [(place, operation) for place, _, operation in found] == [(2, "correct"), (None, "retract")]
    assert {event_id for _, event_id, _ in found} == {event_id for _, _, event_id in nights.topic.sent[3:]}
    assert told(then, 100, nights.topic) == []


def test_a_first_snapshot_says_so_and_the_next_does_not(nights: Nights) -> None:
    first, second = (nights.publish(lines({"a": ("s", 1)})) for _ in range(2))
    assert first.nothing_known_in == (nights.folder / "snapshots").absolute()
    assert second.nothing_known_in is None


def test_an_older_file_is_told_both_days(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1)}))
    nights.night -= 2
    with pytest.raises(SnapshotError, match="the last snapshot is as of 2026-09-02, this file as of 2026-09-01"):
        nights.publish(lines({"a": ("s", 1)}))


def test_the_same_export_again_sends_nothing(nights: Nights) -> None:
    facts = lines({"a": ("s", 1), "b": ("s", 2)})
    nights.publish(facts)
    for outcome in (nights.again(facts), nights.publish(list(reversed(facts)))):
        assert (outcome.unchanged, outcome.published) == (2, 0)


def test_what_every_night_says_anew_is_no_change(nights: Nights) -> None:
    for night in ("2026-09-01", "2026-09-02"):
        told = {
            "observed_at": f"{night}T08:00:00Z",
            "published_at": f"{night}T09:00:00Z",
            "source_collection_id": night,
        }
        outcome = nights.publish([line("a", "s", 1, **told)])
    assert outcome.unchanged == 1


def test_a_fact_that_comes_back_is_asserted_anew(nights: Nights) -> None:
    for facts in ({"a": ("s", 1)}, {}, {"a": ("s", 1)}):
        nights.publish(lines(facts))
    assert [row["envelope"]["operation"] for row in nights.topic.events()] == ["assert", "retract", "assert"]
    assert nights.topic.folded() == {"a": ("s", 1)}


def test_a_fact_of_another_subject_goes_from_the_first_and_comes_to_the_second(nights: Nights) -> None:
    nights.publish(lines({"a": ("s-1", 1)}))
    outcome = nights.publish(lines({"a": ("s-2", 1)}))
    assert (outcome.asserted, outcome.corrected, outcome.retracted) == (1, 0, 1)
    assert nights.topic.folded() == {"a": ("s-2", 1)}


def test_what_a_rejected_row_may_be_about_is_not_retracted(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1), "b": ("s", 1), "c": ("s", 1)}))
    outcome = nights.publish([line("a", "s", 1), line("b", "s", "many")])  # type: ignore[arg-type]  # what is wrong
    assert (outcome.retracted, outcome.held, outcome.reasons) == (1, 1, {"wrong_type": 1})
    assert nights.topic.folded() == {"a": ("s", 1), "b": ("s", 1)}
    outcome = nights.publish([line("a", "s", 1), b"{"])
    assert (outcome.retracted, outcome.held) == (0, 1)
    assert nights.publish([line("a", "s", 1)]).retracted == 1


def test_a_second_row_of_a_fact_and_a_row_that_retracts_are_rejected(nights: Nights) -> None:
    outcome = nights.publish([line("a", "s", 1), line("a", "s", 2), line("b", "s", 1, operation="retract")])
    assert outcome.reasons == {"duplicate_row": 1, "wrong_value": 1}
    assert nights.topic.folded() == {"a": ("s", 1)}


def test_a_file_that_lacks_too_much_sends_nothing_and_is_told_how_it_could(nights: Nights) -> None:
    facts: Facts = {f"e-{n}": ("s", 1) for n in range(10)}
    nights.publish(lines(facts))
    part = dict(list(facts.items())[:7])
    with pytest.raises(SnapshotError, match=r"3 of 10 facts .* --max-retract-percent"):
        nights.publish(lines(part), percent=20)
    assert len(nights.topic.sent) == 10
    nights.again(lines(part), percent=30)
    assert nights.topic.folded() == part


def test_an_older_file_than_the_last_is_not_taken_for_a_newer_one(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1)}))
    nights.night = 0
    with pytest.raises(SnapshotError, match="--as-of"):
        nights.again(lines({"a": ("s", 2)}))


def test_a_dry_run_says_what_would_change_and_changes_nothing(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1)}))
    assert nights.publish(lines({"b": ("s", 1)}), dry=True).retracted == 1
    assert nights.again(lines({"a": ("s", 1)})).unchanged == 1


def test_an_interrupted_snapshot_is_finished_before_the_next_file_is_looked_at(nights: Nights) -> None:
    nights.topic.dies_at = 1
    with pytest.raises(CrashError):
        nights.publish(lines({"a": ("s", 1), "b": ("s", 1)}))
    with pytest.raises(SnapshotError, match="was interrupted"):
        nights.again([], dry=True)
    nights.topic.dies_at = None
    outcome = nights.publish(lines({"c": ("s", 1)}))
    assert (outcome.finished, outcome.asserted, outcome.retracted) == (2, 1, 2)
    assert nights.topic.folded() == {"c": ("s", 1)}


def test_a_broker_that_does_not_take_an_event_leaves_the_snapshot_to_be_finished(nights: Nights) -> None:
    class Failing(Topic):
        def flush(self) -> None:
            raise PublishError("1 of 1 events were not delivered: _MSG_TIMED_OUT")

    sound, nights.topic = nights.topic, Failing()
    with pytest.raises(PublishError):
        nights.publish(lines({"a": ("s", 1)}))
    nights.topic = sound
    assert nights.again(lines({"a": ("s", 1)})).finished == 1
    assert nights.topic.folded() == {"a": ("s", 1)}


def test_two_at_once_are_one_and_an_error(nights: Nights) -> None:
    with nights.state(), pytest.raises(SnapshotError, match="wait for it"):
        nights.publish([])


def test_nothing_in_the_state_can_be_read_and_only_its_owner_may(nights: Nights) -> None:
    nights.publish([line("Quetzal-fact", "Quetzal-subject", 1)])
    nights.topic.dies_at = 0
    with pytest.raises(CrashError):
        nights.publish([line("Quetzal-fact", "Quetzal-subject", 2), line("Quetzal-other", "Quetzal-subject", 2)])
    files = list((nights.folder / "snapshots").iterdir())
    assert {path.name for path in files} == {"snapshots.key", "ccc.enrollment.sqlite"}
    assert not any(b"Quetzal" in path.read_bytes() for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert stat.S_IMODE((nights.folder / "snapshots").stat().st_mode) == 0o700


def test_a_state_that_is_damaged_or_of_another_key_is_one_line_with_the_remedy(nights: Nights) -> None:
    nights.publish(lines({"a": ("s", 1)}))
    (nights.folder / "snapshots" / "snapshots.key").write_bytes(os.urandom(32))
    with pytest.raises(SnapshotError, match="restore both from the same backup"):
        nights.publish([])
    (nights.folder / "snapshots" / "ccc.enrollment.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(SnapshotError, match="restore it from its backup"):
        nights.publish([])


def test_a_fact_whose_subject_is_written_in_another_way_goes_before_it_comes(tmp_path: Path) -> None:
    """Resolve may hold both for one record, and then the later of the two is what stands."""
    topic = Wages("edd")
    header = "source_record_id,subject_name,identifier.SSN,reference_period_start,reference_period_end"
    for name in ("REYES SAM", "Reyes Sam"):
        (tmp_path / "wages.csv").write_text(f"{header}\nw-1,{name},219099998,2026-04-01,2026-06-30\n")
        with SnapshotState(tmp_path / "snapshots", "edd", "employment") as state:
            publish_snapshot(tmp_path / "wages.csv", "employment", NIGHT, topic, state, 100)
    heads = sorted((row["envelope"] for row in topic.events()), key=lambda envelope: envelope["published_at"])
    assert [head["operation"] for head in heads] == ["assert", "retract", "assert"]
    assert len({head["published_at"] for head in heads}) == 3


def test_wage_rows_are_retracted_under_the_number_and_name_that_they_came_with(tmp_path: Path) -> None:
    def export(facts: Sequence[str]) -> Iterator[str]:
        yield "source_record_id,subject_name,identifier.SSN,reference_period_start,reference_period_end"
        yield from (f"{fact},REYES SAM,219099998,2026-04-01,2026-06-30" for fact in facts)

    topic = Wages("edd")
    for night, facts in enumerate((("w-1", "w-2"), ("w-1",))):
        (tmp_path / "wages.csv").write_text("\n".join(export(facts)))
        with SnapshotState(tmp_path / "snapshots", "edd", "employment") as state:
            as_of = NIGHT + timedelta(days=night)
            publish_snapshot(tmp_path / "wages.csv", "employment", as_of, topic, state, max_retract_percent=50)
    asserted, retracted = topic.events()[1], topic.events()[2]
    assert retracted["envelope"]["operation"] == "retract"
    assert retracted["body"]["reference_period_end"] == asserted["body"]["reference_period_end"]
    for name in ("source_record_id", "subject_name", "identifiers"):
        assert retracted["envelope"][name] == asserted["envelope"][name]


class Wages(Topic):
    """The same for wage rows."""

    def publish_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Take one message."""
        assert topic == "partner.edd.employment"
        self.sent.append((key, value or b"", dict(headers)["ce_id"].decode()))
