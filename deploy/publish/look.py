"""What a person and a program are told of a dry run beside its counts: what to mend, what looks odd, each field."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from deploy import tables
from deploy.console import noun
from deploy.publish.advice import advice_on
from partners.district import District, DistrictOutcome
from partners.fault_counts import FaultCounts
from partners.mapping import Mapped
from partners.profile import MEANINGS, Flagged, Look, ProfileReport
from partners.publishing import Outcome

Document = dict[str, Any]


def errors_of(faults: FaultCounts, family: str, ending: str, mapped: Mapped | None = None) -> list[Document]:
    """Faults by code and field, the most frequent first, as JSON values.

    Args:
        faults: of the rejected rows.
        family: of the rows.
        ending: of the file, as ".csv".
        mapped: by what it was read, where that is a mapping file.
    """
    return [
        {
            "code": one.fault.code.value,
            "field": one.fault.field,
            **_column(one.fault.field, mapped),
            "rows": one.count,
            "places": one.places,
            **({"lines": one.lines} if one.lines else {}),
            "advice": advice_on(one.fault, family, ".csv" if mapped else ending),
        }
        for one in faults
    ]


def of_file(outcome: Outcome, look: Look, family: str, file: Path, mapped: Mapped | None) -> Document:
    """What a dry run saw of a file, as JSON values."""
    errors = errors_of(outcome.faults, family, file.suffix, mapped)
    (report,) = look.reports()
    return {"errors": errors, **_of_family(report, mapped)}


def errors_in(district: District, outcome: DistrictOutcome) -> list[Document]:
    """Faults in a set of files, by file, code and field, as JSON values."""
    errors = [
        {"file": member.source.name, "family": None, **error}
        for member, counted in district.found.items()
        for error in errors_of(FaultCounts.of(counted.bad), "", member.source.suffix)
    ]
    errors += [
        {"file": part.name, "family": part.family, **error}
        for part, of_part in outcome.by_part.items()
        for error in errors_of(of_part.faults, part.family, part.member.source.suffix)
    ]
    errors += [
        {"file": "", "family": family, **error}
        for family, of_family in outcome.by_family.items()
        for error in errors_of(of_family.faults, family, "")
    ]
    return errors


def of_district(district: District, outcome: DistrictOutcome, look: Look) -> Document:
    """What a dry run saw of a set of files, family by family, as JSON values."""
    families = {report.family: _of_family(report, None) for report in look.reports()}
    return {"errors": errors_in(district, outcome), "families": families}


def _of_family(report: ProfileReport, mapped: Mapped | None) -> Document:
    told = report.to_document()
    fields = [{**one, **_column(one["field"], mapped)} for one in told.pop("fields")]
    return {"flags": [_flag(one, mapped) for one in report.flags], "read": report.rows, **told, "fields": fields}


def _flag(one: Flagged, mapped: Mapped | None) -> Document:
    return {
        "flag": one.flag.value,
        "field": one.field,
        **_column(one.field, mapped),
        "rows": one.count,
        "places": list(one.places),
        "meaning": MEANINGS[one.flag],
    }


def _column(field: str | None, mapped: Mapped | None) -> Document:
    """The field in the words of the file, where a mapping knows them."""
    if mapped is None or field is None or (words := mapped.words(field)) == field:
        return {}
    return {"column": words.removesuffix(f" ({field})")}


def show(document: Document) -> None:
    """Print what to mend and what looks odd; a table each, nothing where there is nothing."""
    if errors := document["errors"]:
        typer.echo("To mend:")
        tables.show(("field", "code", "rows", "first rows", "how"), [_error_line(one) for one in errors])
    for family, one in families_in(document):
        if flags := one["flags"]:
            typer.echo(f"Worth a look{f' ({family})' if family else ''}; nothing is rejected for it:")
            tables.show(("field", "what", "rows", "first rows", "why"), [_flag_line(flag) for flag in flags])
    for family, one in families_in(document):
        typer.echo(f"{f'{family}: ' if family else ''}{sum_of(one)}")


def families_in(document: Document) -> Iterable[tuple[str, Document]]:
    """What was seen of each family; without a name where there is but one."""
    if "families" in document:
        return [(str(family), one) for family, one in document["families"].items()]
    return [("", document)] if "fields" in document else []


def sum_of(seen: Document) -> str:
    """Of how many people and facts a family's rows tell, in a line."""
    repeats = [(seen["repeated_facts"], "fact"), (seen["repeated_events"], "event")]
    again = "".join(
        f", {count} {noun(count, what)} that {noun(count, 'was', 'were')} there before"
        for count, what in repeats
        if count
    )
    facts, people = noun(seen["facts"], "fact"), noun(seen["persons"], "person", "people")
    return f"{seen['facts']:,} {facts} about {seen['persons']:,} {people}{again}"


def _error_line(one: Document) -> Sequence[str]:
    place = f"{one['file'] or one['family']}: {_named(one)}" if "file" in one else _named(one)
    return place, one["code"], f"{one['rows']:,}", told_places(one), one["advice"]


def _flag_line(one: Document) -> Sequence[str]:
    return _named(one), one["flag"], "" if one["rows"] is None else f"{one['rows']:,}", told_places(one), one["meaning"]


def _named(one: Document) -> str:
    return one.get("column") or one["field"] or "the row"


def told_places(one: Document) -> str:
    """The first rows, with their lines where they are known, and whether there are more."""
    lines = one.get("lines", [])
    is_told = len(lines) == len(one["places"])
    places = (
        [f"{place} (line {line})" for place, line in zip(one["places"], lines, strict=True)]
        if is_told
        else one["places"]
    )
    more = ", …" if one["rows"] is not None and one["rows"] > len(one["places"]) > 0 else ""
    return ", ".join(map(str, places)) + more
