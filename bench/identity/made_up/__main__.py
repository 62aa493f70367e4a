"""Write a set of made-up records: ``python -m bench.identity.made_up --records 100000 --seed 1 --out FOLDER``."""

import argparse
import sys
from pathlib import Path

from bench.identity.made_up.writing import write


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder; records.csv, truth.csv, people.csv")
    asked = parser.parse_args()
    write(asked.out, asked.records, asked.seed, lambda count: print(f"{count:,} records", file=sys.stderr, flush=True))


if __name__ == "__main__":
    main()
