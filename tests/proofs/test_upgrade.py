"""What `make upgrade-test` needs of the repository is there; the upgrade itself takes minutes and is not run here."""

import tomllib
from pathlib import Path

import pytest
from support.upgrade import to_come, versions
from support.upgrade.versions import present, previous

from schemas_avro.version import VERSION
from streams.errors import ThroughlineError
from tests.proofs.scripts import script


def test_the_version_to_come_is_made_of_this_one(tmp_path: Path) -> None:
    made = to_come.made_of(present(), tmp_path / "made")
    assert made.code() == made.root
    assert to_come.NAME in (made.root / "schemas_avro" / "version.py").read_text()


def test_the_version_before_is_another_one() -> None:
    assert tomllib.loads(versions.NOTED.read_text())["version"] != VERSION


def test_a_clone_without_the_version_before_is_told_in_a_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = tmp_path / "previous.toml"
    noted.write_text(f'version = "0.0.9"\ncommit = "{"0" * 40}"\n')
    monkeypatch.setattr(versions, "NOTED", noted)
    monkeypatch.setattr(versions, "TAG", versions.re.compile("none"))
    with pytest.raises(ThroughlineError, match=r"^this clone does not hold 0\.0\.9 \(0000000\), [^\n]*--unshallow"):
        previous(tmp_path / "previous")
    assert script("upgrade").main() == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "is_by_name"),
    [
        (f"resolve: its changelog has format 2, Throughline {VERSION} knows none after 1: a newer", True),
        (f"the views are of format 2, Throughline {VERSION} knows none after 1: install", True),
        ("the views are of format 2, Throughline 99.0.0 knows none after 1: install", False),
        ("nothing", False),
    ],
)
def test_a_refusal_names_the_format_and_the_version_that_refuses(line: str, is_by_name: bool) -> None:  # noqa: FBT001
    assert to_come.is_by_name(line) is is_by_name
