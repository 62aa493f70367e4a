"""``throughline publish`` and ``throughline population``: the partners' door on the command line."""

import gc
import re
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import publish_district, publish_ids, publish_report, publish_watch, tables
from deploy.agreements_folder import load_agreements
from deploy.console import FAILED, meant
from deploy.identity.files import check_folder
from deploy.population import generate
from deploy.progress import counting
from deploy.publish_gate import gate_of
from deploy.publish_memory import remembered
from deploy.publish_sending import check_moment, moment_in, moment_of, sender_of
from partners.client import Publisher
from partners.events import topic_of
from partners.formats import check_is_file, reader_of
from partners.mapping import Mapped, load, reader_by
from partners.population import DEFAULT_AS_OF, Truth
from partners.population.files import write
from partners.profile import Look
from partners.publishing import OnEvent, Outcome, publish_file
from partners.snapshot_state import SnapshotState
from partners.snapshots import publish_snapshot
from processors.consent.agreements import EPOCH
from schemas_avro import catalog
from streams import settings
from streams.errors import ThroughlineError

PARTNER_ID = re.compile(r"[a-z0-9_]+")
PERCENT = re.compile(r"\d{1,3}(\.\d+)?")
MOST_PERCENT = 100
FEWEST_PEOPLE = 40
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object as the last line, for programs.")]


def publish(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV, Parquet, JSON lines (.jsonl) or Ed-Fi interchange XML (.xml); any table by --mapping; "
            "a folder or zip of Ed-Fi interchanges or API resources (.json), or of a OneRoster set."
        ),
    ] = None,
    partner: Annotated[
        str | None, typer.Option(help="The partner that publishes, as csac; else the mapping's.")
    ] = None,
    family: Annotated[
        str | None, typer.Option(help=f"What the rows are: {', '.join(catalog.FAMILIES)}; else the mapping's.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="How the file's columns become fields: see `throughline partner map`.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="When the file was made: a date, or a time with zone; else the latest day it tells of."),
    ] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="The file is a full export: what it no longer has is retracted.")
    ] = False,
    max_retract_percent: Annotated[
        str, typer.Option(help="With --snapshot: where more would be retracted, nothing is sent.")
    ] = "20",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at every row, as the gate would too; send none.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="With --dry-run: HTML file to write, with what to mend and each field's values.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="File to write event ids into, as CSV with columns row, event_id, operation, for `explain`."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where a run of the same file was killed, if one was.")
    ] = False,
    watch: Annotated[
        Path | None, typer.Option(help="Folder of nightly drops, in place of FILE: each new whole file, until stopped.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="With --watch: do what is there and end, as for cron.")] = False,
    settle_seconds: Annotated[
        float, typer.Option(min=0, help="With --watch: how long a file stands still before it is taken for whole.")
    ] = 10.0,
    as_json: AsJson = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port; else THROUGHLINE_BOOTSTRAP.")] = None,
) -> None:
    """Publish a partner's file; each bad row is named by place, field and reason.

    The same file again changes nothing. A correction is the same source_record_id in a file of a later --as-of; a file
    with `correct` or `retract` in it must say its --as-of.
    With --snapshot the file is all that the partner has: what is new in it is asserted, what changed corrected, what is
    gone retracted, against the last snapshot published from this machine.
    A folder or zip of Ed-Fi interchanges or of a OneRoster set (or one interchange, without --family) is published
    whole, each row to its family's topic.
    What is about nobody counts as reference; what no family carries is rejected as no_family, counted by its name, and
    makes no exit code 1.
    With --watch each file dropped into a folder is published once and moved to published/ or, with a row or all of it
    rejected, to rejected/, its report beside it; a day in its name says when it was made.
    Exit code 0: every row is published (dry run: is valid); 1: some were rejected; 2: it cannot be done so.

    Example: throughline publish StudentEnrollment.xml --partner lea_grand_bend --family enrollment
    Example: throughline publish oneroster.zip --partner lea_grand_bend
    Example: throughline publish --watch drops --partner lea_grand_bend --family enrollment --once
    """
    if watch is not None:
        publish_watch.check_options(
            file=file, as_of=as_of, snapshot=snapshot, dry_run=dry_run, report=report, ids=ids, resume=resume
        )
        _watch(watch, partner, family, mapping, bootstrap, settle_seconds, once=once, as_json=as_json)
        return
    if file is None or once:
        raise ThroughlineError("say FILE" if file is None else "--once is for --watch")
    _check_report(report, dry_run=dry_run)
    gc.freeze()  # what is imported is never garbage; looking through it again and again takes a fifth of the time
    if publish_district.is_district(file, family, mapping):
        publish_district.check_family(file, family)
        _check_resume(resume, snapshot=snapshot, dry_run=dry_run, ids=ids)
        asked = publish_district.Asked(
            partner or "",
            moment_in(as_of) if as_of else None,
            snapshot,
            _percent(max_retract_percent),
            resume,
            _look(partner or "") if dry_run else None,
            as_json,
            report,
            ids,
        )
        _publish_district(file, asked, bootstrap)
        return
    mapped = load(mapping) if mapping else None
    partner, family = _whose(partner, family, mapped)
    check_names(partner, family)
    most_percent = _percent(max_retract_percent)
    reader = reader_by(file, mapped) if mapped else reader_of(file, family)
    _check_resume(resume, snapshot=snapshot, dry_run=dry_run, ids=ids)
    with ExitStack() as held:
        memory = None
        if not (dry_run or snapshot):
            said = (as_of or "", mapped.text if mapped else "")
            memory = held.enter_context(remembered([file], partner, family, *said, resume=resume))
        moment, undated = moment_of(file, family, as_of, reader, memory, is_export=snapshot)
        check_moment(moment, undated, file, dry_run=dry_run)
        sender = held.enter_context(sender_of(partner, [family], bootstrap, dry_run=dry_run))
        if memory and isinstance(sender, Publisher):
            memory.begin(sender.cluster_id, moment)
        counted = held.enter_context(counting(file.name, "rows"))
        written = held.enter_context(publish_ids.ids_into(ids))
        on_progress = partial(counted, file.name)
        look = _look(partner) if dry_run else None
        judge, reader = (look.judge(family), look.watching(family, reader)) if look else (None, reader)
        if snapshot:
            folder = settings.load().data_dir / "snapshots"
            state = held.enter_context(SnapshotState(folder, partner, family, to_look=dry_run))
            on_event = written.note if ids else None
            outcome: Outcome = publish_snapshot(
                file, family, moment, sender, state, most_percent, on_progress, on_event, reader, judge
            )
        else:
            noted = _both(written.note, look.on_event(family)) if look else written.note
            outcome = publish_file(file, family, moment, sender, on_progress, noted, reader, memory, judge)
    told = moment.isoformat() + ("" if as_of or undated else " (the latest day in it)")
    publish_report.tell(
        outcome, file, told, topic_of(partner, family), mapped, look=look, as_json=as_json, ids=written, page=report
    )
    if undated:
        raise undated
    if dry_run:
        _check_agreement(partner, family)
    if outcome.rejected:
        raise typer.Exit(FAILED)


def _watch(
    folder: Path,
    partner: str | None,
    family: str | None,
    mapping: Path | None,
    bootstrap: str | None,
    settle_seconds: float,
    *,
    once: bool,
    as_json: bool,
) -> None:
    """Publish what is dropped into a folder.

    Raises:
        ThroughlineError: it cannot be done so.
    """
    mapped = load(mapping) if mapping else None
    if family or mapped:
        partner, family = _whose(partner, family, mapped)
        check_names(partner, family)
    if partner is None:
        raise ThroughlineError("say --partner")
    check_partner(partner)
    counts = publish_watch.watch(folder, partner, family, mapped, bootstrap, settle_seconds, once=once, as_json=as_json)
    if once and counts["rejected"]:
        raise typer.Exit(FAILED)


def population(
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
    people: Annotated[int, typer.Option(min=FEWEST_PEOPLE, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed, the same files.")] = 7,
    as_of: Annotated[str, typer.Option(help="The day on which they stand.")] = DEFAULT_AS_OF.isoformat(),
    decided_on: Annotated[
        str | None, typer.Option(help="The day for which the truth is judged: that of publishing. None: --as-of.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make up people and all that partners would publish about them, with the truth that must come out.

    Writes OUT/<phase>/<partner>.<family>.jsonl for `throughline publish`, OUT/<phase>/malformed.jsonl, OUT/truth.json,
    OUT/signals.toml, the calendar of its signals (THROUGHLINE_SIGNALS_FILE), and OUT/organizations.toml, what its
    schools are called (THROUGHLINE_ORGANIZATIONS_FILE). Nobody in it is real.

    Example: throughline population --people 2000 --seed 7 --out people
    """
    day = moment_in(as_of).date()
    if day > datetime.now(UTC).date():
        raise ThroughlineError(f"{day} lies ahead, and no gate takes events from the future; say an earlier --as-of")
    made = generate(people, seed, day, moment_in(decided_on, "--decided-on").date() if decided_on else None)
    try:
        files = write(made, out)
    except OSError as error:
        raise ThroughlineError(f"cannot write into {out}: {error.strerror}; name another folder with --out") from None
    if as_json:
        totals = {phase: vars(total) for phase, total in made.truth.totals.items()}
        typer.echo(orjson.dumps({"people": people, "seed": seed, "files": len(files), "totals": totals}))
        return
    _show_totals(made.truth)
    typer.echo(f"{len(files)} files in {out}")


def _publish_district(place: Path, asked: publish_district.Asked, bootstrap: str | None) -> None:
    """Publish a folder, an archive or an interchange, of whatever families.

    Raises:
        ThroughlineError: it cannot be done so.
    """
    if not asked.partner:
        raise ThroughlineError("say --partner")
    check_partner(asked.partner)
    if not place.is_dir():
        check_is_file(place)
    sending = partial(sender_of, asked.partner, bootstrap=bootstrap, dry_run=asked.look is not None)
    outcome = publish_district.publish_place(place, asked, sending)
    if asked.look:
        for family in dict.fromkeys([part.family for part in outcome.by_part] + [*outcome.by_family]):
            _check_agreement(asked.partner, family)
    if outcome.is_mendable:
        raise typer.Exit(FAILED)


def _whose(partner: str | None, family: str | None, mapped: Mapped | None) -> tuple[str, str]:
    """Whose rows and of what they are: as the command says, or else as the mapping does.

    Raises:
        ThroughlineError: neither does, or they differ.
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
    return said["partner"] or "", said["family"] or ""


def _look(partner: str) -> Look:
    """What looks on at a dry run: it counts, and asks the gate."""
    return Look(datetime.now(UTC).date(), partial(gate_of, partner))


def _both(first: OnEvent, second: OnEvent) -> OnEvent:
    def told(place: int | None, event_id: str, operation: str) -> None:
        first(place, event_id, operation)
        second(place, event_id, operation)

    return told


def _check_report(report: Path | None, *, dry_run: bool) -> None:
    """See that a page can be written, before every row is looked at.

    Raises:
        ThroughlineError: it cannot, or is not of a dry run.
    """
    if report and not dry_run:
        raise ThroughlineError("--report tells what a dry run saw; say --dry-run too")
    if report:
        check_folder(report)


def _check_resume(resume: bool, *, snapshot: bool, dry_run: bool, ids: Path | None) -> None:  # noqa: FBT001  # a flag
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


def _percent(text: str) -> float:
    """A share in percent; the sign may stand behind it.

    Raises:
        ThroughlineError: it is none.
    """
    number = text.strip().removesuffix("%").strip()
    if not PERCENT.fullmatch(number) or float(number) > MOST_PERCENT:
        raise ThroughlineError("--max-retract-percent takes a number from 0 to 100, as 30")
    return float(number)


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


def _check_agreement(partner: str, family: str) -> None:
    """Tell before anything is sent what only the gate, or a topic that is missing, would tell after.

    Raises:
        ThroughlineError: the folder of agreements has none in force by which the partner publishes the family.
    """
    folder, today = settings.load().agreements, (datetime.now(UTC).date() - EPOCH).days
    if not any(folder.glob("*.toml")):
        return
    mous = [one for one in load_agreements(folder) if one.tier == "mou" and one.in_force(today)]
    own = {family for one in mous if one.party == partner for family in one.families}
    if family not in own:
        known = (
            f"its agreement is for {', '.join(sorted(own))}"
            if own
            else (f"no agreement in force is of {partner}, but of {', '.join(sorted({one.party for one in mous}))}")
        )
        near = "" if own else meant(partner, {one.party for one in mous})
        raise ThroughlineError(
            f"sending would be refused: {known}; {near}`throughline topics list` has what agreements call for; ask the "
            "operator, or name the folder in force by THROUGHLINE_AGREEMENTS_DIR"
        )


def _show_totals(truth: Truth) -> None:
    """Totals by phase, as a table."""
    rows = [(phase, *(f"{count:,}" for count in vars(totals).values())) for phase, totals in truth.totals.items()]
    tables.show(("when it has ended", "published", "carried", "withheld", "rejected", "persons"), rows)
