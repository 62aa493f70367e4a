"""``throughline publish`` and ``throughline population`` as a person runs them, in a folder where nothing is set."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAIN = (
    "import typer, sys; from deploy.commands.publish import publish; "
    "from deploy.commands.population import population; from deploy.console import guarded; "
)
APP = MAIN + "app = typer.Typer(); app.command()(publish); app.command()(population); sys.exit(guarded(app))"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command, run in a folder."""
    return subprocess.run(
        [sys.executable, "-c", APP, *words],
        cwd=folder, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A command that goes on."""
    return subprocess.Popen(
        [sys.executable, "-c", APP, *words],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def environment() -> dict[str, str]:
    """This one, where nothing of Throughline is set."""
    unset = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    return unset | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
