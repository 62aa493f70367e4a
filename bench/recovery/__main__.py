"""Recovery after kill -9 with the state of many persons, and memory while a backlog drains; the real worker consent.

Run: ``make bench-recovery``; ``PERSONS=2000 BACKLOG=2000`` shows in a minute or two that all of it works. Prints one
JSON object as its last line; ends with 1 where events were lost or doubled, or the lag grew.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.recovery import backlog, kills
from bench.recovery.place import Place


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--persons", type=int, default=3_000_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--rate", type=int, default=300, help="events a second while it is killed")
    parser.add_argument("--backlog", type=int, default=1_000_000, help="events; 0 leaves it out")
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured; some 8 GB")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="throughline-bench-", dir=asked.folder) as folder,
        Place(Path(folder), asked.persons, _say) as place,
    ):
        found = kills.measure(place, asked.kills, asked.rate, _say)
        if asked.backlog:
            found |= backlog.measure(place, asked.backlog, _say)
        found["rss_mb_max"] = round(place.rss_mb_max)
    print(json.dumps(found))
    is_right = not found["lost"] and not found["doubled"] and found.get("lag_monotone", True)
    sys.exit(0 if is_right else 1)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
