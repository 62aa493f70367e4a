"""Environments for what the product does not have among its own libraries."""

import subprocess
import venv
from pathlib import Path


def made(folder: Path, requirements: Path) -> str:
    """The Python of an environment in a folder, with what a file of pinned requirements names.

    Raises:
        RuntimeError: the libraries cannot be had.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(requirements)]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(f"its libraries cannot be installed: {said[-1] if said else '(nothing said)'}")
    return str(python)
