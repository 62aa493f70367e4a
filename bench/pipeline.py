"""The whole pipeline on this machine: partner topic to case view, on the real broker, with every stage a process.

Facts of known records, under consent and caseload: 5 recipients, 1.5 releases a fact, 10 % withheld. They wait in the
partner's topic before the time is taken: publishing is the work of partners' machines, and is told apart. Signals run
beside it, at a lower priority; their rate and lag are told. Prints one JSON object as its last line.
Run: ``make bench`` (``EVENTS=…`` for another size).
"""

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil

from bench import made_up
from bench.carrying import Level, Row, cpu_seconds, released, send, settings, until, used_since
from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import percentile
from deploy.ledger import LiveLedger
from deploy.stack import Stack
from partners.client import Publisher
from portal.sign_in import make_sign_in_link

LATENCY_EVENTS = 200
PER_SECOND = 200


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder, ExitStack() as held:
        chosen = settings(Path(folder))
        stack = held.enter_context(Stack(chosen, _say))
        print(json.dumps(_measure(stack, events, held)))


def _measure(stack: Stack, events: int, held: ExitStack) -> Row:
    people = max(made_up.WATCHED * 2, events // made_up.FACTS_A_PERSON)
    ledger = LiveLedger(stack.bootstrap)
    publisher = held.enter_context(Publisher(stack.bootstrap, made_up.PARTNER))
    _say(f"setting up {people} people")
    for partner, family, rows in made_up.setup(people):
        send(publisher, partner, family, rows)
    until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    level = held.enter_context(closing(Level(stack.bootstrap)))
    until(stack, level.is_reached)
    _say(f"publishing {events} facts")
    before, published = released(stack), _publish(stack, publisher, people, events)
    _say("they go through")
    cpu, watched = cpu_seconds(stack), level.read_by("signals")
    started = time.monotonic()
    psutil.Process(stack.running["resolve"].pid).resume()
    until(stack, level.is_reached)
    seconds = time.monotonic() - started
    used = used_since(cpu, stack, events)
    signals_read, signals_behind = level.read_by("signals") - watched, level.behind("signals")
    until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    outcomes = ledger.book.outcomes
    facts = [made_up.event_id(f"fact {n}") for n in range(events)]
    withheld = sum(outcomes[e] == "withheld" for e in facts)
    releases = released(stack) - before
    _say("measuring latency")
    latencies = _latencies(stack, publisher, held, people)
    return {
        "pipeline_events_per_second": round(events / seconds),
        "latency_ms": {"p50": percentile(latencies, 50), "p99": percentile(latencies, 99)},
        "latency_events_per_second": PER_SECOND,
        "cpu_us_per_event": {
            "resolve": used["resolve"], "consent": used["consent"], "sink": used["serve"],
            "signals": used["signals"], "kafka": used["kafka"],
        },
        "publishing": published,
        "signals": {"releases_per_second": round(signals_read / seconds), "behind_at_the_end": signals_behind},
        "events": events,
        "recipients": len(made_up.RECIPIENTS),
        "releases_per_event": round(releases / events, 3),
        "withheld_share": round(withheld / events, 3),
        "cores": psutil.cpu_count(),
    }  # fmt: skip


def _publish(stack: Stack, publisher: Publisher, people: int, events: int) -> Row:
    """Publish the facts while resolve rests; what that costs. Resolve is left at rest."""
    psutil.Process(stack.running["resolve"].pid).suspend()
    cpu, started = cpu_seconds(stack), time.monotonic()
    send(publisher, made_up.PARTNER, "enrollment", made_up.facts(people, events))
    used, rate = used_since(cpu, stack, events), round(events / (time.monotonic() - started))
    return {"events_per_second": rate, "cpu_us_per_event": {role: used[role] for role in ("publisher", "kafka")}}


def _latencies(stack: Stack, publisher: Publisher, held: ExitStack, people: int) -> list[float]:
    """Milliseconds from handing an event to the producer until the portal's API has it, at a steady rate."""
    link = make_sign_in_link(stack.portal, portal_secret(stack.settings), made_up.MANAGER)
    reader = held.enter_context(Reader(link))
    watched = [p for p in range(people) if made_up.RECIPIENTS[0] in made_up.recipients_of(p)][: made_up.WATCHED]
    sent: dict[str, float] = {}
    found: list[float] = []
    started = time.perf_counter()
    publisher.partner_id = made_up.PARTNER
    while len(found) < LATENCY_EVENTS:
        number = len(sent)
        if number < LATENCY_EVENTS and time.perf_counter() >= started + number / PER_SECOND:
            name = f"late {number}"
            sent[made_up.event_id(name)] = time.perf_counter()
            publisher.publish_many([made_up.fact(watched[number % len(watched)], name)], "enrollment")
        for seen in reader.changed() & sent.keys():
            found.append((time.perf_counter() - sent.pop(seen)) * 1_000)
            sent[f"done {seen}"] = 0.0
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
