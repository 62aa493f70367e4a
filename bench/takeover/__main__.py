"""How long nobody acts when the acting worker of a stage is killed while another stands by; and that both are the same.

Consent: a store is filled with many persons like one whom resolve and consent really decided; its worker acts by a
lease and tells its changelog. Resolve: it enters as many records as asked for. Of each, a second worker follows, events
are published at a rate. Then again and again: kill -9 of whoever acts; the time until an event that came after it is
decided; the dead one started again, and waited for until it has the same state. In the end both stores are compared row
by row.

Run: ``make takeover-test``; ``PERSONS=2000 RECORDS=2000 KILLS=3`` shows in minutes that it works. Prints one JSON
object as its last line; ends with 1 where events were lost or doubled, or the stores differ.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.takeover.scenes import ConsentScene, ResolveScene
from bench.takeover.turns import killed_in_turn


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--persons", type=int, default=1_000_000, help="in consent's store")
    parser.add_argument("--records", type=int, default=100_000, help="that resolve enters")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rate", type=int, default=100, help="events a second")
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured; some 6 GB")
    asked = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory(prefix="throughline-takeover-", dir=asked.folder) as folder:
        for name, made, size in (("resolve", ResolveScene, asked.records), ("consent", ConsentScene, asked.persons)):
            (Path(folder) / name).mkdir()
            with made(Path(folder) / name, size, asked.rate) as scene:  # type: ignore[abstract]
                found[name] = killed_in_turn(scene, asked.kills)
    document = {
        "takeover_s": {name: one.pop("takeover_s") for name, one in found.items()},
        "persons": asked.persons,
        "records": asked.records,
        "kills": asked.kills,
        "lost": sum(one["lost"] for one in found.values()),
        "doubled": sum(one["doubled"] for one in found.values()),
        "equal": all(one["equal"] for one in found.values()),
        "of_each": {name: one["of_each"] for name, one in found.items()},
    }
    print(json.dumps(document))
    sys.exit(0 if document["equal"] and not document["lost"] and not document["doubled"] else 1)


if __name__ == "__main__":
    main()
