"""recordlinkage on FEBRL 3 and 4: pairs that share a value, features of 0 and 1, weights by expectation-maximisation.

Run in an environment of its own (``recordlinkage-requirements.txt``): ``python -m
bench.identity.peers.with_recordlinkage --febrl3 FOLDER --febrl4 FOLDER``.
"""

import warnings
from functools import partial
from pathlib import Path

import pandas as pd
import recordlinkage
from recordlinkage import Compare, ECMClassifier
from recordlinkage.compare import Exact, String

from bench.identity.components import components
from bench.identity.peers.measured import Lap, main

BLOCKS = ("first_name", "last_name", "dob", "ssn", "zip", "address")
"""A pair that shares one of them is compared."""
FEATURES = (
    String("first_name", "first_name", method="jarowinkler", threshold=0.85),
    String("last_name", "last_name", method="jarowinkler", threshold=0.85),
    String("dob", "dob", method="damerau_levenshtein", threshold=0.85),
    String("ssn", "ssn", method="damerau_levenshtein", threshold=0.85),
    String("address", "address", method="jarowinkler", threshold=0.85),
    String("city", "city", method="jarowinkler", threshold=0.85),
    Exact("zip", "zip"),
)


def resolve(folder: Path, lap: Lap, *, linked: bool) -> dict[str, str]:
    """Cluster by record id.

    Args:
        folder: of the set.
        lap: ends a part of the work.
        linked: whether two sources without duplicates are linked; otherwise one source is searched for duplicates.
    """
    records = pd.read_csv(folder / "records.csv", dtype=str).set_index("record_id")
    sides = [side for _, side in records.groupby("source")] if linked else [records]
    lap("preparing")
    pairs = _pairs(sides)
    features = Compare(list(FEATURES)).compute(pairs, *sides)
    lap("comparing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a feature that all pairs of a value have gives log(0) on the way
        matches = ECMClassifier().fit_predict(features)
    clusters = components(records.index, matches)
    lap("classifying")
    return clusters


def _pairs(sides: list[pd.DataFrame]) -> pd.MultiIndex:
    indexer = recordlinkage.Index()
    for column in BLOCKS:
        indexer.block(column)
    return indexer.index(*sides)


if __name__ == "__main__":
    main({"febrl3": partial(resolve, linked=False), "febrl4": partial(resolve, linked=True)})
