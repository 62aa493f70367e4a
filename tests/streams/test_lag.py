"""How far a reader is behind, from where its partitions stand and a clock that the test turns."""

import pytest

from streams.lag import Behind, LagWatch, kind_of
from streams.pulse import Standing

AID, CONSENT = ("partner.csac.aid", 0), ("partner.csac.consent", 0)
START = 1_000.0


class Watched:
    """A watch with its clock and partitions."""

    def __init__(self) -> None:
        self.now = START
        self.standings: list[Standing] = []
        self.watch = LagWatch(lambda: self.now)
        self.watch.standings = lambda: self.standings

    def at(self, now: float, *standings: Standing) -> list[Behind]:
        """What the watch sees at a time."""
        self.now, self.standings = now, list(standings)
        self.watch.look()
        return self.watch.behind()


def test_who_has_read_all_is_not_behind() -> None:
    assert Watched().at(2_000, Standing(AID, 0, 7, 7)) == [Behind("partner.*.aid", 0, 0, 0)]


def test_nothing_unread_is_older_than_the_last_record_read() -> None:
    watched = Watched()
    watched.watch.read({AID: 1_500_000})
    assert watched.at(1_560, Standing(AID, 0, 7, 10)) == [Behind("partner.*.aid", 3, 60, 0)]


def test_nothing_unread_is_older_than_the_last_time_all_was_read() -> None:
    watched = Watched()
    watched.watch.read({AID: 1_100_000})
    watched.at(1_900, Standing(AID, 0, 7, 7))
    assert watched.at(1_905, Standing(AID, 0, 7, 8)) == [Behind("partner.*.aid", 1, 5, 0)]


def test_who_has_not_read_anything_yet_is_behind_since_it_began() -> None:
    assert Watched().at(START + 30, Standing(AID, 0, 0, 4)) == [Behind("partner.*.aid", 4, 30, 0)]


def test_the_partition_that_is_furthest_behind_counts_for_its_kind() -> None:
    watched = Watched()
    watched.watch.read({AID: 1_550_000, ("partner.csac.aid", 1): 1_200_000})
    found = watched.at(1_600, Standing(AID, 0, 9, 10), Standing(("partner.csac.aid", 1), 0, 5, 10))
    assert found == [Behind("partner.*.aid", 6, 400, 0)]


def test_a_transactions_marker_at_the_end_is_nothing_to_read() -> None:
    log, released = ("resolved.events", 0), ("released.csu_advising", 1)
    found = Watched().at(START, Standing(log, 0, 9, 10), Standing(released, 0, 3, 4), Standing(AID, 0, 9, 10))
    assert [(b.topics, b.events) for b in found] == [("partner.*.aid", 1), ("released.*", 0), ("resolved.events", 0)]


def test_what_the_broker_no_longer_holds_is_missing() -> None:
    assert Watched().at(START, Standing(CONSENT, 12, 7, 20)) == [Behind("partner.*.consent", 13, 0, 5)]


def test_a_loop_that_no_longer_looks_may_be_behind_by_all_that_time() -> None:
    watched = Watched()
    watched.at(2_000, Standing(AID, 0, 7, 7))
    watched.now = 2_010
    assert watched.watch.behind() == [Behind("partner.*.aid", 0, 0, 0)]
    watched.now = 2_100
    assert watched.watch.behind() == [Behind("partner.*.aid", 0, 100, 0)]


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("partner.csac.aid", "partner.*.aid"),
        ("partner.csac.birth_dates_of_2005", "partner.*.other"),
        ("released.csu_advising", "released.*"),
        ("signals.csu_advising", "signals.*"),
        ("resolved.events", "resolved.events"),
        ("control.agreements", "control.agreements"),
        ("control.identity", "control.identity"),
        ("sam.reyes", "other"),
        ("partner", "other"),
    ],
)
def test_a_topic_becomes_a_label_of_a_closed_set(topic: str, kind: str) -> None:
    assert kind_of(topic) == kind
