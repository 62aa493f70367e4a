"""Our engine: what ``throughline identity evaluate`` tells, of every set; of people, all of it sent once more too.

``people`` and FEBRL: with a model that is trained on the set itself, without its truth, before the first record is
entered; ``shipped``: with the model that is shipped. Speed is that of entering, without training. Run: ``python -m
bench.identity.peers.with_ours --people FOLDER --shipped FOLDER --febrl3 FOLDER --febrl4 FOLDER``.
"""

import argparse
import json
from pathlib import Path

from bench.identity import sets
from deploy.identity.evaluation import Figures, Plan, evaluate
from deploy.identity.files import source_of
from processors.resolve.matching.model import shipped
from streams import memory

SETS = ("people", "shipped", "febrl3", "febrl4")


def main() -> None:
    """Evaluate on the sets named on the command line; one JSON object as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in SETS:
        parser.add_argument(f"--{name}", type=Path)
    asked = vars(parser.parse_args())
    memory.prepare()  # as workers do
    found: Figures = {}
    for name in SETS:
        if asked[name] is not None:
            found |= {f"{name}_{what}": figure for what, figure in _figures(name, asked[name]).items()}
    print(json.dumps(found))


def _figures(name: str, folder: Path) -> Figures:
    model = shipped() if name == "shipped" else None
    people = sets.people(folder)
    plan = Plan(
        source_of(folder / "records.csv", folder / "truth.csv"),
        model,
        sends_again=name == "people",
        people=(lambda: people) if people else None,
    )
    return evaluate(plan, lambda *_: None).figures


if __name__ == "__main__":
    main()
