"""How fast new records are entered while the store grows: one run over one file, measured before each size is reached.

Run: ``python -m bench.identity.growth --records records.csv --sizes 100000 1000000``. CPU is that of the whole process,
all threads of it, reading the file too; one JSON object as its last line.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from deploy.identity.engine import Engine
from deploy.identity.evaluation import KEY
from deploy.identity.files import Row, batches, rows_of
from processors.resolve.matching.model import shipped
from streams import memory
from streams.store import Store

BATCH = 5_000
MEASURED = 50_000
"""Records before a size is reached, of which its rate is told."""


def main() -> None:
    """Run, and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    asked = parser.parse_args()
    memory.prepare()  # as workers do
    print(json.dumps(rates(asked.records, asked.sizes)))


def rates(records: Path, sizes: Sequence[int]) -> dict[str, int]:
    """Records a CPU second by size.

    Args:
        records: CSV file with at least as many records as the largest size.
        sizes: of the store, in records.

    Raises:
        ValueError: the file has fewer.
    """
    found = {}
    with (
        tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder,
        Store.open(Path(folder) / "store") as store,
    ):
        engine, rows, held = Engine(store, shipped(), KEY), rows_of(records, ("record_id",)), 0
        for size in sorted(sizes):
            measured = min(MEASURED, size - held)
            _enter(engine, rows, size - held - measured)
            began = time.process_time()
            _enter(engine, rows, measured)
            found[str(size)] = round(measured / (time.process_time() - began))
            held = size
            print(f"{size:,} records: {found[str(size)]:,} a CPU second", file=sys.stderr, flush=True)
    return found


def _enter(engine: Engine, rows: Iterator[Row], count: int) -> None:
    entered = 0
    for part in batches(islice(rows, count), BATCH):
        engine.take(part)
        entered += len(part)
    if entered < count:
        raise ValueError(f"the file has {count - entered} records too few")


if __name__ == "__main__":
    main()
