"""What browsers load that we did not write is what its README says."""

import hashlib
import pathlib
import re
from importlib import resources

VENDOR = pathlib.Path(str(resources.files("portal") / "static" / "vendor"))


def test_every_vendored_file_has_the_sum_that_the_readme_gives() -> None:
    named = dict(re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (VENDOR / "README.md").read_text(encoding="utf-8")))
    files = [path for path in VENDOR.rglob("*") if path.is_file() and path.name != "README.md"]
    assert {str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == named
