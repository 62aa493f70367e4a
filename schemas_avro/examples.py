"""An event of each family, of nobody: ``example_events/``, as a line of a file and as a CSV.

What they say is written by hand, since only so is it something that can be; tests hold them to the contract.
"""

import csv
import functools
import io
import json
from importlib import resources
from typing import Any

from schemas_avro import catalog


@functools.cache
def _text(family: str) -> str:
    if family not in catalog.FAMILIES:
        raise KeyError(family)
    return (resources.files(__package__) / "example_events" / f"{family}.json").read_text(encoding="utf-8")


def example(family: str) -> dict[str, Any]:
    """The event of a family as a file of JSON lines has it: of the envelope what no rule fills, and the body.

    Raises:
        KeyError: there is no such family.
    """
    return dict(json.loads(_text(family)))


def cells(family: str) -> dict[str, str]:
    """The same as a CSV has it: cells by column. An identifier's assigner has no column.

    Raises:
        KeyError: there is no such family.
    """
    event = example(family)
    told = {**event["envelope"], **event["body"]}
    told |= {f"identifier.{one['system']}": one["value"] for one in told.pop("identifiers", ())}
    return {name: _cell(value) for name, value in told.items() if value is not None}


def csv_of(family: str) -> str:
    """The same as a CSV of two lines.

    Raises:
        KeyError: there is no such family.
    """
    told, file = cells(family), io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([told.keys(), told.values()])
    return file.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ";".join(str(one) for one in value)
    return str(value)
