"""The made-up people are linked by the engine of resolve: nearly as whoever knew them would."""

import pytest

from deploy.population import Linkage, generate
from partners import population
from processors.resolve.quality import pairwise


def humans(people: int, seed: int) -> dict[str, str]:
    """Whose each record is."""
    alone = population.generate(people, seed, linked=lambda said: {label: label for label in said}).truth
    return {label: person.partition("-")[0] for label, person in alone.records["trickle"].items()}


@pytest.mark.parametrize("seed", [5, 7])
def test_hardly_a_record_is_given_to_another_human_and_few_are_missed(seed: int) -> None:
    found = generate(400, seed).truth.records["trickle"]
    quality = pairwise(found, humans(400, seed))
    assert quality.precision > 0.99
    assert quality.recall > 0.9


def test_the_same_records_have_the_same_persons_whatever_was_known_before() -> None:
    told = {}
    population.generate(60, 5, linked=lambda said: told.update(said) or {label: label for label in said})
    labels = list(told)
    some, linkage = {label: told[label] for label in labels[::2]}, Linkage()
    linkage(some)
    assert linkage(told) == Linkage()(told)
