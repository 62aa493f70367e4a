"""The job in Quix Streams, exactly once; run in an environment of its own (`quix-requirements.txt`)."""

import argparse

from quixstreams import Application

from bench.stage.job import by_rows


def main() -> None:
    """Carry events until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bootstrap", "name", "source", "target", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--commit-seconds", type=float, required=True)
    asked = parser.parse_args()
    app = Application(
        asked.bootstrap,
        consumer_group=asked.name,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=asked.commit_seconds,
        producer_extra_config={"compression.type": "lz4"},
        state_dir=asked.folder,
        loglevel="WARNING",
        auto_create_topics=False,
    )
    raw = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    out = {"key_serializer": "bytes", "value_serializer": "bytes"}
    events = app.dataframe(app.topic(asked.source, **raw))
    events.apply(by_rows()).to_topic(app.topic(asked.target, **out))
    app.run()


if __name__ == "__main__":
    main()
