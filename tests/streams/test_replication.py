"""Replication: what fits the cluster where nothing is set; what it cannot do is refused with the remedy."""

import pytest

from streams.errors import ThroughlineError
from streams.replication import FACTOR, MIN_INSYNC, Replication, Wanted


@pytest.mark.parametrize(("brokers", "factor", "min_insync"), [(1, 1, 1), (2, 2, 2), (3, 3, 2), (9, 3, 2)])
def test_topics_are_made_with_what_fits_the_cluster(brokers: int, factor: int, min_insync: int) -> None:
    assert Wanted().fitting(brokers) == Replication(factor, min_insync)


def test_what_is_set_wins_and_the_other_fits_it() -> None:
    assert Wanted(factor=1).fitting(3) == Replication(1, 1)
    assert Wanted(factor=5).fitting(5) == Replication(5, 2)
    assert Wanted(min_insync=1).fitting(3) == Replication(3, 1)
    assert Wanted(5, 3).fitting(5) == Replication(5, 3)


@pytest.mark.parametrize(
    ("wanted", "brokers", "line"),
    [
        (
            Wanted(factor=3), 1,
            f"{FACTOR} is 3, and 1 broker answers: start the others, or set it to 1 at most",
        ),
        (
            Wanted(5, 3), 3,
            f"{FACTOR} is 5, and 3 brokers answer: start the others, or set it to 3 at most",
        ),
        (
            Wanted(min_insync=2), 1,
            f"{MIN_INSYNC} is 2, and topics have 1 of them: set it to 1 at most, or {FACTOR} to more",
        ),
    ],
)  # fmt: skip
def test_what_the_cluster_cannot_do_is_refused_with_the_remedy(wanted: Wanted, brokers: int, line: str) -> None:
    with pytest.raises(ThroughlineError) as caught:
        wanted.fitting(brokers)
    assert str(caught.value) == line


def test_a_topic_that_has_fewer_replicas_than_is_set_is_refused_by_name() -> None:
    there = {"audit.decisions": 3, "resolved.events": 1, "released.x": 1}
    with pytest.raises(ThroughlineError, match=r"topic released\.x has 1 replica, THROUGHLINE_REPLICATION_FACTOR is 3"):
        Wanted(factor=3).check_made(there)
    with pytest.raises(ThroughlineError, match="THROUGHLINE_MIN_INSYNC_REPLICAS is 2: give"):
        Wanted(min_insync=2).check_made(there)
    Wanted(factor=1).check_made(there)
    Wanted().check_made(there)
