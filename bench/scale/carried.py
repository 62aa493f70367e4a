"""Facts carried from partners' topics to the views, and what that takes."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil

from bench import made_up
from bench.carrying import MICROS, Level, Row, released, send, until
from bench.scale.systems import STAGES, Form, Size, System, system
from deploy.ledger import LiveLedger
from partners.client import Publisher


def carried(folder: Path, form: Form, size: Size) -> Row:
    """Set up who there is, have facts wait, then carry them; then, where there are sinks, those alone."""
    say(f"{form.sinks or 'no'} sinks, {'standbys, ' if form.standbys else ''}{size}")
    folder.mkdir()
    with system(folder, form, size) as ours, ExitStack() as held:
        publisher = held.enter_context(Publisher(ours.stack.bootstrap, made_up.PARTNER))
        level = held.enter_context(closing(Level(ours.stack.bootstrap, form.group)))
        _set_up(ours, publisher, level)
        kept, before = ours.bytes_kept(), released(ours.stack)
        if len(ours.acting) != len(STAGES):
            raise RuntimeError("who acts has changed meanwhile")
        with _at_rest(ours, "resolve"):
            _publish(ours, publisher, "fact")
            cpu, started = ours.cpu(), time.monotonic()
        until(ours.stack, level.is_reached)
        seconds, used = time.monotonic() - started, ours.cpu()
        releases, grown = released(ours.stack) - before, ours.bytes_kept()
        return {
            "events_per_second": round(size.events / seconds),
            "cpu_us_per_event": {k: round((v - cpu[k]) / size.events * MICROS, 1) for k, v in used.items()},
            "bytes_per_event": {k: round((v - kept.get(k, 0)) / size.events) for k, v in grown.items()},
            "releases_per_event": round(releases / size.events, 3),
            **({"sinks_alone": _alone(ours, publisher, level)} if form.sinks else {}),
        }


def _set_up(ours: System, publisher: Publisher, level: Level) -> None:
    size, ledger = ours.size, LiveLedger(ours.stack.bootstrap)
    people = made_up.setup(size.people, made_up.WATCHED, size.recipient_names, size.partner_names)
    for partner, family, rows in people:
        send(publisher, partner, family, rows)
    until(ours.stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    until(ours.stack, level.is_reached)
    ledger.close()


def _publish(ours: System, publisher: Publisher, what: str) -> None:
    """As many facts as asked for, each person's in turn, by the partner that knows the person."""
    size, partners = ours.size, ours.size.partner_names
    for place, partner in enumerate(partners):
        numbers = (n for n in range(size.events) if n % size.people % len(partners) == place)
        send(publisher, partner, "enrollment", (made_up.fact(n % size.people, f"{what} {n}", partner) for n in numbers))


@contextmanager
def _at_rest(ours: System, role: str) -> Iterator[None]:
    """The workers of a role stopped by a signal, so that what they would read waits."""
    processes = [psutil.Process(ours.stack.running[name].pid) for name in ours.of(role)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def _alone(ours: System, publisher: Publisher, level: Level) -> Row:
    """Releases that wait until sinks start: how fast they write, from their first batch on, and what that takes."""
    for name in ours.of("sink"):
        ours.stack.stop(name)
    before = released(ours.stack)
    _publish(ours, publisher, "more")
    until(ours.stack, lambda: level.behind("resolve") == 0 and level.behind("consent") == 0)
    until(ours.stack, lambda: level.behind("signals") == 0)
    releases, waiting, cpu = released(ours.stack) - before, level.behind(ours.form.group), ours.cpu()
    for name in ours.of("sink"):
        ours.stack.start(name)
    while level.behind(ours.form.group) >= waiting:
        time.sleep(0.01)
    left, started = level.behind(ours.form.group), time.monotonic()
    until(ours.stack, lambda: level.behind(ours.form.group) == 0)
    seconds, used = time.monotonic() - started, ours.cpu()
    writing = {name: used[name] - cpu.get(name, 0) for name in ("sink", "postgres")}
    return {
        "releases_per_second": round(releases * left / waiting / seconds),
        "cpu_us_per_release": {name: round(spent / releases * MICROS, 1) for name, spent in writing.items()},
    }


def say(line: str) -> None:
    """To whoever watches."""
    print(line, file=sys.stderr, flush=True)
