"""Prints the part of ``requirements.lock`` that some packages need, hashes and all; run where the images are built.

The lock is of everything that a checkout uses; an image of the workers needs neither Java nor what builds. Who needs a
package stands in the lock's own comments (``# via``). The project's own dependencies and extras go by their names.
Example: ``python3 locked.py pyproject.toml:dependencies pyproject.toml:postgres``.
"""

import re
import sys
import tomllib
from pathlib import Path

PROJECT = "pyproject.toml:"
DEPENDENCIES = "dependencies"
VIA = re.compile(r"^ +# +(?:via )?([a-z0-9-]+)$", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def entries(lock: str) -> dict[str, str]:
    """Each package's lines of a lock, by name."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        if line[0].isalnum():
            name = normal(line)
        found[name] = found.get(name, "") + line
    return found


def normal(requirement: str) -> str:
    """The normalised name of a requirement (PEP 503)."""
    match = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else ""


def part(lock: str, wanted: set[str]) -> str:
    """The lock's lines of some packages and of all that they need."""
    found = entries(lock)
    needers = {name: set(VIA.findall(text)) for name, text in found.items()}
    if unknown := wanted - found.keys():
        raise SystemExit(f"the lock has no {min(unknown)}: run `make lock`")
    while more := {name for name, by in needers.items() if name not in wanted and by & wanted}:
        wanted = wanted | more
    return "".join(found[name] for name in sorted(wanted))


def main(names: list[str]) -> None:
    """Print the part of the packages named."""
    wanted = {name for given in names for name in named(given)}
    sys.stdout.write(part(Path("requirements.lock").read_text(encoding="utf-8"), wanted))


def named(given: str) -> set[str]:
    """Names of packages: the one given, or those of a part of the project."""
    if not given.startswith(PROJECT):
        return {normal(given)}
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    part_name = given.removeprefix(PROJECT)
    requirements = project[DEPENDENCIES] if part_name == DEPENDENCIES else project["optional-dependencies"][part_name]
    return {normal(requirement) for requirement in requirements}


if __name__ == "__main__":
    main(sys.argv[1:])
