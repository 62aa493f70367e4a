"""``throughline status``: what runs, whether it is ready, how far it is behind, and what is not as it should be."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from confluent_kafka import KafkaException

from deploy import tables
from deploy.console import FAILED, waiting_for
from deploy.scrape import Seen, see
from deploy.stack import SERVE, WORKERS
from processors.counts import MODEL, OTHER, RIGHTS
from streams import clients, settings
from streams.health import noted

ROLES = (*WORKERS, SERVE)
SINK = "sink"
"""Only where views are in PostgreSQL: otherwise ``serve`` has it."""
LAG, LATE = "throughline_lag_events", "throughline_lag_seconds"
RATE_SECONDS = 1.0
BROKER_SECONDS = 5.0
LATE_SECONDS = 120.0
"""As in alerts.yml."""
QUIET_SECONDS = 172_800.0
"""As in alerts.yml."""
COUNTED = {MODEL: "records, each to be compared and moved", RIGHTS: "records"}
"""By sweep, what it goes over; else persons."""


@dataclass(frozen=True)
class Process:
    """One row of the table."""

    role: str
    address: str | None
    is_up: bool
    is_ready: bool
    lag_events: int | None
    """None, as the other figures: not known, since it or its broker does not answer."""
    lag_seconds: float | None
    records_per_second: float | None
    problems: tuple[str, ...]
    stopped: str | None
    """Why it stands still rather than skip or double something; None: it does not."""


@dataclass(frozen=True)
class Sweep:
    """Many people being decided again."""

    sweep: str
    done: int
    persons: int
    """In all; 0: not known."""


@dataclass(frozen=True)
class Status:
    """Everything that the command shows."""

    broker: str | None
    broker_problem: str | None
    processes: tuple[Process, ...]
    sweeps: tuple[Sweep, ...]
    dead_letters: dict[str, dict[str, int]]
    """By partner and code, since resolve was started."""
    quiet_partners: dict[str, float]
    """Seconds since each one's last event."""

    @property
    def problems(self) -> list[str]:
        """What is not as it should be."""
        found = [] if self.broker_problem is None else [f"broker: {self.broker_problem}"]
        found += _told_once(self.processes)
        found += [
            f"{partner}: quiet for {timedelta(seconds=round(seconds))}"
            for partner, seconds in self.quiet_partners.items()
        ]
        bugs = {
            partner: codes["internal_error"]
            for partner, codes in self.dead_letters.items()
            if "internal_error" in codes
        }
        return found + [f"{partner}: {count} events rejected by a bug of ours" for partner, count in bugs.items()]


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False) -> None:
    """What runs over the data directory, whether it is ready, and how far it is behind.

    Exit code 0: all is well; 1: something is not as it should be. In containers, where each process has a data
    directory of its own, ask Prometheus instead.

    Example: throughline status --json
    """
    chosen = settings.load()
    found = look(chosen.data_dir, settings.bootstrap_from_settings())
    if as_json:
        typer.echo(orjson.dumps({"ok": not found.problems, "problems": found.problems, **asdict(found)}))
    else:
        _show(found)
    if found.problems:
        raise typer.Exit(FAILED)


def look(data_dir: Path, bootstrap: str | None) -> Status:
    """Look at every process twice, a second apart, and at the broker."""
    names = _names(data_dir)
    before = [see(name, data_dir) for name in names]
    broker_problem = _broker_problem(bootstrap)
    began = time.monotonic()
    time.sleep(RATE_SECONDS)
    after = [see(name, data_dir) for name in names]
    seconds = time.monotonic() - began
    return judged(bootstrap, broker_problem, before, after, seconds, time.time())


def _names(data_dir: Path) -> list[str]:
    """The processes that there are or should be: of each role one, or those that have names of their own; and sinks."""
    of = {role: [n for n in noted(data_dir) if n == role or n.startswith(f"{role}-")] for role in (*ROLES, SINK)}
    return [name for role in ROLES for name in of[role] or [role]] + of[SINK]


def judged(
    bootstrap: str | None, broker_problem: str | None, before: Sequence[Seen], after: Sequence[Seen], seconds: float,
    now: float,
) -> Status:  # fmt: skip
    """What was seen, judged.

    Args:
        bootstrap: address of the broker.
        broker_problem: what is wrong with it.
        before: the processes at first.
        after: the same a little later.
        seconds: how much later.
        now: seconds since 1970.
    """
    can_measure = broker_problem is None
    processes = tuple(_process(b, a, seconds, can_measure=can_measure) for b, a in zip(before, after, strict=True))
    return Status(bootstrap, broker_problem, processes, tuple(_sweeps(after)), _dead_letters(after), _quiet(after, now))


def _told_once(processes: Sequence[Process]) -> list[str]:
    """Each fact once, with all the processes that it holds of."""
    roles: dict[str, list[str]] = defaultdict(list)
    for process in processes:
        for problem in process.problems:
            roles[problem].append(process.role)
    return [f"{', '.join(of)}: {problem}" for problem, of in roles.items()]


def _process(before: Seen, after: Seen, seconds: float, *, can_measure: bool) -> Process:
    name = "throughline_batch_records_sum"
    stopped = None if after.stopped is None else after.stopped.value
    if not after.is_up:
        problems = tuple(_problems(after, 0.0))
        return Process(after.role, after.address, False, False, None, None, None, problems, stopped)  # noqa: FBT003
    rate = max(0.0, after.total(name) - before.total(name)) / seconds if before.is_up else 0.0
    lag = int(after.total(LAG)) if can_measure and after.has(LAG) else None
    late = round(after.highest(LATE), 1) if can_measure and after.has(LATE) else None
    problems = tuple(_problems(after, late or 0.0))
    is_ready = not after.why_not_ready
    return Process(after.role, after.address, True, is_ready, lag, late, round(rate, 1), problems, stopped)  # noqa: FBT003


def _problems(seen: Seen, late: float) -> list[str]:
    if not seen.is_up and seen.noted is not None:
        return [f"has ended, after it had stopped at {seen.noted.at}: {_of(seen, seen.noted.line)}"]
    if seen.address is None:
        return ["not started, or stopped"]
    if not seen.is_up:
        return [f"does not answer on {seen.address}: killed, or hanging; see its log"]
    found = [_of(seen, why) for why in seen.why_not_ready]
    if late > LATE_SECONDS:
        found.append(f"the oldest record not read is {timedelta(seconds=round(late))} old")
    if missing := int(seen.total("throughline_missing_events")):
        found.append(f"{missing} records were removed by the broker before they were read")
    return found


def _of(seen: Seen, line: str) -> str:
    """A line without the name of its process, where that is said anyway."""
    return line.removeprefix(f"{seen.role}: ")


def _sweeps(seen: Sequence[Seen]) -> list[Sweep]:
    found = []
    for one in seen:
        for running in one.of("throughline_sweep_running"):
            if running.value:
                name = running.labels["sweep"]
                done = int(one.total("throughline_sweep_done_persons", sweep=name))
                found.append(Sweep(name, done, int(one.total("throughline_sweep_persons", sweep=name))))
    return found


def _dead_letters(seen: Sequence[Seen]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in seen:
        for sample in one.of("throughline_dead_letters_total"):
            if sample.value:
                found[sample.labels["partner"]][sample.labels["code"]] = int(sample.value)
    return dict(found)


def _quiet(seen: Sequence[Seen], now: float) -> dict[str, float]:
    arrived = [s for one in seen for s in one.of("throughline_partner_arrived_timestamp_seconds")]
    silent = {s.labels["partner"]: now - s.value for s in arrived if s.labels["partner"] != OTHER}
    return {partner: seconds for partner, seconds in sorted(silent.items()) if seconds > QUIET_SECONDS}


def _broker_problem(bootstrap: str | None) -> str | None:
    if bootstrap is None:
        return "none is known: set THROUGHLINE_BOOTSTRAP, or start one with `make demo`"
    try:
        with waiting_for(f"the broker at {bootstrap}"):
            clients.admin(bootstrap).list_topics(timeout=BROKER_SECONDS)
    except KafkaException:
        return f"does not answer on {bootstrap}"
    return None


def _show(found: Status) -> None:
    rows = []
    for p in found.processes:
        marks = ("yes" if p.is_up else "no", "yes" if p.is_ready else "no")
        figures = (p.lag_events, p.lag_seconds, p.records_per_second)
        rows.append((p.role, *marks, *("unknown" if figure is None else str(figure) for figure in figures)))
    tables.show(("process", "up", "ready", "lag", "lag, seconds", "records/s"), rows)
    typer.echo(f"broker: {found.broker_problem or f'answers on {found.broker}'}")
    for sweep in found.sweeps:
        what = COUNTED.get(sweep.sweep, "persons")
        typer.echo(f"sweep {sweep.sweep}: {sweep.done} of {sweep.persons or 'so far unknown'} {what}")
    for partner, codes in sorted(found.dead_letters.items()):
        typer.echo(f"dead letters of {partner}: {', '.join(f'{n} {code}' for code, n in sorted(codes.items()))}")
    typer.echo("all is well" if not found.problems else "not as it should be:")
    for problem in found.problems:
        typer.echo(f"  {problem}")
