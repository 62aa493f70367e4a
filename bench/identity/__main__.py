"""Who is who, by other engines: quality and speed of Splink, recordlinkage and GoldenMatch beside a known truth.

Run: ``make bench-identity``; ``ONLY=recordlinkage ROUNDS=1`` shows in some minutes that it works. Each peer runs in an
environment of its own. Prints one JSON object as its last line; ends with 1 where a peer failed.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.identity.comparison import ALL, Comparison


def main() -> None:
    """Run, and print the figures."""
    names = [peer.name for peer in ALL]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path, help="folder of a set of people: records.csv, truth.csv, people.csv")
    parser.add_argument("--rounds", type=int, default=5, help="of which speed is the median; quality is told once")
    parser.add_argument("--only", nargs="*", default=names, choices=names)
    parser.add_argument("--folder", type=Path, help="for the peers' environments, kept for the next time")
    asked = parser.parse_args()
    chosen = [peer for peer in ALL if peer.name in asked.only]
    with ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-bench-")))
        found = Comparison(chosen, asked.people and asked.people.resolve(), asked.rounds, folder.resolve()).compare()
    print(json.dumps(found))
    sys.exit(1 if found["failed"] else 0)


if __name__ == "__main__":
    main()
