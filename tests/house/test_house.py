"""House rules that no linter knows."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from schemas_avro.version import VERSION

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas_avro", "processors", "streams", "sinks", "partners", "portal", "deploy")
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|repo1?\.maven|maven\.apache\.org|registry\.npmjs|proxy\.golang|crates\.io|deb\.debian",
    re.IGNORECASE,
)
MACHINE_PATHS = re.compile(r"(?<![\w./-])/(?:root|work|farm|home|Users)/[A-Za-z]")


def tracked() -> list[Path]:
    """Text files of the repository."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    binary = {".png", ".woff2", ".ico"}
    return [
        ROOT / n for n in names if n and (ROOT / n).is_file() and Path(n).suffix not in binary and "vendor" not in n
    ]


def test_no_file_names_a_registrys_host_or_a_path_of_one_machine() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{path.relative_to(ROOT)}: {m.group()}" for p in (REGISTRIES, MACHINE_PATHS) if (m := p.search(text))
        ]
    assert found == []


def test_no_work_is_left_marked_in_the_code() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX)\b")
    assert [p.name for p in tracked() if p.suffix == ".py" and p != Path(__file__) and mark.search(p.read_text())] == []


def test_every_top_level_package_belongs_to_throughline_alone() -> None:
    owners = packages_distributions()
    assert {name: set(owners[name]) for name in PACKAGES} == {name: {"throughline"} for name in PACKAGES}


def test_the_code_says_the_version_that_is_installed() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_every_module_says_in_one_line_what_lives_there() -> None:
    silent = [p for name in PACKAGES for p in (ROOT / name).rglob("*.py") if not p.read_text().startswith('"""')]
    assert silent == []


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel ships, built and installed as a user would."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in [*tracked(), *(ROOT / "portal" / "static" / "vendor").rglob("*.*")]:
        copy = folder / "source" / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    source = str(folder / "source")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), source]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    return folder / "site"


CHECK = """
import pathlib, sys
from importlib import resources
import deploy.cli, portal.app, streams.sink
from processors.consent.law import text
from schemas_avro import catalog
site = pathlib.Path(sys.argv[1]).resolve()
deploy.cli.app_of()
assert pathlib.Path(catalog.__file__).resolve().is_relative_to(site), catalog.__file__
assert len(catalog.catalog()) > 30
assert len(text.sections()) > 20
for name in ("deploy/agreements", "portal/templates", "portal/static"):
    package, _, folder = name.partition("/")
    assert any(resources.files(package).joinpath(folder).iterdir()), name
assert resources.files("deploy").joinpath("rulebook.html").is_file()
print(len(list(site.rglob("*.avsc"))))
"""


def test_the_wheel_carries_every_schema_page_agreement_and_text_of_law(installed: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", CHECK, str(installed)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert int(done.stdout) == len(list((ROOT / "schemas_avro").rglob("*.avsc")))
