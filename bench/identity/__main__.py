"""Who is who: quality and speed of our engine, and of Splink, recordlinkage and GoldenMatch, beside a known truth.

Run: ``make bench-identity``; ``ONLY=ours ROUNDS=1 RECORDS=100000 SHUFFLES=1`` shows in minutes that it works. Each peer
runs in an environment of its own. Prints one JSON object as its last line; ends with 1 where one of them failed, or
an order of arrival made a difference.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.identity import ours
from bench.identity.comparison import ALL, Comparison
from bench.identity.programs import Figures


def main() -> None:
    """Run, and print the figures."""
    names = [peer.name for peer in ALL]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path, help="folder of a set of people: records.csv, truth.csv, people.csv")
    parser.add_argument("--rounds", type=int, default=5, help="of which speed is the median; quality is told once")
    parser.add_argument("--only", nargs="*", default=names, choices=names)
    parser.add_argument("--records", type=int, default=ours.SIZES[-1], help="made-up, of the largest of our stores")
    parser.add_argument("--shuffles", type=int, default=20, help="of the people's records, each entered by itself")
    parser.add_argument("--folder", type=Path, help="for environments and sets, kept for the next time")
    asked = parser.parse_args()
    chosen = [peer for peer in ALL if peer.name in asked.only]
    asked.people = asked.people and asked.people.resolve()
    with ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-bench-")))
        asked.folder = folder.resolve()
        found = Comparison(chosen, asked.people, asked.rounds, asked.folder).compare()
        if ours.NAME in asked.only:
            found = _ours(found, asked)
    print(json.dumps(found))
    sys.exit(1 if found["failed"] or found.get("orders_differing") else 0)


def _ours(found: Figures, asked: argparse.Namespace) -> Figures:
    """Our figures at the top, the others' as those of peers."""
    told = found["peers"].pop(ours.NAME)
    more: Figures = {"new_records_per_cpu_second": None, "rss_mb_max": None, "orders_differing": None}
    try:
        more |= ours.growth(asked.folder / "sets", asked.records, asked.rounds)
        if asked.people is not None:
            more["orders_differing"] = ours.orders_differing(asked.people, asked.shuffles, asked.folder / "orders")
    except RuntimeError as error:
        found["failed"].setdefault(ours.NAME, str(error))
    return {**ours.headlines(told), **more, **found, ours.NAME: told}


if __name__ == "__main__":
    main()
