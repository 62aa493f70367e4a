"""What a family needs and a file has no column of: made of the columns that are there, or told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from partners.formats.csv_columns import needed
from partners.mapping.forms import Form
from partners.mapping.toml_text import key, text, texts

QUARTERS = {"reference_period_start": "first", "reference_period_end": "last"}
"""Of a quarter, which day a field is."""
SYSTEMS = {14: "CDS", 12: "NCES", 7: "NCES", 8: "OPEID", 6: "UNITID"}
"""By how many digits an organisation's id has."""
RECIPES: Mapping[str, Sequence[str]] = {
    "identity": ("subject_token",),
    "contact": ("subject_token",),
    "enrollment": ("subject_token", "organization_id", "entry_date"),
    "aid": ("subject_token", "aid_year"),
    "social_service": ("subject_token", "program", "benefit_month"),
    "attendance": ("subject_token", "organization_id", "attendance_date"),
    "assessment": ("subject_token", "assessment_title", "administered_on"),
    "intervention": ("subject_token", "intervention_id", "begin_date"),
    "early_care": ("subject_token", "program_type", "enrollment_date"),
    "credential": ("subject_token", "credential_type", "award_date"),
    "transfer": ("subject_token", "from_organization_id", "transfer_term"),
    "caseload": ("case_manager_id", "subject_token", "assigned_on"),
    "consent": ("consent_id",),
}
"""What tells one fact of a family from all others, where the file has no id of it."""


@dataclass
class Lacking:
    """Of fields that no column looked like."""

    made: list[str] = field(default_factory=list)
    """Lines of those that can be made of others."""
    names: list[str] = field(default_factory=list)
    """Those that nobody could guess."""


def lacking_in(
    columns: Mapping[str, str], family: str, looks: Mapping[str, Form], are_different: Callable[[Sequence[str]], bool]
) -> Lacking:
    """What is missing, and what can be made of the rest.

    Args:
        columns: the column of each field that is there.
        family: of the rows.
        looks: form of each column of the file.
        are_different: whether no two rows say the same in columns.
    """
    found = Lacking()
    whose = [] if set(columns) & {"subject_token", "subject_name"} else ["subject_token"]
    for name in [*whose, *needed(family)]:
        if name in columns:
            continue
        if line := _made(name, columns, family, looks, are_different):
            found.made.append(line)
        else:
            found.names.append(name)
    return found


def _made(
    name: str,
    columns: Mapping[str, str],
    family: str,
    looks: Mapping[str, Form],
    are_different: Callable[[Sequence[str]], bool],
) -> str | None:
    if name == "source_record_id":
        return _id(columns, family, are_different)
    if name in QUARTERS:
        return _quarter(name, looks)
    return _system(columns, looks) if name == "organization_id_system" else None


def _id(columns: Mapping[str, str], family: str, are_different: Callable[[Sequence[str]], bool]) -> str | None:
    """An id of the fact made of what tells it from others, where all of that is there."""
    recipe = RECIPES.get(family, ())
    of = [columns[name] for name in recipe if name in columns]
    if not recipe or len(of) < len(recipe) or not are_different(of):
        return None
    why = "the file has no id of the fact: see that this is one, the same in every export"
    said = text(of[0]) if len(of) == 1 else f'{{ columns = {texts(of)}, join = "|" }}'
    return f"source_record_id = {said}  # {why}"


def _quarter(name: str, looks: Mapping[str, Form]) -> str | None:
    """The first or last day of a column's quarters, where there is such a column."""
    found = next((one for one, form in looks.items() if form.dates and "Q" in form.dates[0].replace("'Q'", "")), None)
    if found is None:
        return None
    pattern = text(looks[found].dates[0])
    return f'{key(name)} = {{ column = {text(found)}, date = {pattern}, day = "{QUARTERS[name]}" }}  # by its form'


def _system(columns: Mapping[str, str], looks: Mapping[str, Form]) -> str | None:
    of = columns.get("organization_id")
    found = SYSTEMS.get(looks[of].digits or 0) if of else None
    return found and f'organization_id_system = {{ value = "{found}" }}  # by its digits; see that it is right'
