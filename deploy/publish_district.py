"""``throughline publish`` of a folder, an archive, or an interchange whose families are found by themselves."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson
import typer

from deploy import publish_look, publish_page
from deploy.progress import counting
from deploy.publish_memory import remembered
from deploy.publish_report import SHOWN, lines_on
from partners.client import Publisher
from partners.district import District, DistrictOutcome, Part, publish_district, surveyed
from partners.formats import Bad, FileError, midnight
from partners.formats.file_sets import is_set
from partners.profile import Look
from partners.publishing import Memory
from streams.errors import ThroughlineError

Sending = Callable[[list[str]], AbstractContextManager[Publisher | str]]
"""Opens who sends events of these families."""


def is_district(place: Path, family: str | None, mapping: Path | None) -> bool:
    """Whether what is to be published says itself which families it has."""
    return mapping is None and (place.is_dir() or (family is None and is_set(place)))


def check_options(place: Path, family: str | None, **said: object) -> None:
    """See that nothing is asked for that a set of interchanges cannot do.

    Raises:
        ThroughlineError: something is.
    """
    if family is not None:
        raise ThroughlineError(
            f"{place} is a folder; name the file in it, or leave --family out for an Ed-Fi district whole"
        )
    if wrong := next((name for name, value in said.items() if value), None):
        option = wrong.replace("_", "-")
        raise ThroughlineError(f"--{option} is for one file of one family; name the file and say --family")


def publish_place(
    place: Path,
    partner: str,
    moment_said: datetime | None,
    sending: Sending,
    *,
    look: Look | None,
    as_json: bool,
    page: Path | None = None,
) -> DistrictOutcome:
    """Publish a folder or an interchange, and tell what became of it.

    Args:
        place: of the folder, or of the file.
        partner: who publishes.
        moment_said: when it was made; None: the latest day that it tells of.
        sending: who sends; only the partner's name where nothing is sent.
        look: what looks on, where nothing is to be sent.
        as_json: whether one object is printed.
        page: the file to write what was seen into, as HTML.

    Raises:
        FileError: there is nothing that can be read so, or nobody can tell when it was made.
    """
    try:
        with surveyed(place) as district:
            return _publish(district, place, partner, moment_said, sending, look=look, as_json=as_json, page=page)
    except OSError as error:
        raise FileError(f"{place} cannot be read ({error.strerror}); check the path") from None


def _publish(
    district: District,
    place: Path,
    partner: str,
    moment_said: datetime | None,
    sending: Sending,
    *,
    look: Look | None,
    as_json: bool,
    page: Path | None,
) -> DistrictOutcome:
    now = datetime.now(UTC)
    moment = moment_said or (midnight(district.day) if district.families else now)
    if moment > now:
        raise ThroughlineError(f"{moment:%Y-%m-%d} lies ahead; say when {place.name} was made with --as-of YYYY-MM-DD")
    with sending(district.families) as sender, counting(place.name, "rows") as counted:
        digest = "" if look else district.digest()
        remembering = partial(_remembering, partner, moment, digest, dry_run=look is not None)
        outcome = publish_district(district, moment, sender, remembering, counted, look)
    _tell_bad(district, outcome)
    said = moment.isoformat() + ("" if moment_said else " (the latest day in it)")
    counts = outcome.to_document(is_look=look is not None)
    seen = publish_look.of_district(district, outcome, look) if look else {}
    if page:
        publish_page.write(page, place.name, said, counts, seen)
    if as_json:
        typer.echo(orjson.dumps(counts | seen))
        return outcome
    typer.echo(f"{place.name} as of {said}: {_sum(outcome, dry_run=look is not None)}")
    for name, count in sorted(outcome.others.items()):
        typer.echo(f"no family carries {name}: {count}")
    for name, count in sorted(outcome.unsaid.items()):
        typer.echo(f"not carried of rows that are published: {name}, {count} times")
    if district.left_out:
        typer.echo(f"{len(district.left_out)} files were left out: of no kind that is read, or not in the manifest")
    if seen:
        publish_look.show(seen)
    if page:
        typer.echo(f"each field, its codes and dates: {page}")
    return outcome


def _remembering(
    partner: str, moment: datetime, digest: str, part: Part, *, dry_run: bool
) -> AbstractContextManager[Memory | None]:
    if dry_run:
        return nullcontext()
    said = (moment.isoformat(), digest, part.name)
    return remembered([], partner, part.family, *said, resume=False)


def _tell_bad(district: District, outcome: DistrictOutcome) -> None:
    """The first rejected rows of each file, on standard error."""
    for name, bad in district.bad:
        _tell(name, [bad], "", Path(name).suffix)
    for part, of_part in outcome.by_part.items():
        _tell(part.name, of_part.bad[:SHOWN], part.family, part.member.source.suffix)
        if of_part.rejected > SHOWN:
            print(f"{part.name}: and {of_part.rejected - SHOWN} more", file=sys.stderr)  # noqa: T201  # what a person reads


def _tell(name: str, bads: Sequence[Bad], family: str, ending: str) -> None:
    for bad in bads:
        for line in lines_on(bad, family, ending, None):
            print(f"{name}: {line}", file=sys.stderr)  # noqa: T201  # what a person reads


def _sum(outcome: DistrictOutcome, *, dry_run: bool) -> str:
    """What became of the whole, in a line."""
    by_family: Counter[str] = Counter()
    for part, of_part in outcome.by_part.items():
        by_family[part.family] += of_part.valid if dry_run else of_part.published
    done = ", ".join(f"{count} {family}" for family, count in by_family.items()) or "none"
    sent = f"{by_family.total()} valid ({done}), none sent" if dry_run else f"{by_family.total()} published ({done})"
    reasons = ", ".join(f"{count} {code}" for code, count in sorted(outcome.codes.items()))
    told = f": {reasons}" if reasons else ""
    return f"{outcome.rows} rows, {sent}, {outcome.reference} reference, {outcome.rejected} rejected{told}"
