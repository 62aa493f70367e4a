"""CPU of a record that changes persons, within one log and between two partitions of one; and of a tick.

The state is that of made-up people after all that was published of them; every record then moves to somebody else.
"""

import functools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import orjson
from simulation.partitioned import Consent, Waits, log_topic
from support.worlds import Kept

from bench.moves.whole import Watched
from processors.consent import decide as consent
from processors.consent.settle import Context
from processors.names import RESOLVED_EVENTS
from processors.partitions import partitions_of
from processors.records import Arrival, Arrivals, Outs
from processors.state import Changes, Working
from schemas_avro import catalog, codec, wire

PARTITIONS = 2
ROUNDS = 9
MICROS = 1_000_000


@dataclass
class Cost:
    """Microseconds of CPU a move, the fastest of some rounds."""

    one_log: float
    two_partitions: float
    """Of a move that crosses, both workers together."""
    tick: float
    """Of a minute's tick, which every partition would have."""


def cost(world: Watched, seed: int) -> Cost:
    """Move every record whose other person is of another partition."""
    found = [(_one_log(world, seed), _partitions(world, seed), _tick(world)) for _ in range(ROUNDS)]
    return Cost(*(round(min(figures), 1) for figures in zip(*found, strict=True)))


def _moves(world: Watched, seed: int) -> list[tuple[str, str, str]]:
    rows = {key: orjson.loads(raw)["person"] for key, raw in world.states["consent"].scan("record", "")}
    persons, chance = sorted(set(rows.values())), random.Random(seed)  # noqa: S311  # the same moves in every run
    wanted = [(key, person, chance.choice(persons)) for key, person in sorted(rows.items())]
    return [move for move in wanted if len(set(partitions_of(move[1:], PARTITIONS))) == PARTITIONS]


def _arrivals(world: Watched, seed: int, topic: str) -> Arrivals:
    schema_id = catalog.id_of("internal.records_moved.v1")
    rows = [
        {
            "move_id": f"move {key}", "caused_by_event_id": "cause",
            "moves": [{"record_key": key, "from_person_id": before, "to_person_id": after}],
        }
        for key, before, after in _moves(world, seed)
    ]  # fmt: skip
    values = codec.encode_rows(schema_id, rows)
    return Arrivals.of(
        Arrival(topic, 0, 1_000_000 + n, 0, b"", wire.frame(schema_id, value), {"ce_id": f"move {n}".encode()})
        for n, value in enumerate(values)
    )


def _one_log(world: Watched, seed: int) -> float:
    arrivals = _arrivals(world, seed, RESOLVED_EVENTS)
    context = Context(world.keys, 1)
    state = Working(world.states["consent"])
    seconds, _ = _timed(lambda: (consent.decide(arrivals, state, context), state.changes()))
    return seconds * MICROS / len(arrivals)


def _tick(world: Watched) -> float:
    ticks = [a for a in world.topics[RESOLVED_EVENTS] if catalog.catalog()[_schema_of(a)].family == "clock_ticked"]
    state, context = Working(world.states["consent"]), Context(world.keys, 1)
    seconds, _ = _timed(lambda: (consent.decide(Arrivals.of(ticks[-1:]), state, context), state.changes()))
    return seconds * MICROS


def _schema_of(arrival: Arrival) -> int:
    return wire.schema_id_of(arrival.value or b"") or 0


def _partitions(world: Watched, seed: int) -> float:
    """Every worker reads all moves; then those of each partition what has come from the other."""
    states, context, total, count = _split(world.states["consent"]), Context(world.keys, 1), 0.0, 0
    workers = [Consent(n, _partition_of, context, Waits.PERSONS) for n in range(PARTITIONS)]
    came: list[Outs] = []
    for number, worker in enumerate(workers):
        arrivals = _arrivals(world, seed, log_topic(number))
        count, outs = len(arrivals), _step(worker, arrivals, states[number])
        came.append(outs[1])
        total += outs[0]
    for number, worker in enumerate(workers):
        handed = [out for outs in came for out in outs if out.topic == f"handover.{number}"]
        rows = Arrivals.of(Arrival(o.topic, 0, n, 0, o.key.encode(), o.value, {}) for n, o in enumerate(handed))
        total += _step(worker, rows, states[number])[0]
    return total * MICROS / count


def _step(worker: Consent, arrivals: Arrivals, state: Kept) -> tuple[float, Outs]:
    working = Working(state)
    seconds, (outs, changes) = _timed(lambda: (worker.decide(arrivals, working), working.changes()))
    state.apply(changes)
    return seconds, outs


def _timed(act: Callable[[], tuple[Outs, Changes]]) -> tuple[float, tuple[Outs, Changes]]:
    began = time.process_time()
    found = act()
    return time.process_time() - began, found


@functools.cache  # a worker would ask for a batch's persons at once, as columns
def _partition_of(person: str) -> int:
    return partitions_of([person], PARTITIONS)[0]


def _split(whole: Kept) -> list[Kept]:
    """One worker's state as those of partitions: by person; what is of nobody in all of them."""
    tables = whole.everything()
    person_of = {key: orjson.loads(raw)["person"] for key, raw in tables["record"]}
    found = [Kept() for _ in range(PARTITIONS)]
    for name, rows in tables.items():
        for key, raw in rows:
            person = _person(name, key, person_of)
            for number in range(PARTITIONS) if person is None else [_partition_of(person)]:
                found[number].apply({name: {key: raw}})
    return found


def _person(table: str, key: str, person_of: dict[str, str]) -> str | None:
    if table == "person":
        return key
    record = {"record": key, "fact": key.partition("|")[0], "due": key.partition("|")[2]}.get(table, "")
    return person_of.get(record)
