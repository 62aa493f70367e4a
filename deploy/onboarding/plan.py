"""The plan of a partner's trial: cases with made-up rows, and what comes of each row. A TOML file, read strictly."""

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from partners.formats import Code as FileCode
from processors.resolve.codes import Code as GateCode
from schemas_avro import catalog
from streams import toml_file
from streams.errors import ThroughlineError
from streams.toml_file import NotTomlError

PLAN = "test-plan.toml"
KINDS = ("rows", "same_again", "other_key")
"""A file's rows each come to what is planned; the same file twice is nothing new; a key of another is rejected."""
Line = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")]
REJECTIONS = {code.value for code in FileCode} | {code.value for code in GateCode}
STRICT = ConfigDict(frozen=True, extra="forbid")


class Case(BaseModel):
    """One case."""

    model_config = STRICT

    name: str = Field(min_length=1, max_length=100)
    kind: Literal["rows", "same_again", "other_key"]
    family: str
    file: str
    """Of made-up rows, in the folder."""
    as_of: AwareDatetime
    """When the file counts as made."""
    carried: int = Field(default=0, ge=0)
    """Of kind ``rows``: how many rows the gate is to let pass."""
    rejected: dict[Line, str] = {}
    """Of kind ``rows``: the code by which each of the others is to be rejected, by its line."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        place = PurePosixPath(self.file)
        if place.is_absolute() or ".." in place.parts:
            raise ValueError("file is one in this folder, as rows/enrollment.csv: only made-up rows are sent")
        if self.family not in catalog.FAMILIES:
            raise ValueError(f"family is one of {', '.join(catalog.FAMILIES)}")
        if unknown := sorted(set(self.rejected.values()) - REJECTIONS):
            raise ValueError(f"no code {unknown[0][:40]!a}; docs/reference.md has all codes")
        if self.kind != "rows" and (self.carried or self.rejected):
            raise ValueError("carried and rejected are words of kind rows alone")
        if self.as_of > datetime.now(UTC):
            raise ValueError("as_of lies ahead, and no gate takes events from the future")
        return self


class Plan(BaseModel):
    """All of it."""

    model_config = STRICT

    partner: str
    exports: dict[str, str] = {}
    """By family, where the engineer's own export is, from the folder; it is looked at and never sent."""
    case: tuple[Case, ...] = Field(min_length=1)

    @property
    def families(self) -> tuple[str, ...]:
        """Those that are tried."""
        return tuple(dict.fromkeys(one.family for one in self.case))


def load(folder: Path) -> Plan:
    """Read the plan of a folder.

    Raises:
        ThroughlineError: there is none, or it does not say right what it says; one line with its place.
    """
    path = folder / PLAN
    try:
        return Plan.model_validate(toml_file.read(path))
    except OSError:
        raise ThroughlineError(f"no {PLAN} in {folder}; `throughline partner new NAME` writes one") from None
    except NotTomlError as error:
        raise ThroughlineError(f"{PLAN} is no TOML: {error}") from None
    except ValidationError as error:
        raise ThroughlineError(f"{PLAN}: {_told(error)}") from None


def _told(error: ValidationError) -> str:
    """The first thing that is wrong, with its place as a person counts."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"] if part != "[key]")
    said = f"kind is one of {', '.join(KINDS)}" if first["loc"][-1:] == ("kind",) else first["msg"]
    return f"{place or 'the whole'}: {said.removeprefix('Value error, ')}"


def to_toml(plan: Plan) -> str:
    """A plan as its file has it."""
    lines = [
        "# What `throughline partner verify` tries, with rows of nobody; change it, and add cases of your own.",
        "# Kinds: rows (each line comes to what is planned), same_again (the file twice: nothing new), other_key (its",
        "# first event under another's key is rejected). Codes: docs/reference.md. Only files of this folder are sent.",
        f'partner = "{plan.partner}"',
        "",
        "[exports]  # your own exports by family, from this folder: looked at by mapping.<family>.toml, never sent",
        *(f'{family} = "{_escaped(path)}"' for family, path in plan.exports.items()),
    ]
    for case in plan.case:
        lines += [
            "", "[[case]]", f'name = "{case.name}"', f'kind = "{case.kind}"', f'family = "{case.family}"',
            f'file = "{case.file}"', f"as_of = {case.as_of.isoformat().replace('+00:00', 'Z')}",
        ]  # fmt: skip
        if case.kind == "rows":
            lines.append(f"carried = {case.carried}")
        if case.rejected:
            lines.append("rejected = { " + ", ".join(f'{n} = "{code}"' for n, code in case.rejected.items()) + " }")
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
