"""The population: the same on every machine, sound in every event, and no two people taken for one."""

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from deploy.population import generate
from partners import formats, rows
from partners.events import framed, key_of, schema_id_of
from partners.formats import Good
from partners.population import PHASES, Planned, Population, files, managers
from partners.population.dice import Dice
from partners.population.malformed import KINDS
from partners.population.people import Registry, canonical, nicknames, people, swaps
from partners.population.send import turns
from schemas_avro import catalog, codec, wire
from schemas_avro.models import EVENTS

AS_OF = date(2026, 9, 1)
DIGEST = "9a725f5554a54864de516a1353d218ea05a5db9768784eabce20716958e9ad19"


def sound(population: Population) -> list[Planned]:
    """Every well-formed event, once."""
    return list({e.event_id: e for events in population.phases.values() for e in events if not e.code}.values())


def digest(folder: Path) -> str:
    """SHA-256 over names and bytes of all files of a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.json*")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def test_the_same_seed_gives_the_same_bytes_on_any_machine(tmp_path: Path) -> None:
    files.write(generate(60, 3), tmp_path)
    assert digest(tmp_path) == DIGEST


def test_another_seed_gives_other_ids_throughout() -> None:
    first, second = ({e.event_id for e in sound(generate(40, seed))} for seed in (1, 2))
    assert not first & second


def test_writing_again_leaves_nothing_of_the_run_before(tmp_path: Path) -> None:
    files.write(generate(60, 3), tmp_path)
    (tmp_path / "history" / "stale.aid.jsonl").write_text("{}\n")
    written = files.write(generate(60, 3), tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(written)


def test_no_two_people_share_a_social_security_number_even_with_two_digits_swapped() -> None:
    found = list(people(400, 11, AS_OF, Registry()))
    owners: dict[str, set[int]] = defaultdict(set)
    for person in found:
        for number in [person.ssn, *swaps(person.ssn)] if person.ssn else []:
            owners[number].add(person.number)
    assert all(len(numbers) == 1 for numbers in owners.values())


def test_no_two_people_share_a_given_name_and_a_birth_date() -> None:
    found = Counter((canonical(p.given), p.born) for p in people(400, 11, AS_OF, Registry()))
    assert set(found.values()) == {1}


def test_twins_share_birth_date_home_and_surname_and_not_the_given_name() -> None:
    twins = [p for p in people(600, 11, AS_OF, Registry()) if p.twin]
    assert len(twins) >= 10
    for first, second in zip(twins[::2], twins[1::2], strict=True):
        assert (first.born, first.home, first.surname) == (second.born, second.home, second.surname)
        assert canonical(first.given) != canonical(second.given)


def test_no_nickname_stands_for_another_nickname_and_none_is_written_with_accents() -> None:
    table = nicknames()
    assert not set(table) & set(table.values())
    assert all(name.isascii() and name.isalpha() and name.isupper() for pair in table.items() for name in pair)
    assert len(table) >= 60


def test_every_event_is_valid_by_its_model_and_stays_as_it_is(population: Population) -> None:
    for event in sound(population):
        assert event.row is not None
        assert rows.to_row(rows.from_row(event.family, event.row)) == event.row


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_event_is_the_canonical_bytes_of_its_row(population: Population, family: str) -> None:
    found = [e.row for e in sound(population) if e.family == family and e.row is not None]
    schema_id = schema_id_of(family)
    for row, value in zip(found, framed(family, found), strict=True):
        assert codec.decode_strictly(schema_id, wire.payload_of(value)) == row


def test_every_event_carries_its_topics_partner_and_family_and_its_records_key(population: Population) -> None:
    for event in sound(population):
        assert event.envelope["partner_id"] == event.partner
        assert event.envelope["event_type"] == f"{event.family}.recorded.v1"
        assert event.key == key_of(event.row or {})
        assert dict(event.headers)["ce_id"].decode() == event.event_id == event.envelope["event_id"]


def test_everything_is_published_before_the_populations_day_and_each_phase_after_the_last(
    population: Population,
) -> None:
    spans = []
    for phase in PHASES:
        times = [e.envelope["published_at"] for e in population.phases[phase] if not e.code]
        spans += [min(times), max(times)]
    assert spans == sorted(spans)
    assert spans[-1] < rows.micros(formats.midnight(AS_OF))


def test_only_what_reveals_immigration_status_or_foster_care_is_marked_so() -> None:
    marks = {
        "CADAA": ["immigration_proxy"],
        "FOSTER_CARE": ["child_welfare"],
        "EXTENDED_FOSTER_CARE": ["child_welfare"],
    }
    found = set()
    for event in sound(generate(1000, 5)):
        revealing = str(event.body.get("application_type") or event.body.get("program"))
        assert event.envelope["data_categories"] == marks.get(revealing, [])
        found.add(revealing)
    assert marks.keys() <= found


def test_wage_rows_have_no_token_but_a_number_and_a_surname_in_full(population: Population) -> None:
    wages = [e for e in sound(population) if e.family == "employment"]
    assert wages
    for event in wages:
        assert event.envelope["subject_token"] is None
        assert event.envelope["subject_name"] == event.envelope["subject_name"].upper()
        assert [i["system"] for i in event.envelope["identifiers"]] == ["SSN"]


def test_every_kind_of_rejected_event_is_there_twice_or_more(population: Population) -> None:
    spoiled = [e for e in population.phases["history"] if e.code]
    assert Counter(e.code for e in spoiled) >= Counter({code: 2 for _, code, _ in KINDS.values()})
    assert len({e.event_id for e in spoiled}) == len(spoiled) == 2 * len(KINDS)


def test_the_files_read_back_are_the_same_events(population: Population, tmp_path: Path) -> None:
    files.write(population, tmp_path)
    for phase, events in population.phases.items():
        for path in (tmp_path / phase).glob("*.*.jsonl"):
            partner, family, _ = path.name.split(".")
            found = list(formats.rows(path, partner, family, datetime(2001, 1, 1, tzinfo=UTC)))
            planned = [e.row for e in events if (e.partner, e.family) == (partner, family) and not e.code]
            assert [row.row for row in found if isinstance(row, Good)] == planned


def test_malformed_messages_are_written_with_all_that_is_needed_to_send_them(
    population: Population, tmp_path: Path
) -> None:
    files.write(population, tmp_path)
    lines = (tmp_path / "history" / "malformed.jsonl").read_bytes().splitlines()
    found = {orjson.loads(line)["headers"]["ce_id"] for line in lines}
    assert found == set(population.truth.codes)
    assert set(orjson.loads(lines[0])) == {"topic", "key", "value", "headers"}


def test_a_case_manager_of_the_demonstration_serves_fifteen_to_twenty_five_people(population: Population) -> None:
    for manager in managers.DEMO:
        assert 15 <= len(population.truth.demo[manager]) <= 25


def test_who_people_are_and_what_they_permit_is_told_in_a_turn_before_the_facts(population: Population) -> None:
    history = population.phases["history"]
    first, care, then = turns(history)
    assert {e.family for e in first} == {"identity", "consent"}
    assert {e.family for e in care} == {"social_service"}
    assert {e.family for e in then}.isdisjoint({"identity", "consent", "social_service"})
    assert sorted(e.event_id for e in [*first, *care, *then]) == sorted(e.event_id for e in history)


def test_the_endless_trickle_is_the_same_by_number_and_time_and_never_twice_the_same_id(population: Population) -> None:
    def ticking() -> Callable[[], datetime]:
        seconds = itertools.count()
        return lambda: datetime(2026, 9, 2, 12, tzinfo=UTC) + timedelta(seconds=next(seconds))

    first, again = (population.trickle(60, ticking()) for _ in range(2))
    found = [next(first) for _ in range(200)]
    assert found == [next(again) for _ in range(200)]
    assert len({e.event_id for e in found}) == 200
    assert all(EVENTS[e.family] and rows.from_row(e.family, e.row or {}) for e in found)


def test_the_trickle_says_again_what_a_source_has_said_and_says_nothing_of_another_day(population: Population) -> None:
    facts = {(e.partner, e.envelope["source_record_id"]): e for e in population.phases["history"] if not e.code}
    for event in population.phases["trickle"]:
        fact = facts[event.partner, event.envelope["source_record_id"]]
        assert event.envelope["operation"] == "correct"
        for name in ("subject_token", "occurred_on", "effective_from", "effective_to"):
            assert event.envelope[name] == fact.envelope[name]
        assert event.envelope["published_at"] > fact.envelope["published_at"]


def test_the_trickle_tells_of_what_the_case_managers_of_the_demonstration_see(population: Population) -> None:
    seen = {
        event_id
        for recipient, _, event_id in population.truth.visible["trickle"]
        if recipient in managers.DEMO.values()
    }
    assert {e.event_id for e in population.phases["trickle"]} <= seen


def test_news_of_aid_is_of_one_day_and_an_enrollment_goes_on_from_its_first(population: Population) -> None:
    told = [e.envelope | {"family": e.family} for e in population.phases["trickle"]]
    assert {e["family"] for e in told} == {"aid", "enrollment"}
    assert all(e["occurred_on"] is not None for e in told)
    assert {e["family"] for e in told if e["effective_from"] is not None} == {"enrollment"}


def test_chance_is_the_same_for_the_same_name_and_fair_enough() -> None:
    dice, again, other = Dice(7, "x", 1), Dice(7, "x", 1), Dice(7, "x", 2)
    rolls = [dice.between(1, 6) for _ in range(6_000)]
    assert rolls == [again.between(1, 6) for _ in range(6_000)]
    assert rolls != [other.between(1, 6) for _ in range(6_000)]
    assert set(rolls) == set(range(1, 7))
    assert all(850 < count < 1_150 for count in Counter(rolls).values())
