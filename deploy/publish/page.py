"""What a dry run saw as one page of HTML: no script, nothing from elsewhere, and no value of the file."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from deploy.identity.files import unwritable
from deploy.publish.look import families_in, sum_of, told_places
from partners.profile.suppression import FEW

KINDS = {
    "code": "code",
    "codes": "list of codes",
    "flag": "true or false",
    "date": "day",
    "time": "time",
    "number": "number",
    "text": "text",
    "texts": "list of texts",
    "identifiers": "numbers of the person",
    "authority": "claimed authority",
}
"""What a field's kind is called."""
COUNTED = {"code", "codes", "flag", "date", "time", "number"}
"""Kinds of which more can be told than how full they are."""


def page_of(name: str, moment: str, counts: Mapping[str, Any], seen: Mapping[str, Any]) -> str:
    """The page: the same file gives the same text on one day.

    Args:
        name: of the file or folder.
        moment: when it was made, as a person is told.
        counts: of its rows, as ``--json`` has them.
        seen: what was seen, of ``deploy.publish.look``.
    """
    folder = files("deploy.publish")
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"places": told_places, "sum": sum_of, "share": _share}
    return made.from_string(folder.joinpath("page.html").read_text(encoding="utf-8")).render(
        name=name, moment=moment, counts=counts, errors=seen["errors"], families=list(families_in(dict(seen))),
        style=style, digest=digest, kinds=KINDS, counted=COUNTED, few=FEW,
    )  # fmt: skip


def write(path: Path, name: str, moment: str, counts: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """Write the page into a file.

    Raises:
        ThroughlineError: it cannot be written.
    """
    try:
        path.write_text(page_of(name, moment, counts, seen), encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from None


def _share(value: Mapping[str, Any], values: list[Mapping[str, Any]]) -> int:
    """How long a bar is, of 100: the longest of a distribution is whole."""
    longest = max(one["rows"] or 0 for one in values)
    return round(100 * (value["rows"] or 0) / longest) if longest else 0
