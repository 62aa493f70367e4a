"""How fast new records are entered into a store that has a whole population but for the last tenth of its records.

Run: ``python -m bench.identity.growth --records records.csv``. CPU is that of the whole process, all threads of it,
reading the file too; one JSON object as its last line.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from deploy.identity.engine import Engine
from deploy.identity.evaluation import KEY, rss_mb_max
from deploy.identity.files import Row, batches, rows_of
from processors.resolve.matching.model import shipped
from streams import memory
from streams.store import Store

BATCH = 5_000
MEASURED = 10
"""One in so many records is measured, the last ones: stores of every size are asked about alike, most of whose persons
are known."""


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, required=True)
    asked = parser.parse_args()
    memory.prepare()  # as workers do
    print(json.dumps(measured(asked.records)))


def measured(records: Path) -> dict[str, int]:
    """Records a CPU second among the last tenth, and the most memory until then in mebibytes.

    Args:
        records: CSV file in order of arrival.

    Raises:
        ValueError: the file has fewer than ten records.
    """
    size = sum(1 for _ in rows_of(records, ("record_id",)))
    if size < MEASURED:
        raise ValueError(f"{records.name} has {size} records; it needs {MEASURED} or more")
    last = size // MEASURED
    with (
        tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder,
        Store.open(Path(folder) / "store") as store,
    ):
        engine, rows = Engine(store, shipped(), KEY), rows_of(records, ("record_id",))
        _enter(engine, islice(rows, size - last))
        began = time.process_time()
        _enter(engine, rows)
        rate = round(last / (time.process_time() - began))
    return {"records_per_cpu_second": rate, "rss_mb_max": rss_mb_max()}


def _enter(engine: Engine, rows: Iterator[Row]) -> None:
    for part in batches(rows, BATCH):
        engine.take(part)


if __name__ == "__main__":
    main()
