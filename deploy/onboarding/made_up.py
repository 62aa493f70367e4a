"""Rows of nobody for a partner's trial, from the example events: sound ones, changes, planted faults. Pure."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from deploy.onboarding.plan import Case
from partners.formats import Code as FileCode
from partners.formats.csv_columns import columns_of
from partners.mapping.kinds import symbols_of
from processors.resolve.codes import Code as GateCode
from schemas_avro.examples import cells

Cells = Mapping[str, str]
SOUND = 3
VOID_SSN = "078-05-1120"
"""Printed on a specimen card in 1938, and nobody's since."""
FAR = "2190-01-01T00:00:00Z"
NO_CODE = "no_such_code"
MADE_UP = "made up"
OWN = {"contact": {"preferred_name": "Made Up"}, "identity": {"first_name": "Made", "last_name": "Up"}}
"""What tells also by its body that a row is of nobody, by family."""
PLANTED = (
    FileCode.NOT_IN_CODE_SET,
    FileCode.BAD_DATE,
    FileCode.MISSING_FIELD,
    GateCode.SSN_IN_TEXT,
    GateCode.DATE_OUT_OF_RANGE,
)
"""In the order of their rows, between two sound ones."""


def row_of(partner: str, family: str, number: int) -> dict[str, str]:
    """A sound row of a made-up record."""
    own = {name: cell for name, cell in cells(family).items() if name != "partner_id"}
    token = f"made-up-{number}"
    own |= {"source_record_id": f"{token}-{family}", "subject_token": token, "source_system_name": MADE_UP}
    if family == "consent":
        own |= {"consent_id": f"{token}-form", "controllers": partner}
    return {**own, **OWN.get(family, {})}


def files(partner: str, family: str) -> dict[str, str]:
    """CSV files by name: sound rows, a correction and a retraction of two of them, planted faults."""
    sound = [row_of(partner, family, number) for number in range(1, SOUND + 1)]
    changes = [{"operation": kind} | row for kind, row in zip(("correct", "retract"), sound, strict=False)]
    return {
        _name(family): _csv(sound),
        _name(family, "changes"): _csv(changes),
        _name(family, "planted"): _csv(list(_planted(partner, family))),
    }


def cases(family: str, first: datetime) -> tuple[Case, ...]:
    """The cases of a family's files.

    Args:
        family: of the rows.
        first: when the first file counts as made; the others come a minute after one another.
    """
    minutes = [first + timedelta(minutes=n) for n in range(4)]
    rejected = {str(line): code.value for line, code in enumerate(PLANTED, 3)}
    said: tuple[tuple[str, str, str, int, int, dict[str, str]], ...] = (
        ("sound rows are carried", "rows", "", 0, SOUND, {}),
        ("the same file again is nothing new", "same_again", "", 0, 0, {}),
        ("a correction and a retraction are carried", "rows", "changes", 1, 2, {}),
        ("planted faults are rejected, their neighbours carried", "rows", "planted", 2, 2, rejected),
        ("an event under another record's key is rejected", "other_key", "", 3, 0, {}),
    )
    return tuple(
        Case.model_validate({
            "name": f"{family}: {name}", "kind": kind, "family": family, "file": _name(family, which),
            "as_of": minutes[minute], "carried": carried, "rejected": codes,
        })
        for name, kind, which, minute, carried, codes in said
    )  # fmt: skip


def _name(family: str, which: str = "") -> str:
    return f"rows/{family}.{which}.csv" if which else f"rows/{family}.csv"


def _planted(partner: str, family: str) -> Iterator[dict[str, str]]:
    """One row a fault, in the order of ``PLANTED``; a sound one before and behind."""
    faults: Sequence[Cells] = (
        {}, {_coded(family): NO_CODE}, {"occurred_on": "2026-13-45"}, {"source_record_id": ""},
        {"source_system_name": VOID_SSN}, {"published_at": FAR}, {},
    )  # fmt: skip
    for number, fault in enumerate(faults, SOUND + 1):
        sound = row_of(partner, family, number)
        empty = {name: "" for one in faults for name in one if name not in sound}
        yield {**empty, **sound, **fault}


def _coded(family: str) -> str:
    """A column that takes only codes: of the body where an example says one, else what every event has."""
    known = columns_of(family)
    own = [name for name in cells(family) if known[name].path[0] == "body" and symbols_of(family, known[name])]
    return own[0] if own else "operation"


def _csv(rows: Sequence[Cells]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    return file.getvalue()
