"""The whole stage beside its peers: CPU an event and events a second of the same job on the same bytes.

Run: ``make bench-stage``; ``EVENTS=20000 ROUNDS=1`` shows in a minute or two that all of it works. Prints one JSON
object as its last line; ends with 1 where an engine's output is wrong or there is none.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.stage.comparison import Comparison
from bench.stage.engines import ENGINES
from deploy.local_kafka import LocalKafka


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="of the fast engines; the slow get a share")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", nargs="*", default=[engine.name for engine in ENGINES])
    asked = parser.parse_args()
    chosen = [engine for engine in ENGINES if engine.name in asked.engines]
    with (
        tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder,
        LocalKafka(Path(folder) / "kafka") as kafka,
    ):
        found = Comparison(chosen, asked.events, asked.rounds, Path(folder)).compare(kafka.bootstrap)
    print(json.dumps(found))
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
