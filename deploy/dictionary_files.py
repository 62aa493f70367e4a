"""The data dictionary as a folder of files: pages and what they load, for any web server or none."""

import shutil
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from portal import dictionary_pages
from portal.dictionary import FamilyView
from streams.errors import ThroughlineError

LOADED = ("favicon.svg", "portal.css", "vendor")


def write(pages: Sequence[FamilyView], names: Mapping[str, str], out: Path) -> list[str]:
    """Write every page and what it loads; names of the pages' files.

    Args:
        pages: of the dictionary.
        names: what people call partners and recipients, by id.
        out: the folder; made where it is not there, its other files are left alone.

    Raises:
        ThroughlineError: it cannot be written.
    """
    made = dictionary_pages.files(pages, names)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with as_file(files("portal") / "static") as static:
            for name in LOADED:
                _copy(static / name, out / "static" / name)
        for name, text in made.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ThroughlineError(f"{out} cannot be written: {error.strerror}; choose another --out") from error
    return list(made)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
