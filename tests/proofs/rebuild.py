"""Stores rebuilt from topics, compared with those that stages have made; then partners' topics read in other orders.

Publishes made-up people over the whole stack; stops resolve and consent; rebuilds both beside what is there (equal),
and with both stores removed; publishes more, which must end as the truth says. Then reads what partners have sent once
for each order, its partitions interleaved by a seed, and compares persons, consents and releases, record by record.
Prints one JSON object as its last line; exits 1 unless all are equal.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from deploy import demo_run
from deploy.ledger import LiveLedger
from deploy.population import generate
from deploy.stack import Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from partners.population import Population
from processors import names
from processors.consent import decide as consent
from processors.consent import receipts
from processors.consent.settle import Context
from processors.numbers import SENT, TAKEN
from processors.records import Arrival, Arrivals
from processors.resolve import decide as resolve
from processors.state import Memory, Working, canonical
from streams import positions
from streams.keyring import Keyring, read_or_make_secret
from streams.resolve import first, inputs, pseudonym_key_path
from streams.settings import Settings
from streams.store import Store, path_of

ROLES = ("resolve", "consent")
PHASES = ("history", "changes")
BATCH = 500
UNCOMPARED = {SENT, TAKEN, positions.LAST, "head", "clock", "count", receipts.TABLE, receipts.OPEN}
"""Tables of a state that tell of numbers, of the audit's order, of when the clock was read and of what came before."""
Content = dict[str, dict[str, bytes]]


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--orders", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-rebuild-") as folder:
        equal, orders = prove(Path(folder) / "data", asked.people, asked.orders)
    sys.stdout.write(json.dumps({"equal": equal, "orders": orders}) + "\n")
    return 0 if equal else 1


def prove(folder: Path, people: int, orders: int) -> tuple[bool, int]:
    """Whether all is equal, and in how many orders partners' topics were read."""
    made = generate(people, 7, decided_on=datetime.now(UTC).date())
    stack = Stack(Settings(data_dir=folder, portal_port=0, bootstrap=None))
    with (
        stack,
        Publisher(stack.bootstrap, demo_run.PARTNER) as publisher,
        closing(LiveLedger(stack.bootstrap)) as ledger,
    ):
        for phase in PHASES:
            demo_run.run_phase(stack, publisher, ledger, made.phases[phase], partial(_say, phase))
        is_rebuilt = _rebuilt(stack)
        ids, _ = demo_run.run_phase(stack, publisher, ledger, made.phases["trickle"], partial(_say, "trickle"))
        is_right = _as_the_truth(made, dict(ledger.catch_up().outcomes), ids)
        _stop(stack)
        sent = _sent(stack.bootstrap)
        contents = {role: _of_store(path_of(stack.data_dir, role)) for role in ROLES}
    with closing(Keyring(folder / "keys")) as keys:
        key = read_or_make_secret(pseudonym_key_path(stack.settings))
        records = contents["resolve"]["record"]
        found = [_in_an_order(sent, seed, keys, key, records) == contents for seed in range(orders)]
    print(f"rebuilt {is_rebuilt}, as the truth {is_right}, orders {found}", file=sys.stderr)  # noqa: T201
    return is_rebuilt and is_right and all(found), len(found)


def _say(phase: str, done: int) -> None:
    del phase, done


def _stop(stack: Stack) -> None:
    for role in ROLES:
        stack.stop(role)


def _rebuilt(stack: Stack) -> bool:
    """Both stages rebuilt, beside what is there and from nothing; then they go on."""
    _stop(stack)
    checked = [_command(stack, role, "--check")["equal"] for role in ROLES]
    for role in ROLES:
        shutil.rmtree(path_of(stack.data_dir, role))
        checked.append(_command(stack, role)["swapped"])
        stack.start(role)
    return checked == [True] * 4


def _command(stack: Stack, role: str, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "deploy", "rebuild", role, "--json", *more]
    done = subprocess.run(command, env=stack.environment(), capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def _as_the_truth(made: Population, outcomes: dict[str, str], ids: set[str]) -> bool:
    expected = made.truth.outcomes["trickle"]
    return bool(ids) and all(outcomes.get(event_id) == outcome for event_id, outcome in expected.items())


def _sent(bootstrap: str) -> list[Arrival]:
    """What partners and operators have sent, as it stands on the topics."""
    reader = TopicReader(bootstrap, inputs)
    with closing(reader):
        return list(reader.arrivals())


def _of_store(path: Path) -> Content:
    found: Content = {}
    with Store.open(path) as store:
        for table, key, value in store.content(UNCOMPARED):
            found.setdefault(table, {})[key] = canonical(value)
    return found


def _in_an_order(
    sent: Sequence[Arrival], seed: int, keys: Keyring, key: bytes, records: dict[str, bytes]
) -> dict[str, Content]:
    """States of both stages, where partitions are interleaved by a seed; what comes first still comes first.

    Each record begins with the seed that it has, as ``identity.records`` keeps it for every replay: it was made from
    the place where the record came first, which is another one in another order.
    """
    now = datetime.now(UTC)
    context = resolve.Context(key, keys, int(now.timestamp() * 1_000_000))
    states, log = {role: Memory() for role in ROLES}, list[Arrival]()
    tables = {role: set[str]() for role in ROLES}

    def step(role: str, decide: Any) -> list[Any]:
        working = Working(states[role])
        outs = decide(working)
        changes = working.changes()
        states[role].apply(changes)
        tables[role] |= changes.keys()
        return list(outs) if outs or not changes else [None]

    step("resolve", lambda state: _begin(state, records))
    for batch in _batches(_interleaved(sent, seed)):
        for out in step("resolve", lambda state, part=batch: resolve.decide(Arrivals.of(part), state, context)):
            if out is not None and out.topic == names.RESOLVED_EVENTS:
                headers = {"ce_id": out.id.encode()}
                log.append(Arrival(out.topic, 0, len(log), 0, out.key.encode(), out.value, headers))
    settled = Context(keys, 1)
    for batch in _batches(log):
        step("consent", lambda state, part=batch: consent.decide(Arrivals.of(part), state, settled))
    while step("consent", lambda state: consent.decide(Arrivals(), state, settled)):
        pass
    return {
        role: {
            table: {k: canonical(v) for k, v in rows}
            for table in sorted(tables[role] - UNCOMPARED)
            if (rows := states[role].scan(table, ""))
        }
        for role in ROLES
    }


def _begin(state: Working, records: dict[str, bytes]) -> list[Any]:
    """Records of which nothing is known but where they came first."""
    for record_key, value in records.items():
        row = orjson.loads(value)
        nothing = {
            "person": row["seed"],
            "events": [],
            "sealed": "",
            "age": "unknown",
            "attends": "nothing",
            "birthday": "",
        }
        state.put("record", record_key, {**row, **nothing})
    return []


def _interleaved(sent: Sequence[Arrival], seed: int) -> Iterator[Arrival]:
    chance = random.Random(seed)  # noqa: S311  # of an order
    partitions: dict[tuple[str, int], list[Arrival]] = {}
    for arrival in sent:
        partitions.setdefault((arrival.topic, arrival.partition), []).append(arrival)
    for is_first in (True, False):
        waiting = [iter(sorted(p, key=lambda a: a.offset)) for (topic, _), p in sorted(partitions.items())
                   if first(topic) is is_first]  # fmt: skip
        while waiting:
            source = chance.choice(waiting)
            taken = list(islice(source, chance.randrange(1, 50)))
            if not taken:
                waiting.remove(source)
            yield from taken


def _batches(arrivals: Any) -> Iterator[list[Arrival]]:
    batch: list[Arrival] = []
    for arrival in arrivals:
        batch.append(arrival)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


if __name__ == "__main__":
    sys.exit(main())
