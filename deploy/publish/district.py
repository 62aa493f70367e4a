"""``throughline publish`` of a folder, an archive, or an interchange whose families are found by themselves."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import orjson
import typer

from deploy.console import noun
from deploy.progress import Told, counting
from deploy.publish import look, page
from deploy.publish.asked import Asked
from deploy.publish.ids import IdsFile, ids_into
from deploy.publish.memory import remembered
from deploy.publish.report import SHOWN, lines_on, new_among, resumed, tell_submission
from deploy.publish.sending import check_moment
from partners.client import Publisher
from partners.district import (
    District,
    DistrictOutcome,
    Part,
    publish_district,
    publish_district_snapshot,
    surveyed,
)
from partners.formats import Bad, FileError, midnight
from partners.formats.file_sets import is_set
from partners.publishing import Memory
from partners.snapshot_state import SnapshotState
from streams import settings
from streams.errors import ThroughlineError

Sending = Callable[[list[str]], AbstractContextManager[Publisher | str]]
"""Opens who sends events of these families."""


def is_district(place: Path, family: str | None, mapping: Path | None) -> bool:
    """Whether what is to be published says itself which families it has."""
    return mapping is None and (place.is_dir() or (family is None and is_set(place)))


def check_is_set(place: Path, family: str | None) -> None:
    """See that no family is said of a set, which says them itself.

    Raises:
        ThroughlineError: one is.
    """
    if family is not None:
        raise ThroughlineError(
            f"{place} is a folder; name the file in it, or leave --family out for an export that is published whole"
        )


def publish_place(place: Path, asked: Asked, sending: Sending) -> DistrictOutcome:
    """Publish a folder, an archive or an interchange, and tell what became of it.

    Args:
        place: of it.
        asked: how.
        sending: who sends; only the partner's name where nothing is sent.

    Raises:
        BrokenOffError: it was to stop.
        FileError: there is nothing that can be read so, or nobody can tell when it was made.
    """
    with ExitStack() as held:
        try:
            district = held.enter_context(surveyed(place))
        except OSError as error:
            raise FileError(f"{place} cannot be read ({error.strerror}); check the path") from None
        moment = asked.as_of or (midnight(district.day) if district.families else datetime.now(UTC))
        check_moment(moment, None, place, dry_run=asked.is_dry)
        sender = held.enter_context(sending(district.families))
        counted = held.enter_context(counting(place.name, "rows"))
        written = held.enter_context(ids_into(asked.ids, of_set=True))
        outcome = _published(district, moment, asked, sender, counted, written)
        _tell(district, outcome, place, moment, asked)
    return outcome


def _published(
    district: District, moment: datetime, asked: Asked, sender: Publisher | str, counted: Told, written: IdsFile
) -> DistrictOutcome:
    def note(name: str, family: str, place: int | None, event_id: str, operation: str) -> None:
        written.note(place, event_id, operation, name, family)

    if asked.is_snapshot:
        folder = settings.load().data_dir / "snapshots"
        state_of = partial(SnapshotState, folder, asked.partner, to_look=asked.is_dry)
        on_event = note if asked.ids else None
        return publish_district_snapshot(
            district, moment, sender, state_of, asked.max_retract_percent, counted, on_event, asked.look
        )
    remembers = partial(remembering, asked, moment, "" if asked.look else district.digest(), district.parts)
    return publish_district(
        district, moment, sender, remembers, counted, note, asked.look, is_stopping=asked.is_stopping
    )


def remembering(
    asked: Asked, moment: datetime, digest: str, parts: Sequence[Part], part: Part
) -> AbstractContextManager[Memory | None]:
    """What is remembered of a part of a set, so that a run of it can go on, or tell what is new.

    Args:
        asked: how the set is published.
        moment: when it was made.
        digest: of the whole set.
        parts: of it, in their order.
        part: one of them.
    """
    if asked.look:
        return nullcontext()
    said = (moment.isoformat(), digest, str(parts.index(part)))
    return remembered([], asked.partner, part.family, *said, resume=asked.is_resumed)


def _tell(district: District, outcome: DistrictOutcome, place: Path, moment: datetime, asked: Asked) -> None:
    """Bad rows on standard error, the sum on standard output."""
    _tell_bad(district, outcome)
    said = moment.isoformat() + ("" if asked.as_of else " (the latest day in it)")
    left_out = {"files_left_out": len(district.left_out)} if district.left_out else {}
    counts = outcome.to_document(is_look=asked.is_dry) | left_out
    seen = look.of_district(district, outcome, asked.look) if asked.look else {}
    if asked.page:
        page.write(asked.page, place.name, said, counts, seen)
    if asked.as_json:
        typer.echo(orjson.dumps(counts | seen))
        return
    typer.echo(f"{place.name} as of {said}: {_sum(outcome, dry_run=asked.is_dry)}")
    if outcome.by_family:
        typer.echo(", ".join(f"{count} {name}" for name, count in outcome.changes.items()))
    if asked.is_resumed:
        typer.echo(resumed(outcome.total("resumed_at")))
    tell_submission(outcome.submission, asked.partner, outcome.total("published"))
    for name, count in sorted(outcome.others.items()):
        typer.echo(f"no family carries {name}: {count}")
    for name, count in sorted(outcome.unsaid.items()):
        typer.echo(f"not carried of rows that are published: {name}, {count} times")
    if district.left_out:
        typer.echo(f"{len(district.left_out)} files were left out: of no kind that is read, or not in the manifest")
    if seen:
        look.show(seen)
    if asked.page:
        typer.echo(f"each field, its codes and dates: {asked.page}")


def _tell_bad(district: District, outcome: DistrictOutcome) -> None:
    """The first rejected rows of each file, on standard error."""
    for name, bad in district.bad:
        _tell_row(name, "", bad)
    for part, of_part in outcome.by_part.items():
        for bad in of_part.bad[:SHOWN]:
            _tell_row(part.name, part.family, bad)
        _tell_more(part.name, of_part.rejected)
    for family, of_family in outcome.by_family.items():
        for name, bad in list(zip(of_family.bad_in, of_family.bad, strict=True))[:SHOWN]:
            _tell_row(name, family, bad)
        _tell_more(family, of_family.rejected)


def _tell_row(name: str, family: str, bad: Bad) -> None:
    for line in lines_on(bad, family, Path(name).suffix, None):
        print(f"{name}: {line}", file=sys.stderr)  # noqa: T201  # what a person reads


def _tell_more(name: str, rejected: int) -> None:
    if rejected > SHOWN:
        print(f"{name}: and {rejected - SHOWN} more", file=sys.stderr)  # noqa: T201  # likewise


def _sum(outcome: DistrictOutcome, *, dry_run: bool) -> str:
    """What became of the whole, in a line."""
    by_family: Counter[str] = Counter()
    for part, of_part in outcome.by_part.items():
        by_family[part.family] += of_part.valid if dry_run else of_part.published
    for family, of_family in outcome.by_family.items():
        by_family[family] += of_family.asserted + of_family.corrected if dry_run else of_family.published
    done = ", ".join(f"{count} {family}" for family, count in by_family.items()) or "none"
    sent = f"{by_family.total()} valid ({done}), none sent" if dry_run else f"{by_family.total()} published ({done})"
    sent += new_among(outcome.total("published"), outcome.new)
    reasons = ", ".join(f"{count} {code}" for code, count in sorted(outcome.codes.items()))
    told = f": {reasons}" if reasons else ""
    rows = f"{outcome.rows} {noun(outcome.rows, 'row')}"
    return f"{rows}, {sent}, {outcome.reference} reference, {outcome.rejected} rejected{told}"
