"""A version to come, of whose changelogs and views this one knows nothing: everybody of this version must refuse it."""

import re
import shutil
from pathlib import Path

from deploy import processes
from deploy.stack import SERVE
from schemas_avro.version import VERSION
from streams import changelog
from streams.errors import Stop
from streams.stops import Stops
from support.upgrade.mixed import SINK, Mixed
from support.upgrade.versions import Version

NAME = "99.0.0"
CHANGES = {
    "schemas_avro/version.py": (f'VERSION = "{VERSION}"', f'VERSION = "{NAME}"'),
    "streams/changelog.py": (f"\nFORMAT = {changelog.FORMAT}\n", f"\nFORMAT = {changelog.FORMAT + 1}\n"),
    "sinks/postgres/tables.py": ("FORMAT = len(STEPS)", 'STEPS = (*STEPS, "SELECT 1")\nFORMAT = len(STEPS)'),
}
"""By file, what stands there and what takes its place."""
FOUND = re.compile(r" format \d+, ")
NOT_RUN = shutil.ignore_patterns(".*", "__pycache__", "tests", "bench", "docs")


def made_of(present: Version, folder: Path) -> Version:
    """A copy of this version's code with higher formats."""
    shutil.copytree(present.root, folder, ignore=NOT_RUN)
    for file, (before, after) in CHANGES.items():
        text = (folder / file).read_text(encoding="utf-8")
        if text.count(before) != 1:
            raise AssertionError(f"{file} does not have this once: {before}")
        (folder / file).write_text(text.replace(before, after), encoding="utf-8")
    return Version(NAME, folder)


def refused(stack: Mixed, present: Version, to_come: Version, views_owner: str) -> dict[str, str]:
    """What processes of this version say where a version to come has acted; of a stack whose processes have ended.

    Args:
        stack: the stack.
        present: this version.
        to_come: the other one.
        views_owner: connection string of the views' owner.
    """
    stack.run("resolve-a", to_come)
    stack.wait_acting("resolve-a")
    found = {"a worker that stands by": _stop_of(stack, "resolve-b", present)}
    stack.end("resolve-b")
    stack.run("resolve-b", to_come)
    stack.wait_level("resolve-b")  # it goes on as the version to come, with nothing to be put right
    stack.run(SERVE, present)
    stack.command(to_come, "views", "migrate", THROUGHLINE_VIEWS_DSN=views_owner)
    found["a portal that runs"] = _last_of(stack, SERVE, stack.data_dir / "logs" / "serve.log")
    stack.runs["sink-a"] = present
    stack.start("sink-a")
    found["a sink that starts"] = _last_of(stack, "sink-a", stack.data_dir / "logs" / f"{SINK}-a.out")
    return found


def is_by_name(line: str) -> bool:
    """Whether a line names this version and the format that it found."""
    return f"Throughline {VERSION} knows none after " in line and bool(FOUND.search(line))


def _stop_of(stack: Mixed, name: str, version: Version) -> str:
    """Why a worker that is started stands still."""
    stack.runs[name] = version
    stack.start(name)
    stops = Stops(name, stack.data_dir)
    stack.wait(lambda: stops.noted() is not None, f"{name} stops", looking=False)
    noted = stops.noted()
    return noted.line if noted is not None and noted.why is Stop.TOO_OLD else str(noted)


def _last_of(stack: Mixed, name: str, log: Path) -> str:
    """The last line about a format of a process that ends."""
    started = stack.running[name]
    stack.wait(lambda: not processes.is_running(started), f"{name} ends", looking=False)
    del stack.running[name]
    lines = [line for line in log.read_text(encoding="utf-8").split("\n") if "format" in line]
    return lines[-1] if lines else "nothing"
