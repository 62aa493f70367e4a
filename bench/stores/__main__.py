"""The store engines beside each other: one workload under the contract of ``streams/store.py``, durable at each commit.

Run: ``make bench-stores``; ``PERSONS=20000 ROUNDS=1`` shows in a minute that all of it works. Prints one JSON object as
its last line; ends with 1 where an engine has lost or halved what it had committed before kill -9.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.stores.comparison import Comparison
from bench.stores.table import CLASSES


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=3_000_000)
    parser.add_argument("--batches", type=int, default=30, help="of 1,000 events a round; of 10,000 a fifth as many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", nargs="*", default=list(CLASSES), choices=sorted(CLASSES))
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured; some 5 GB an engine")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-bench-", dir=asked.folder) as folder:
        found = Comparison(asked.engines, asked.persons, asked.batches, asked.rounds, Path(folder)).compare()
    print(json.dumps(found))
    sys.exit(1 if found["lost"] else 0)


if __name__ == "__main__":
    main()
