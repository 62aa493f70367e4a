"""The job as a plain Faust agent, at least once: its exactly_once loses records (`docs/decisions`)."""

import argparse
from pathlib import Path
from typing import Any

import faust

import streams.faust_app  # noqa: F401  # opens lz4, which aiokafka alone does not
from bench.stage.job import by_rows


def main() -> None:
    """Carry events until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bootstrap", "name", "source", "target", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--commit-seconds", type=float, required=True)
    asked = parser.parse_args()
    app = faust.App(
        asked.name,
        broker=f"kafka://{asked.bootstrap}",
        autodiscover=False,
        datadir=Path(asked.folder),
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=asked.commit_seconds,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    source, target = (_raw(app, topic) for topic in (asked.source, asked.target))
    work = by_rows()

    async def carry(events: Any) -> None:
        async for event in events.events():
            await target.send(key=event.key, value=work(event.value))

    app.agent(source)(carry)
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()


def _raw(app: faust.App, topic: str) -> Any:
    return app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


if __name__ == "__main__":
    main()
