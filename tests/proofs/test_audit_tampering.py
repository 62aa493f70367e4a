"""Tampering with the audit, in the short form of ``make audit-tampering``; and that it tells what is not found."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from support import audit

from deploy.audit_log import DECISIONS
from processors.consent.chain import Code
from streams.heads import public_path
from tests.proofs.scripts import script

audit_tampering = script("audit_tampering")
CHANCE = random.Random(2)  # noqa: S311  # of what is done


def test_every_tampering_is_found_in_records_heads_and_exports(tmp_path: Path) -> None:
    document = audit_tampering.prove(tmp_path, 300, seed=1, on_broker=0)
    assert document == {"tamperings": 300, "found": 300}


@pytest.mark.broker
def test_every_tampering_with_a_real_topic_is_found(tmp_path: Path) -> None:
    assert audit_tampering.over_broker(tmp_path, CHANCE, 4).total() == 4


@pytest.mark.parametrize(("was", "new"), [(b'"value":"', b'"value": "'), (b'=","decision"', b'","decision"')])
def test_a_line_of_an_export_that_is_written_in_another_way_is_no_line_of_ours(
    tmp_path: Path, was: bytes, new: bytes
) -> None:
    made, _ = audit.made(tmp_path)
    audit.write_export(made, public_path(tmp_path / "made.jsonl").read_bytes(), tmp_path)
    assert audit.export_codes(tmp_path) == []
    path = tmp_path / DECISIONS
    assert was in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(was, new, 1))
    assert audit.export_codes(tmp_path)[0] == Code.UNREADABLE_LINE


def test_one_that_is_not_found_is_not_counted(tmp_path: Path) -> None:
    made, _ = audit.made(tmp_path)
    found = audit_tampering.done(made, CHANCE, 50, lambda new: new.records != made.records)
    assert 0 < found.total() < 50


def test_where_the_untouched_audit_is_not_sound_nothing_counts(tmp_path: Path) -> None:
    made, _ = audit.made(tmp_path)
    with pytest.raises(SystemExit):
        audit_tampering.done(replace(made, lines=[]), CHANCE, 1, lambda _: True)
