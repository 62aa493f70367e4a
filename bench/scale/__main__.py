"""The stack past one machine, on this one: what several sinks, standbys and PostgreSQL bring and cost.

Facts of known records go from partners' topics to the views, as in ``make bench``: with the views in a file of the
portal's, in PostgreSQL with one sink and with three, and with three and two workers each for resolve and consent. They
wait before the time is taken. Then releases wait while no sink runs, and sinks alone write them. ``cpu_us_per_event``
is of the last form; ``postgres_share`` is PostgreSQL's part of all CPU in the form with three sinks.

With ``--grow`` the last form at three sizes each of events, persons, recipients and partners: half an hour or more.
All processes share this machine's cores: where they are few, more sinks carry no more, and the CPU an event is what
tells how many cores it takes. Prints one JSON object as its last line.
Run: ``make bench-scale`` (EVENTS, ROUNDS, GROW=1).
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil

from bench import made_up
from bench.carrying import Row
from bench.scale.carried import carried
from bench.scale.systems import Form, Size

FORMS = {"file": Form(0), "1": Form(1), "3": Form(3), "3 with standbys": Form(3, standbys=True)}
WHOLE = "3 with standbys"
SIZES = {"events": (1, 3, 9), "people": (1, 5, 25), "recipients": (1, 4, 12), "partners": (1, 4, 16)}
"""Times the least of each."""


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=1, help="of all forms in turn; medians are told")
    parser.add_argument("--grow", action="store_true", help="at three sizes of everything, too")
    asked = parser.parse_args()
    size = Size(asked.events, max(made_up.WATCHED * 2, asked.events // made_up.FACTS_A_PERSON))
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder:
        rounds = [
            {name: carried(Path(folder) / f"{name} {n}", form, size) for name, form in FORMS.items()}
            for n in range(asked.rounds)
        ]
        found = {name: _median([one[name] for one in rounds]) for name in FORMS}
        growth = _grown(Path(folder), size) if asked.grow else {}
    spent = found["3"]["cpu_us_per_event"]
    document = {
        "events_per_second": {name: found[name]["events_per_second"] for name in FORMS},
        "sinks_alone": {name: found[name]["sinks_alone"] for name in ("1", "3")},
        "cpu_us_per_event": found[WHOLE]["cpu_us_per_event"],
        "cpu_us_per_event_without_standbys": spent,
        "postgres_share": round(spent["postgres"] / sum(spent.values()), 3),
        "bytes_per_event": found[WHOLE]["bytes_per_event"],
        "events": asked.events,
        "cores": psutil.cpu_count(),
        **({"growth": growth} if growth else {}),
    }
    print(json.dumps(document))


def _grown(folder: Path, least: Size) -> Row:
    """The whole at other sizes, each of one thing."""
    found: Row = {}
    for what, times in SIZES.items():
        for each in times:
            size = replace(least, **{what: getattr(least, what) * each})
            found.setdefault(what, {})[str(getattr(size, what))] = carried(
                folder / f"{what} {each}", FORMS[WHOLE], size
            )
    return found


def _median(rows: Sequence[Row]) -> Row:
    """Of each figure, over rows that have the same."""
    return {
        name: _median([row[name] for row in rows]) if isinstance(value, dict) else statistics.median(
            row[name] for row in rows
        )
        for name, value in rows[0].items()
    }  # fmt: skip


if __name__ == "__main__":
    main()
