"""The whole pipeline on this machine: partner topic to case view, on the real broker, with every stage a process.

Facts of known records, under consent and caseload: 5 recipients, 1.5 releases a fact, 10 % withheld. Signals run beside
it, at a lower priority; their rate and lag are told. Prints one JSON object as its last line. Run: ``make bench``
(``EVENTS=…`` for another size).
"""

import argparse
import functools
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import TopicPartition

from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import percentile
from deploy.ledger import LiveLedger
from deploy.processes import read_record
from deploy.stack import Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from portal.sign_in import make_sign_in_link
from processors import names
from schemas_avro import catalog
from streams import clients
from streams.settings import Settings
from streams.sink import READ

Row = dict[str, Any]
PARTNER = "bench_college"
RECIPIENTS = tuple(f"bench_recipient_{n}" for n in range(1, 6))
FACTS_A_PERSON = 20
MANAGER = "cm-bench"
WATCHED = 20
"""Persons on the caseload whose latency is measured."""
LATENCY_EVENTS = 200
PER_SECOND = 200
PURPOSE = "benchmark"
MICROS = 1_000_000


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder, ExitStack() as held:
        chosen = _settings(Path(folder))
        stack = held.enter_context(Stack(chosen, _say))
        print(json.dumps(_measure(stack, events, held)))


def _measure(stack: Stack, events: int, held: ExitStack) -> Row:
    people = max(WATCHED * 2, events // FACTS_A_PERSON)
    ledger = LiveLedger(stack.bootstrap)
    publisher = held.enter_context(Publisher(stack.bootstrap, PARTNER))
    _say(f"setting up {people} people")
    for partner, family, rows in _setup(people):
        _send(publisher, partner, family, rows)
    _until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    level = held.enter_context(closing(Level(stack.bootstrap)))
    _until(stack, level.is_reached)
    _say(f"publishing {events} facts")
    released, cpu, watched = _released(stack), _cpu(stack), level.read_by("signals")
    started = time.monotonic()
    _send(publisher, PARTNER, "enrollment", _facts(people, events))
    published = time.monotonic() - started
    _until(stack, level.is_reached)
    seconds = time.monotonic() - started
    used = {role: (_cpu(stack)[role] - before) / events * MICROS for role, before in cpu.items()}
    signals_read, signals_behind = level.read_by("signals") - watched, level.behind("signals")
    _until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    outcomes = ledger.book.outcomes
    facts = [event_id(f"fact {n}") for n in range(events)]
    withheld = sum(outcomes[e] == "withheld" for e in facts)
    releases = _released(stack) - released
    _say("measuring latency")
    latencies = _latencies(stack, publisher, held, people)
    return {
        "pipeline_events_per_second": round(events / seconds),
        "latency_ms": {"p50": percentile(latencies, 50), "p99": percentile(latencies, 99)},
        "latency_events_per_second": PER_SECOND,
        "cpu_us_per_event": {
            "resolve": round(used["resolve"], 1), "consent": round(used["consent"], 1), "sink": round(used["serve"], 1),
            **{role: round(used[role], 1) for role in ("signals", "kafka", "publisher")},
        },
        "signals": {"releases_per_second": round(signals_read / seconds), "behind_at_the_end": signals_behind},
        "events": events,
        "recipients": len(RECIPIENTS),
        "releases_per_event": round(releases / events, 3),
        "withheld_share": round(withheld / events, 3),
        "publish_seconds": round(published, 1),
        "cores": psutil.cpu_count(),
    }  # fmt: skip


def _settings(folder: Path) -> Settings:
    agreements, users = folder / "agreements", folder / "users.toml"
    agreements.mkdir()
    for name, text in _agreements():
        (agreements / f"{name}.toml").write_text(text)
    users.write_text(f'[[users]]\nid = "{MANAGER}"\nname = "Bench"\nrecipient = "{RECIPIENTS[0]}"\n')
    return Settings(data_dir=folder / "data", agreements_dir=agreements, users_file=users, portal_port=0)


def _agreements() -> Iterator[tuple[str, str]]:
    common = 'version = 1\ntitle = "Benchmark"\ncitation = "none"\neffective_from = 2020-01-01\n'
    families = '["identity", "enrollment", "consent"]'
    mou = f'agreement_id = "m"\ntier = "mou"\nparty = "{PARTNER}"\nfamilies = {families}\nconsent_for = ["{PARTNER}"]\n'
    yield "mou", mou + common
    for r in RECIPIENTS:
        yield (
            f"mou-{r}",
            f'agreement_id = "m-{r}"\ntier = "mou"\nparty = "{r}"\nfamilies = ["identity", "caseload"]\n' + common,
        )
        head = f'tier = "dsa"\nparty = "{r}"\n' + common
        own = f'[[grants]]\npartner_id = "{r}"\nfamily = "caseload"\ngroups = ["core"]\n'
        purpose = 'purpose = "own"\nbasis = "own_record"\nrelation = "organization"\n'
        yield f"own-{r}", f'agreement_id = "o-{r}"\n' + purpose + head + own
        grant = f'[[grants]]\npartner_id = "{PARTNER}"\nfamily = "enrollment"\ngroups = ["core", "progress"]\n'
        yield f"dsa-{r}", f'agreement_id = "d-{r}"\npurpose = "{PURPOSE}"\nbasis = "consent"\n' + head + grant


def recipients_of(person: int) -> tuple[str, ...]:
    """Of ten people: one is seen by nobody, three by one recipient, six by two: 1.5 releases a fact."""
    place = person % 10
    count = 0 if place == 0 else 1 if place <= 3 else 2
    return tuple(RECIPIENTS[(person // 10 + i) % len(RECIPIENTS)] for i in range(count))


def _setup(people: int) -> Iterator[tuple[str, str, list[Row]]]:
    """Who the people are, at the college and at the recipients that serve them; consents and caseloads."""
    yield PARTNER, "identity", [_identity(PARTNER, p) for p in range(people)]
    for r in RECIPIENTS:
        served = [p for p in range(people) if r in recipients_of(p)]
        yield r, "identity", [_identity(r, p) for p in served]
        first = served[:WATCHED]
        yield r, "caseload", [_caseload(r, p, MANAGER if p in first else "cm-other") for p in served]
    yield PARTNER, "consent", [_consent(p) for p in range(people) if recipients_of(p)]


def event_id(name: str) -> str:
    """The same UUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"throughline-bench/{name}"))


def _row(partner: str, family: str, person: int, name: str, **said: Any) -> Row:
    now = time.time_ns() // 1_000
    envelope: Row = {
        **_nothing("envelope"),
        "event_id": event_id(name), "event_type": f"{family}.recorded.v1", "schema_version": "1.0",
        "partner_id": partner, "source_record_id": name, "observed_at": now, "published_at": now,
        "operation": "assert", "subject_token": f"s{person}", "identifiers": [], "data_categories": [],
    }  # fmt: skip
    return {"envelope": envelope, "body": _nothing(f"families/{family}") | said}


@functools.cache
def _nothing(schema: str) -> Row:
    """Every field of a schema, null; never changed."""
    return {field["name"]: None for field in catalog.read(schema)["fields"]}


def _identity(partner: str, person: int) -> Row:
    names = {"first_name": f"Given{person}", "last_name": f"Family{person}", "birth_date": 10_000 + person % 5_000}
    contact = {"email": f"p{person}@example.org", "postal_code": "90001"}
    return _row(partner, "identity", person, f"identity {partner} {person}", **names, **contact)


def _caseload(recipient: str, person: int, manager: str) -> Row:
    said = {"case_manager_id": manager, "assignment_state": "assigned", "relation": "advisor"}
    return _row(recipient, "caseload", person, f"case {recipient} {person}", **said)


def _consent(person: int) -> Row:
    said: Row = {
        "consent_id": f"c{person}", "event_state": "given", "granted_by_role": "student", "controllers": [PARTNER],
        "records_covered": ["education"], "purposes": [PURPOSE], "recipients": list(recipients_of(person)),
        "given_at": time.time_ns() // 1_000,
    }  # fmt: skip
    return _row(PARTNER, "consent", person, f"consent {person}", **said)


def _fact(person: int, name: str) -> Row:
    said: Row = {
        "organization_id": "00123400", "organization_id_system": "OPEID", "enrollment_status": "currently_enrolled",
        "entry_date": 20_000, "term_id": "265", "enrollment_intensity": "full_time", "unit_type": "semester",
        "units_attempted_hundredths": 1_500, "units_earned_hundredths": 1_200, "gpa_term_ten_thousandths": 31_250,
        "cip_code": "11.0701", "cip_version": "2020",
    }  # fmt: skip
    return _row(PARTNER, "enrollment", person, name, **said)


def _facts(people: int, events: int) -> Iterator[Row]:
    return (_fact(n % people, f"fact {n}") for n in range(events))


def _send(publisher: Publisher, partner: str, family: str, rows: Any) -> None:
    publisher.partner_id = partner
    publisher.publish_many(rows, family)
    publisher.flush()


def _until(stack: Stack, done: Any) -> None:
    while not done():
        stack.check()
        time.sleep(0.5)  # each look asks the broker for the ends of all partitions


class Level:
    """How far the stages are, by the offsets of their groups: asking costs them next to nothing."""

    READS = {  # noqa: RUF012  # a table, never changed
        "resolve": lambda topic: topic.startswith("partner.") or topic == names.AGREEMENTS,
        "consent": lambda topic: topic == names.RESOLVED_EVENTS,
        "case-views": lambda topic: topic.startswith(READ),
        "signals": lambda topic: topic.startswith("released."),
    }

    def __init__(self, bootstrap: str) -> None:
        """Ask this broker."""
        self._groups = {group: clients.consumer(bootstrap, group) for group in self.READS}

    def close(self) -> None:
        """Let go of it."""
        for group in self._groups.values():
            group.close()

    def is_reached(self) -> bool:
        """Whether all that was published stands in the views; asked in the order of the way."""
        return all(self.behind(group) == 0 for group in ("resolve", "consent", "case-views"))

    def behind(self, group: str) -> int:
        """Offsets that a group has yet to read; the last of a partition may be a transaction's marker."""
        ends = {place: self._groups[group].get_watermark_offsets(place, timeout=10)[1] for place in self._places(group)}
        committed = {(p.topic, p.partition): p.offset for p in self._groups[group].committed(list(ends), 10)}
        left = (end - max(committed[place.topic, place.partition], 0) for place, end in ends.items())
        return sum(n for n in left if n > 1)

    def read_by(self, group: str) -> int:
        """Offsets that a group has read."""
        return sum(max(p.offset, 0) for p in self._groups[group].committed(self._places(group), 10))

    def _places(self, group: str) -> list[TopicPartition]:
        topics = self._groups[group].list_topics(timeout=10).topics
        return [TopicPartition(n, p) for n, topic in topics.items() if self.READS[group](n) for p in topic.partitions]


def _released(stack: Stack) -> int:
    """Releases in the topics: counted one by one, since offsets count markers and ticks too."""
    reader = TopicReader(stack.bootstrap, lambda topic: topic.startswith("released."))
    count = sum(a.key != b"clock" for a in reader.arrivals())
    reader.close()
    return count


def _cpu(stack: Stack) -> dict[str, float]:
    """CPU seconds by role so far; of the broker too, and of this script, which publishes."""
    pids = {role: started.pid for role, started in stack.running.items()}
    pids |= {started.role: started.pid for started in read_record(stack.data_dir / "kafka" / "broker.json")}
    pids["publisher"] = os.getpid()
    used = {role: psutil.Process(pid).cpu_times() for role, pid in pids.items()}
    return {role: times.user + times.system for role, times in used.items()}


def _latencies(stack: Stack, publisher: Publisher, held: ExitStack, people: int) -> list[float]:
    """Milliseconds from handing an event to the producer until the portal's API has it, at a steady rate."""
    link = make_sign_in_link(stack.portal, portal_secret(stack.settings), MANAGER)
    reader = held.enter_context(Reader(link))
    watched = [p for p in range(people) if RECIPIENTS[0] in recipients_of(p)][:WATCHED]
    sent: dict[str, float] = {}
    found: list[float] = []
    started = time.perf_counter()
    publisher.partner_id = PARTNER
    while len(found) < LATENCY_EVENTS:
        number = len(sent)
        if number < LATENCY_EVENTS and time.perf_counter() >= started + number / PER_SECOND:
            name = f"late {number}"
            sent[event_id(name)] = time.perf_counter()
            publisher.publish_many([_fact(watched[number % len(watched)], name)], "enrollment")
        for seen in reader.changed() & sent.keys():
            found.append((time.perf_counter() - sent.pop(seen)) * 1_000)
            sent[f"done {seen}"] = 0.0
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
