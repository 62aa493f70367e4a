"""Shares of the signals: each decides what one worker decides for all, also from where that one has come to."""

from itertools import chain
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.released import ME, OTHER, SignalsWorld, at, released, retracted, tick

from processors.numbers import SENT, TAKEN
from processors.partitions import partitions_of
from processors.records import Arrival, Out, Outs
from processors.signals.decide import ERASED
from streams.changelog import Changed, changes_of
from streams.signals_split import of_share, pending_of_share

SHARES = 3
DAYS = ("2026-09-23", "2027-02-16", "2027-02-19", "2027-07-01")
PERSONS = [f"p{n}" for n in range(7)]
BODIES = st.sampled_from([
    ("aid", {"aid_year": "2026-2027", "sap_status": "not_eligible"}),
    ("aid", {"aid_year": "2026-2027", "sap_status": "meeting"}),
    ("aid", {"aid_year": "2026-2027", "application_status": "incomplete"}),
    ("enrollment", {"entry_grade_level": "G12", "entry_date": "2026-08-12"}),
    ("enrollment", {"term_id": "263", "enrollment_status": "currently_enrolled"}),
])  # fmt: skip
RECIPIENTS = st.sampled_from([ME, OTHER])
SAID = st.tuples(st.just("said"), RECIPIENTS, st.sampled_from(PERSONS), BODIES)
TAKEN_BACK = st.tuples(st.just("back"), RECIPIENTS, st.sampled_from(PERSONS), st.sampled_from(["rules", ERASED]))
DAY = st.tuples(st.just("day"), RECIPIENTS, st.sampled_from(DAYS))
STEPS = st.lists(st.one_of(SAID, SAID, TAKEN_BACK, DAY), min_size=4, max_size=30)
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def records(step: Any, position: int) -> list[Arrival]:
    """A step as records: of a person in the person's partition, of a day in all."""
    kind, to, *what = step
    if kind == "day":
        return [tick(at(what[0]), to, partition) for partition in range(SHARES)]
    person, said = what
    if kind == "said":
        family, body = said
        one = released(family, f"e {person} {family}", person, position, recipient=to, **body)
    else:
        one = retracted("aid", f"e {person} aid", person, position, recipient=to, reason=said)
    [one.partition] = partitions_of([person], SHARES)
    return [one]


def batches(steps: list[Any], begin: int = 0) -> list[list[Arrival]]:
    """Three steps at a time, in rising positions."""
    found = [records(step, position) for position, step in enumerate(steps, begin)]
    return [list(chain(*found[i : i + 3])) for i in range(0, len(found), 3)]


def content(world: SignalsWorld) -> list[Changed]:
    """All rows of a world's state."""
    return [(table, key, value) for table, rows in world.state.everything().items() for key, value in rows]


def sent(outs: list[Out], share: int) -> list[Out]:
    """Of what was sent, what is of one share."""
    return [out for out in outs if out.partition == share]


def go_on(one: SignalsWorld, shares: list[SignalsWorld], batch: list[Arrival]) -> None:
    """Have one worker decide a batch, and each share what is its own of it."""
    one.take(*batch)
    for number, share in enumerate(shares):
        share.decide([record for record in one.log[-len(batch) :] if record.partition == number])


@SLOW
@given(STEPS)
def test_each_share_by_itself_sends_in_every_byte_what_one_worker_sends_to_its_partitions(steps: list[Any]) -> None:
    one, shares = SignalsWorld(), [SignalsWorld() for _ in range(SHARES)]
    for batch in batches(steps):
        go_on(one, shares, batch)
    assert [share.outs for share in shares] == [sent(one.outs, number) for number in range(SHARES)]


@SLOW
@given(STEPS, STEPS)
def test_shares_that_are_told_what_one_worker_knew_go_on_as_it_would_have(before: list[Any], then: list[Any]) -> None:
    one, shares = SignalsWorld(), [SignalsWorld() for _ in range(SHARES)]
    for batch in batches(before):
        one.take(*batch)
    for number, share in enumerate(shares):
        share.state.apply(changes_of(of_share(content(one), number, SHARES)))
    known = len(one.outs)
    for batch in batches(then, len(before)):
        go_on(one, shares, batch)
    assert [share.outs for share in shares] == [sent(one.outs[known:], number) for number in range(SHARES)]
    assert sorted(chain(*map(content, shares))) == sorted(
        row for number in range(SHARES) for row in of_share(content(one), number, SHARES)
    )


def test_numbers_go_to_the_share_of_their_partition_and_the_generation_to_all() -> None:
    rows: list[Changed] = [
        (SENT, "", b"[4,0]"), (SENT, "signals.x/0", b"[4,7]"), (SENT, "signals.x/1", b"[4,9]"),
        (TAKEN, "released.x/1/consent", b"[1,3]"),
    ]  # fmt: skip
    assert [list(of_share(rows, share, 2)) for share in range(2)] == [rows[:2], [rows[0], *rows[2:]]]


def test_what_is_pending_goes_to_the_share_of_its_partition_under_the_number_that_it_had() -> None:
    outs = Outs.of(Out(f"signals.{ME}", f"p{n}", b"x", f"id{n}", n % 2) for n in range(4))
    outs.numbers, outs.numbered_by = [5, 8, 6, 9], "signals/1/"
    of_one = pending_of_share(outs, 1)
    assert (of_one.ids, of_one.sequences()) == (["id1", "id3"], ["signals/1/8", "signals/1/9"])
