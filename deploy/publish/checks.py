"""What is looked at of a call of ``throughline publish`` before anything is read or sent."""

import re
from pathlib import Path

from deploy.console import meant
from deploy.identity.files import check_folder
from partners.mapping import Mapped
from schemas_avro import catalog
from streams.errors import ThroughlineError

PARTNER_ID = re.compile(r"[a-z0-9_]+")
PERCENT = re.compile(r"\d{1,3}(\.\d+)?")
MOST_PERCENT = 100


def check_names(partner: str, family: str) -> None:
    """See that there may be such a partner, and is such a family.

    Raises:
        ThroughlineError: there is not.
    """
    check_partner(partner)
    if family not in catalog.FAMILIES:
        raise ThroughlineError(
            f"no such family; {meant(family, catalog.FAMILIES)}--family is one of {', '.join(catalog.FAMILIES)}"
        )


def check_partner(partner: str) -> None:
    """See that there may be such a partner.

    Raises:
        ThroughlineError: there may not.
    """
    if not PARTNER_ID.fullmatch(partner):
        raise ThroughlineError("a partner's name is lower-case letters, digits and underscores, as csac")


def known(partner: str | None) -> str:
    """The partner's name, where there may be such a partner.

    Raises:
        ThroughlineError: nobody says it, or there may not.
    """
    if not partner:
        raise ThroughlineError("say --partner")
    check_partner(partner)
    return partner


def whose(partner: str | None, family: str | None, mapped: Mapped | None) -> tuple[str, str]:
    """Whose rows and of what they are: as the command says, or else as the mapping does.

    Raises:
        ThroughlineError: neither does, they differ, or there is no such partner or family.
    """
    said = {"partner": partner, "family": family}
    for name, value in said.items():
        own = getattr(mapped, name, None)
        if value is None and own is None:
            raise ThroughlineError(f"say --{name}; a mapping file says it too (`throughline partner map`)")
        if value is not None and own is not None and value != own:
            raise ThroughlineError(
                f"--{name} is {value}, the mapping's {name} is {own}; leave --{name} out, or mend one"
            )
        said[name] = value or own
    partner, family = said["partner"] or "", said["family"] or ""
    check_names(partner, family)
    return partner, family


def check_report(report: Path | None, *, dry_run: bool) -> None:
    """See that a page can be written, before every row is looked at.

    Raises:
        ThroughlineError: it cannot, or is not of a dry run.
    """
    if report and not dry_run:
        raise ThroughlineError("--report tells what a dry run saw; say --dry-run too")
    if report:
        check_folder(report)


def check_resume(resume: bool, *, snapshot: bool, dry_run: bool, ids: Path | None) -> None:  # noqa: FBT001  # a flag
    """See that what is said beside --resume can be.

    Raises:
        ThroughlineError: it cannot.
    """
    if resume and (snapshot or dry_run):
        raise ThroughlineError(
            "--resume sends the rest of a file; a snapshot goes on by itself, and a dry run sends none"
        )
    if resume and ids:
        raise ThroughlineError("--resume knows no ids of rows that were sent before; leave it out to have all of them")


def percent(text: str) -> float:
    """A share in percent; the sign may stand behind it.

    Raises:
        ThroughlineError: it is none.
    """
    number = text.strip().removesuffix("%").strip()
    if not PERCENT.fullmatch(number) or float(number) > MOST_PERCENT:
        raise ThroughlineError("--max-retract-percent takes a number from 0 to 100, as 30")
    return float(number)
