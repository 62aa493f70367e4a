"""Bytes from outside: whatever they are, the bad are told apart, the good flow on, and nothing breaks."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas_avro import catalog, codec
from tests.schemas_avro import hostile
from tests.schemas_avro.avro import BOTH, EVERY, ROW, carried_by, entered, pylist, rows_of, written

ROOT = Path(__file__).parents[2]
GOOD = written(EVERY, [ROW])[0]
OTHER = written(EVERY, [{**ROW, "text": "another"}])[0]
PARTNERS = [entry for entry in catalog.catalog().values() if entry.subject.startswith("partner.")]


def assert_refused(bad: bytes, arrow: bool) -> None:  # noqa: FBT001  # both ways
    """Wherever in a batch it stands, it alone is bad and its neighbours are whole."""
    with entered(EVERY) as schema_id, carried_by(arrow):
        for place in range(3):
            payloads = [GOOD, OTHER]
            payloads.insert(place, bad)
            decoded = codec.decode(schema_id, payloads)
            assert decoded.bad == (place,)
            assert decoded.good == tuple(i for i in range(3) if i != place)
            assert pylist(decoded.rows) == [ROW, {**ROW, "text": "another"}]
        assert codec.decode(schema_id, [bad, bad]).bad == (0, 1)


def test_what_is_spoiled_below_is_sound_before() -> None:
    assert hostile.sample() == GOOD


@pytest.mark.parametrize("arrow", BOTH)
@pytest.mark.parametrize("bad", hostile.HOSTILE.values(), ids=hostile.HOSTILE)
def test_hostile_bytes_are_refused(bad: bytes, arrow: bool) -> None:  # noqa: FBT001  # both ways
    assert_refused(bad, arrow)


@pytest.mark.parametrize("arrow", BOTH)
def test_a_pickle_is_bytes_like_any_other(arrow: bool) -> None:  # noqa: FBT001  # both ways
    assert_refused(pickle.dumps(ROW), arrow)


@pytest.mark.parametrize("arrow", BOTH)
def test_a_record_cut_at_any_byte_is_refused(arrow: bool) -> None:  # noqa: FBT001  # both ways
    cut = [GOOD[:end] for end in range(len(GOOD))]
    with entered(EVERY) as schema_id, carried_by(arrow):
        decoded = codec.decode(schema_id, [GOOD, *cut, OTHER])
        assert decoded.bad == tuple(range(1, len(cut) + 1))
        assert pylist(decoded.rows) == [ROW, {**ROW, "text": "another"}]


@pytest.mark.parametrize("entry", PARTNERS, ids=lambda entry: entry.subject)
def test_what_a_partner_sends_cut_at_any_byte_or_followed_by_more_is_refused(entry: catalog.Entry) -> None:
    @settings(deadline=None, max_examples=4)
    @given(rows_of(entry.schema))
    def holds(row: dict[str, object]) -> None:
        [whole] = written(entry.schema, [row])
        spoiled = [*(whole[:end] for end in range(min(len(whole), 400))), whole[:-1], whole + b"\x00", whole + whole]
        decoded = codec.decode(entry.id, [whole, *spoiled, whole])
        assert decoded.bad == tuple(range(1, len(spoiled) + 1))
        assert decoded.rows.num_rows == 2
        if catalog.newest_of(entry.id) == entry.id:
            assert decoded.rows.to_pylist() == [row, row]

    holds()


def test_the_nastiest_neither_crash_nor_hang_nor_eat_the_memory() -> None:
    """In a process of their own: one that dies of a signal has another return code than 0."""
    done = subprocess.run(
        [sys.executable, str(Path(hostile.__file__))],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["payloads"] > 200
    assert told["refused"] == [True, True]
    assert told["grown"] < 200 * hostile.MEBIBYTE


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A sound record, a few of its bytes changed, taken out or put in."""
    raw = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        raw[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=11))
    return bytes(raw)


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | spoiled())
def test_what_is_admitted_is_canonical_whoever_reads_it(junk: bytes) -> None:
    """Bytes that pass are the very bytes that their row is written to; both readers say the same."""
    said = []
    with entered(EVERY) as schema_id:
        for arrow in BOTH:
            with carried_by(arrow):
                decoded = codec.decode(schema_id, [GOOD, junk, OTHER])
                assert {*decoded.good, *decoded.bad} == {0, 1, 2}
                assert {0, 2} <= {*decoded.good}
                assert codec.encode(schema_id, decoded.rows) == [
                    p for p in (GOOD, junk, OTHER) if p != junk or 1 in decoded.good
                ]
                said.append((pylist(decoded.rows), decoded.bad))
    assert said[0] == said[1]


@pytest.mark.parametrize("entry", PARTNERS, ids=lambda entry: entry.subject)
def test_noise_is_no_event_of_any_family(entry: catalog.Entry) -> None:
    @settings(deadline=None, max_examples=30)
    @given(st.binary(max_size=25))  # each of 26 fields or more takes a byte
    def holds(noise: bytes) -> None:
        assert codec.decode(entry.id, [noise]).bad == (0,)

    holds()
