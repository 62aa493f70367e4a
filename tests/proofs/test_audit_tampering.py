"""Tampering with the audit, in the short form of ``make audit-tampering``; and that it tells what is not found."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from support import audit

from tests.proofs.scripts import script

audit_tampering = script("audit_tampering")
CHANCE = random.Random(2)  # noqa: S311  # of what is done


def test_every_tampering_is_found_in_records_heads_and_exports(tmp_path: Path) -> None:
    document = audit_tampering.prove(tmp_path, 300, seed=1, on_broker=0)
    assert document == {"tamperings": 300, "found": 300}


@pytest.mark.broker
def test_every_tampering_with_a_real_topic_is_found(tmp_path: Path) -> None:
    assert audit_tampering.over_broker(tmp_path, CHANCE, 4).total() == 4


def test_one_that_is_not_found_is_not_counted(tmp_path: Path) -> None:
    made, _ = audit.made(tmp_path)
    found = audit_tampering.done(made, CHANCE, 50, lambda new: new.records != made.records)
    assert 0 < found.total() < 50


def test_where_the_untouched_audit_is_not_sound_nothing_counts(tmp_path: Path) -> None:
    made, _ = audit.made(tmp_path)
    with pytest.raises(SystemExit):
        audit_tampering.done(replace(made, lines=[]), CHANCE, 1, lambda _: True)
