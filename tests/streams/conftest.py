"""A tiny stage, for tests that ask for no other."""

from pathlib import Path

import pytest

from tests.streams.tiny import Tiny


@pytest.fixture
def tiny(broker: str, tmp_path: Path) -> Tiny:
    """A tiny stage with its topics."""
    made = Tiny(broker, tmp_path)
    made.topic("out")
    made.topic("in", 2)
    return made
