"""The withdrawal proof as a test: see withdrawal.py."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.proofs.scripts import script

withdrawal = script("withdrawal")


@pytest.mark.browser
@pytest.mark.broker
def test_a_withdrawn_consent_clears_the_persons_open_page_without_reload(tmp_path: Path) -> None:
    if withdrawal.chromium() is None and not os.environ.get("THROUGHLINE_REQUIRE_BROWSER"):
        pytest.skip("no Chromium on this machine: install Debian's chromium, or Google Chrome")
    with ExitStack() as held:
        shown = withdrawal.run(tmp_path, held)
    assert shown["rows_before"] > 0
    assert (shown["rows_after"], shown["page_cleared"]) == (0, True)
