"""Our engine: the real stage with its store, keyring, metrics and health, put together as a worker's."""

import argparse
import signal
import threading
from dataclasses import replace
from pathlib import Path

from bench.stage.columns import hashed, know_schemas
from bench.stage.job import EVENT, HASHED, IDS
from processors import counts
from processors.records import Arrival, Arrivals, Outs
from processors.state import Working
from schemas_avro import codec, wire
from streams import memory, telemetry
from streams.health import Health, served
from streams.keyring import Keyring
from streams.metrics import Metrics
from streams.settings import Settings
from streams.stage import Decide, Stage, StageParts
from streams.store import Store, path_of


def main() -> None:
    """Carry events until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bootstrap", "name", "source", "target", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--batch", type=int, required=True)
    asked = parser.parse_args()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    know_schemas()
    memory.prepare()
    chosen = Settings(data_dir=Path(asked.folder), batch_records=asked.batch)
    telemetry.configure(asked.name, chosen.data_dir / "logs", chosen.log_level)
    run(parts(asked.name, asked.source, asked.target, chosen), asked.bootstrap, chosen, stopping)


def run(made: StageParts, bootstrap: str, chosen: Settings, stopping: threading.Event) -> None:
    """Run the stage over a store and a keyring of its own."""
    keyring = Keyring(chosen.data_dir / "keys")
    with Store.open(path_of(chosen.data_dir, made.name)) as store:
        metrics = Metrics(made.name, made.pulse)
        stage = Stage(replace(made, after=(metrics.done,)), bootstrap, store, keyring)
        metrics.follow(stage.standings)
        with served(Health(made.name, made.pulse, metrics), chosen):
            stage.run(stopping)
        stage.close()
    keyring.close()


def parts(name: str, source: str, target: str, chosen: Settings) -> StageParts:
    """The stage that does the job from one topic to another."""
    return StageParts(
        name,
        lambda _topic: False,
        lambda topic: topic == source,
        decider(target),
        _reject,
        batch_records=chosen.batch_records,
        linger_seconds=chosen.linger_seconds,
    )


def decider(target: str) -> Decide:
    """The job as a stage's decision, on columns as far as its contract goes."""

    def decide(arrivals: Arrivals, state: Working) -> Outs:
        if not arrivals:
            return Outs()
        rows = codec.decode_own_columns(IDS[EVENT], wire.payloads_of(arrivals.values))
        payloads = codec.encode(IDS[HASHED], hashed(rows))
        ids = rows.column("event_id").to_pylist()
        state.count(counts.EVENTS, counts.OTHER, counts.CARRIED, counts.NONE, times=len(ids))
        keys = [(key or b"").decode() for key in arrivals.keys]
        return Outs.to([target] * len(ids), keys, wire.framed(IDS[HASHED], payloads), ids)

    return decide


def _reject(arrival: Arrival, state: Working) -> Outs:
    raise AssertionError(f"the job cannot be done at {arrival.position} ({state.counts})")


if __name__ == "__main__":
    main()
