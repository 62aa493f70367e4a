"""The Python that runs an engine: ours for SQLite; for libraries that the product does not have, one made for them."""

import subprocess
import sys
import venv
from pathlib import Path

from bench.stores.table import NEEDS_LIBRARY

REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def python_of(engine: str, folder: Path) -> str:
    """The Python of an engine; an environment is made in the folder where it is needed for the first time.

    Raises:
        RuntimeError: the libraries cannot be had.
    """
    if engine not in NEEDS_LIBRARY:
        return sys.executable
    made = folder / "environment"
    python = made / "bin" / "python"
    if not python.exists():
        venv.create(made, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(REQUIREMENTS)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(f"its library cannot be installed: {said[-1] if said else '(nothing said)'}")
    return str(python)
