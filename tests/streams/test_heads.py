"""Heads of the audit: signed when due and no sooner than committed, never twice, and nobody waits for their file."""

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.consent.chain import Reached
from processors.consent.heads import FIRST, Head, digest_of, key_id_of, keys_of
from processors.consent.verifying import Findings, heads_in
from streams.heads import SIGN_RECORDS, SIGN_SECONDS, Signer, key_path, public_path, signer_of
from streams.pulse import Done
from streams.settings import Settings

SECRET = b"s" * 32


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    return tmp_path / "apart" / "heads.jsonl"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer(heads: Path, clock: Clock) -> Signer:
    """One whose thread is not started: what is due is asked for by ``turn``."""
    return Signer(heads, SECRET, clock)


def done(records: int | None) -> Done:
    """A batch that is committed, by which the chain has so many records."""
    return Done(1, {}, {}, {}, 1, reached=reached(records))


def reached(records: int | None, tick: int | None = 60) -> Reached:
    return Reached(records, f"{records or 0:064x}", tick)


def signed(heads: Path) -> list[Head]:
    """Heads in the file, all of them sound."""
    findings, keys = Findings(), keys_of(public_path(heads).read_bytes())
    found = list(heads_in(heads.read_bytes().splitlines(keepends=True), keys, findings))
    assert findings.problems == []
    return [numbered.head for numbered in found]


def test_a_head_says_topic_records_hash_tick_the_line_before_and_the_key(signer: Signer, heads: Path) -> None:
    signer.sign(reached(3))
    signer.sign(reached(5, None))
    key = key_id_of(Ed25519PrivateKey.from_private_bytes(SECRET).public_key())
    one, other = signed(heads)
    assert one == Head("audit.decisions", 0, 3, f"{3:064x}", 60, FIRST, key)
    line = heads.read_bytes().splitlines()[0]
    assert other == Head("audit.decisions", 0, 5, f"{5:064x}", None, digest_of(line), key)


def test_a_head_is_due_after_a_thousand_records_or_a_minute_whichever_comes_first(signer: Signer, clock: Clock) -> None:
    signer.sign(reached(10))
    assert not signer.is_due()
    signer.done(done(11))
    assert not signer.is_due()
    clock.now += SIGN_SECONDS - 1
    assert not signer.is_due()
    clock.now += 1
    assert signer.is_due()
    signer.sign(reached(11))
    assert not signer.is_due()
    signer.done(done(11 + SIGN_RECORDS - 1))
    assert not signer.is_due()
    signer.done(done(11 + SIGN_RECORDS))
    assert signer.is_due()


def test_the_first_head_of_a_worker_is_due_at_once(signer: Signer) -> None:
    assert not signer.is_due()
    signer.done(done(1))
    assert signer.is_due()


def test_what_no_head_covers_is_told_with_its_age(signer: Signer, clock: Clock) -> None:
    assert signer.waiting() == (0, 0.0)
    signer.sign(reached(10))
    signer.done(done(10))
    assert signer.waiting() == (0, 0.0)
    signer.done(done(12))
    clock.now += 5
    signer.done(done(14))
    assert signer.waiting() == (4, 5.0)
    signer.sign(reached(14))
    assert signer.waiting() == (0, 0.0)


def test_a_restart_goes_on_behind_the_last_line_and_signs_nothing_twice(signer: Signer, heads: Path) -> None:
    signer.sign(reached(10))
    again = Signer(heads, SECRET)
    again.sign(reached(10))
    again.sign(reached(12))
    assert [head.records for head in signed(heads)] == [10, 12]


def test_a_log_that_was_put_back_has_heads_of_its_own_behind_those_that_it_lost(signer: Signer, heads: Path) -> None:
    for records in (10, 20, 15):
        signer.sign(reached(records))
    assert [head.records for head in signed(heads)] == [10, 20, 15]


def test_another_key_is_known_beside_the_one_before_it(signer: Signer, heads: Path) -> None:
    signer.sign(reached(1))
    Signer(heads, b"t" * 32).sign(reached(2))
    assert len({head.key for head in signed(heads)}) == 2


def test_a_line_that_a_full_disk_has_cut_off_is_removed_before_the_next(signer: Signer, heads: Path) -> None:
    signer.sign(reached(1))
    signer.sign(reached(2))
    heads.write_bytes(heads.read_bytes()[:-20])
    signer.sign(reached(3))
    assert [head.records for head in signed(heads)] == [1, 3]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 600)), min_size=1, max_size=6))
def test_whatever_a_crash_takes_off_the_end_of_the_file_the_next_head_goes_on_behind_what_is_left(
    tmp_path: Path, runs: list[tuple[int, int]]
) -> None:
    heads, records = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl", 0
    for more, lost in runs:
        content = heads.read_bytes() if heads.exists() else b""
        heads.write_bytes(content[: max(0, len(content) - lost)])
        for _ in range(3):
            records += more
            Signer(heads, SECRET).sign(reached(records))
    assert signed(heads)[-1].records == records


def test_a_file_that_is_something_else_is_left_as_it_is(signer: Signer, heads: Path) -> None:
    heads.parent.mkdir()
    heads.write_bytes(b"x" * 10_000)
    signer.sign(reached(1))
    assert heads.read_bytes() == b"x" * 10_000


def test_a_file_that_cannot_be_written_is_tried_again_after_a_minute_and_its_age_rises(
    signer: Signer, heads: Path, clock: Clock
) -> None:
    heads.parent.write_text("no folder")
    signer.done(done(SIGN_RECORDS))
    signer.sign(reached(SIGN_RECORDS))
    assert not signer.is_due()
    clock.now += SIGN_SECONDS
    assert signer.is_due()
    assert signer.waiting() == (SIGN_RECORDS, SIGN_SECONDS)
    heads.parent.unlink()
    signer.sign(reached(SIGN_RECORDS))
    assert [head.records for head in signed(heads)] == [SIGN_RECORDS]
    assert signer.waiting() == (0, 0.0)


def test_where_records_were_never_counted_nothing_is_signed_and_the_age_rises(
    signer: Signer, heads: Path, clock: Clock
) -> None:
    signer.done(done(None))
    clock.now += SIGN_SECONDS
    signer.sign(reached(None))
    assert not heads.exists()
    assert signer.waiting() == (0, SIGN_SECONDS)


def test_a_stage_without_a_chain_has_nothing_to_sign(signer: Signer) -> None:
    signer.done(Done(1, {}, {}, {}, 1))
    assert signer.waiting() == (0, 0.0)


@pytest.fixture
def running(heads: Path) -> Iterator[Signer]:
    """One at work, with a clock that is real."""
    signer = Signer(heads, SECRET).start()
    yield signer
    signer.end()


def test_one_that_ends_signs_what_is_left(running: Signer, heads: Path) -> None:
    running.done(done(7))
    running.end()
    assert [head.records for head in signed(heads)] == [7]


def test_a_thousand_records_are_signed_without_waiting(running: Signer, heads: Path) -> None:
    running.done(done(SIGN_RECORDS))
    until(lambda: running.waiting() == (0, 0.0))
    assert [head.records for head in signed(heads)] == [SIGN_RECORDS]


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, at most ten seconds."""
    waited = threading.Event()
    for _ in range(1_000):
        if holds():
            return
        waited.wait(0.01)
    raise AssertionError("it does not come")


@pytest.mark.timeout(30)
def test_a_file_that_hangs_holds_up_neither_batches_nor_the_end(heads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.heads.LAST_SECONDS", 0.1)
    heads.parent.mkdir()
    os.mkfifo(public_path(heads))  # whoever reads it waits for a writer
    signer = Signer(heads, SECRET).start()
    for records in range(SIGN_RECORDS, SIGN_RECORDS + 100):
        signer.done(done(records))
    assert signer.waiting()[0] == SIGN_RECORDS + 99
    assert not signer.end()

    def let_go() -> bool:
        os.close(os.open(public_path(heads), os.O_RDWR))
        return signer.end()

    until(let_go)


def test_the_key_is_made_at_first_use_and_is_its_owners_alone(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path / "data")
    signer_of(chosen).sign(reached(1))
    signer_of(chosen).sign(reached(2))
    assert stat.S_IMODE(key_path(chosen.data_dir).stat().st_mode) == 0o600
    assert len({head.key for head in signed(chosen.heads)}) == 1


def test_heads_are_outside_of_the_data_directory_wherever_that_really_is(tmp_path: Path) -> None:
    (tmp_path / "real" / "data").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "data")
    assert Settings(data_dir=tmp_path / "link").heads == tmp_path / "real" / "data-audit" / "heads.jsonl"
    assert Settings(data_dir=tmp_path, audit_heads=tmp_path / "h").heads == tmp_path / "h"
