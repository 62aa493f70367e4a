"""Splink on a set, in batches as it works: weights by expectation-maximisation, scored pairs, clusters of them.

Run in an environment of its own (``splink-requirements.txt``): ``python -m bench.identity.peers.with_splink --people
FOLDER --febrl3 FOLDER --febrl4 FOLDER``.
"""

import logging
from functools import partial
from pathlib import Path

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from bench.identity.peers import prepared
from bench.identity.peers.measured import Lap, main
from bench.identity.peers.splink_models import AGENCIES, FEBRL, Model

MEMORY = "6GB"
RANDOM_PAIRS = 5e6
"""From which u probabilities are estimated."""
SEED = 7


def resolve(model: Model, folder: Path, lap: Lap) -> dict[str, str]:
    """Cluster by record id."""
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    prepared.prepare(connection, folder)
    lap("preparing")
    linker = Linker(
        DuckDBAPI(connection=connection).register(prepared.TABLE), _settings(model), log_level=logging.ERROR
    )
    _train(linker, model)
    lap("training")
    scored = linker.inference.predict(threshold_match_weight=model.match_weight)
    made = linker.clustering.cluster_pairwise_predictions_at_threshold(
        scored, threshold_match_weight=model.match_weight
    )
    clusters = dict(made.as_duckdbpyrelation().select("record_id, cluster_id").fetchall())
    lap("predicting")
    return clusters


def _settings(model: Model) -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=list(model.blocking),
        retain_matching_columns=False,
    )


def _train(linker: Linker, model: Model) -> None:
    training = linker.training
    training.estimate_probability_two_random_records_match(list(model.certain), recall=model.certain_recall)
    training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for block in model.training:
        training.estimate_parameters_using_expectation_maximisation(block, estimate_without_term_frequencies=True)


if __name__ == "__main__":
    febrl = partial(resolve, FEBRL)
    main({"people": partial(resolve, AGENCIES), "febrl3": febrl, "febrl4": febrl})
