"""Rebuilding, in the short form of ``make rebuild-test``."""

from pathlib import Path

import pytest

from tests.proofs.scripts import script


@pytest.mark.broker
def test_stores_are_rebuilt_and_no_order_of_topics_shows(tmp_path: Path) -> None:
    assert script("rebuild").prove(tmp_path, people=60, orders=3) == (True, 3)
