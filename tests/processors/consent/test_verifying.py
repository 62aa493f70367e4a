"""Verifying the audit: what each alteration is called, where it shows, and that one does not hide the next."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import audit, sam
from support.audit import Evidence
from support.worlds import PureWorld

from processors.consent import chain
from processors.consent.audit import HEADER, START
from processors.consent.chain import Code, Reached, Walk
from processors.consent.heads import Head, Keys, key_id_of, keys_of, line_of, pem_of
from processors.consent.verifying import CE_ID, LISTED, Findings, Verification
from processors.names import AUDIT_DECISIONS
from processors.numbers import HEADER as NUMBER
from processors.records import Arrival
from processors.state import Memory, Working


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def whole(folder: Path) -> tuple[Evidence, Keys]:
    """Some hundred records and a few heads, with the keys that they are signed by."""
    return audit.made(folder)


Whole = tuple[Evidence, Keys]


def found(evidence: Evidence, whole: Whole, folder: Path, *, all_signed: bool = True) -> list[tuple[str, int | None]]:
    """Codes, and the offset or line of each."""
    _, findings = audit.verdict(evidence, whole[1], folder, all_signed=all_signed)
    return [(p.code.value, p.line if p.offset is None else p.offset) for p in findings.problems]


def with_record(was: Evidence, at: int, new: Arrival) -> Evidence:
    return replace(was, records=[*was.records[:at], new, *was.records[at + 1 :]])


def test_the_untouched_audit_is_sound_and_told_in_figures(whole: Whole, folder: Path) -> None:
    verified, findings = audit.verdict(*whole, folder)
    count = len(whole[0].records)
    assert count > 100
    assert (verified.records, verified.verified, verified.signed, verified.unsigned) == (count, count, count, 0)
    assert findings.problems == []


def test_what_no_head_covers_yet_is_chained_and_told_and_is_no_fault_while_it_is_new(
    whole: Whole, folder: Path
) -> None:
    was = replace(whole[0], lines=whole[0].lines[:-1])
    verified, findings = audit.verdict(was, whole[1], folder, all_signed=False)
    assert (findings.problems, verified.verified) == ([], len(was.records))
    assert (verified.signed, verified.unsigned) == (120, len(was.records) - 120)
    assert found(was, whole, folder) == [("not_signed", 120)]


def test_a_changed_byte_is_named_by_its_record_and_hides_nothing_behind_it(whole: Whole, folder: Path) -> None:
    was, _ = whole
    for at in (40, 80):
        value = was.records[at].value or b""
        was = with_record(was, at, replace(was.records[at], value=value[:-1] + bytes([value[-1] ^ 1])))
    assert found(was, whole, folder) == [("changed", 40), ("changed", 80)]


def test_a_changed_hash_is_named_by_its_record_alone(whole: Whole, folder: Path) -> None:
    record = whole[0].records[40]
    new = replace(record, headers={**record.headers, HEADER: b"f" * 64})
    assert found(with_record(whole[0], 40, new), whole, folder) == [("changed", 40)]


@pytest.mark.parametrize(("name", "text"), [(CE_ID, b"7"), (NUMBER, b"consent/1/7"), (NUMBER, b"consent/1/041")])
def test_another_id_or_number_in_the_headers_is_named(whole: Whole, folder: Path, name: str, text: bytes) -> None:
    record = whole[0].records[40]
    new = replace(record, headers={**record.headers, name: text})
    assert found(with_record(whole[0], 40, new), whole, folder) == [("mislabelled", 40)]


def test_dropped_records_are_named_by_the_one_behind_them_and_heads_behind_them_still_hold(
    whole: Whole, folder: Path
) -> None:
    was, _ = whole
    assert found(replace(was, records=[*was.records[:40], *was.records[43:]]), whole, folder) == [("missing", 43)]


def test_a_record_twice_is_repeated_and_one_before_its_place_shows_what_it_passed(whole: Whole, folder: Path) -> None:
    was, _ = whole
    twice = replace(was, records=[*was.records[:41], was.records[40], *was.records[41:]])
    assert found(twice, whole, folder) == [("repeated", 40)]
    swapped = replace(was, records=[*was.records[:40], was.records[41], was.records[40], *was.records[42:]])
    assert found(swapped, whole, folder) == [("missing", 41)]


def test_a_log_that_was_cut_is_shorter_than_its_newest_head(whole: Whole, folder: Path) -> None:
    was, _ = whole
    assert found(replace(was, records=was.records[:-1]), whole, folder)[0] == ("log_cut", len(was.lines))
    assert found(replace(was, records=[]), whole, folder) == [("log_cut", len(was.lines))]


def test_a_log_without_its_first_records_misses_them(whole: Whole, folder: Path) -> None:
    was, _ = whole
    assert found(replace(was, records=was.records[3:]), whole, folder) == [("missing", 3)]


def test_a_log_with_all_hashes_made_anew_is_not_the_one_that_was_signed(whole: Whole, folder: Path) -> None:
    was, _ = whole
    new = replace(was, records=audit.rehashed([*was.records[:70], *was.records[71:]]))
    assert found(new, whole, folder, all_signed=False) == [
        ("log_rewritten", 90), ("log_rewritten", 120), ("log_cut", len(was.lines)),
    ]  # fmt: skip


def test_heads_that_are_gone_cut_in_a_line_between_lines_or_in_another_order_are_named(
    whole: Whole, folder: Path
) -> None:
    was, _ = whole
    lines = was.lines
    assert found(replace(was, lines=[]), whole, folder) == [("not_signed", 0), ("heads_gone", None)]
    assert found(replace(was, lines=[*lines[:-1], lines[-1][:50]]), whole, folder)[0] == ("head_unreadable", 5)
    assert found(replace(was, lines=lines[1:]), whole, folder) == [("heads_cut", 1)]
    assert found(replace(was, lines=[*lines[:2], *lines[3:]]), whole, folder) == [("heads_cut", 3)]


def test_a_head_with_any_other_byte_by_another_key_or_no_line_at_all_is_named(whole: Whole, folder: Path) -> None:
    was, _ = whole
    forged = was.lines[1].replace(b'"records":60', b'"records":61')
    assert ("head_forged", 2) in found(replace(was, lines=[was.lines[0], forged, *was.lines[2:]]), whole, folder)
    spaced = was.lines[1].replace(b'"records":60', b'"records": 60')
    assert ("head_forged", 2) in found(replace(was, lines=[was.lines[0], spaced, *was.lines[2:]]), whole, folder)
    own = audit.Ed25519PrivateKey.from_private_bytes(audit.ANOTHER)
    head = Head("audit.decisions", 0, 30, "a" * 64, None, START, key_id_of(own.public_key()))
    assert found(replace(was, lines=[line_of(head, own) + b"\n"]), whole, folder)[0] == ("head_of_unknown_key", 1)
    for line in (b"", b"[]", b"{}", b"null", b'{"signature":1}', b'{"signature":"00"}', b"\xff"):
        assert found(replace(was, lines=[line + b"\n", *was.lines[1:]]), whole, folder)[0][0] == "head_unreadable"


def test_heads_of_a_log_that_was_put_back_to_an_earlier_day_are_held_against_it_each(
    whole: Whole, folder: Path
) -> None:
    """After 120 records the log was put back to 60 and went on: the file has heads of both."""
    made, keys = whole
    own = audit.Ed25519PrivateKey.from_private_bytes(audit.SECRET)
    lost = line_of(
        Head("audit.decisions", 0, 95, "a" * 64, None, audit.digest_of(made.lines[1][:-1]), next(iter(keys))), own
    )
    lines, before = [*made.lines[:2], lost + b"\n"], lost
    for line in made.lines[2:]:
        before = line_of(audit.said(line, audit.SECRET)._replace(previous=audit.digest_of(before)), own)
        lines.append(before + b"\n")
    assert found(replace(made, lines=lines), whole, folder) == [("log_rewritten", 94)]


def test_more_problems_than_are_listed_are_counted() -> None:
    findings = Findings()
    for n in range(LISTED + 5):
        findings.add(Code.CHANGED, n)
    assert (len(findings.problems), findings.count) == (LISTED, LISTED + 5)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_is_done_to_it_is_found(whole: Whole, folder: Path, chance: random.Random) -> None:
    name, new = audit.tampered(chance, whole[0])
    assert audit.codes(new, whole[1], folder), name


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 50))
def test_the_size_of_batches_does_not_show(whole: Whole, size: int) -> None:
    records = whole[0].records
    verification = Verification(iter(()), findings := Findings())
    for start in range(0, len(records), size):
        verification.take(records[start : start + size])
    assert verification.end(0).verified == len(records)
    assert findings.count == 0


def test_a_walk_counts_missing_records_and_goes_on_from_a_later_generation(whole: Whole) -> None:
    walk = Walk()
    wrong = [walk.take(record) for record in [*whole[0].records[:10], *whole[0].records[15:]]]
    assert [code for code in wrong if code] == [Code.MISSING]
    assert (walk.records, walk.hash) == (len(whole[0].records), whole[0].records[-1].headers[HEADER].decode())


def test_the_state_counts_the_records_of_the_chain_whatever_the_batches() -> None:
    for batch in (1, 1_000):
        world = PureWorld(batch=batch)
        for sent in (*sam.KNOWN, sam.caseload(), sam.award(), sam.consent(), sam.enrolled()):
            world.send(*sent)
        records = world.settle().topics[AUDIT_DECISIONS]
        found = chain.reached(Working(world.states["consent"]))
        assert found is not None
        assert (found.records, found.hash) == (len(records), records[-1].headers[HEADER].decode())


def test_how_far_a_chain_is_is_told_by_the_state_also_where_its_records_were_never_counted() -> None:
    state = Working(Memory())
    assert chain.reached(state) is None
    state.put("head", "audit", "a" * 64)
    assert chain.reached(state) == Reached(None, "a" * 64, None)
    state.put("head", "records", 3)
    state.put("clock", "tick", 60)
    assert chain.reached(state) == Reached(3, "a" * 64, 60)


def test_public_keys_of_a_file_are_all_taken_and_others_are_refused() -> None:
    own = audit.Ed25519PrivateKey.from_private_bytes(audit.ANOTHER).public_key()
    other = audit.Ed25519PrivateKey.from_private_bytes(audit.SECRET).public_key()
    assert set(keys_of(pem_of(own) + pem_of(other))) == {key_id_of(own), key_id_of(other)}
    with pytest.raises(ValueError, match="Ed25519"):
        keys_of(b"")
