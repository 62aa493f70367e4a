"""What signals without shares knew, told to the changelogs of the shares: from there whoever has a share takes it."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

import orjson
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from processors.names import state_topic
from processors.numbers import SENT, TAKEN
from processors.partitions import partitions_of
from processors.records import Outs
from processors.signals.decide import ERASED
from streams import changelog, clients, positions, sending
from streams.changelog import Changed
from streams.shared_signals import stage_of
from streams.stage import LARGE, SETTLE_SECONDS
from streams.store import Standing, Store

FIRST_BATCH, BY = 1, "share"
"""Number and owner of the batch by which a share begins."""
AT_ONCE = 10_000
EVERYBODYS = -1
OF_PERSONS = {"person", ERASED}
SECOND = {"due", "clock", "late"}
"""Tables whose keys are recipient | partition | …."""
NUMBERED = {SENT, TAKEN}


def of_share(content: Iterable[Changed], share: int, shares: int) -> Iterator[Changed]:
    """Rows of a store of signals that are of one share, and those that every share needs.

    Args:
        content: table, key and value of all rows.
        share: number of a partition.
        shares: how many partitions there are.
    """
    rows = iter(content)
    while part := list(islice(rows, AT_ONCE)):
        persons = sorted({key.partition("|")[2] for table, key, _ in part if table in OF_PERSONS})
        partitions = dict(zip(persons, partitions_of(persons, shares), strict=True)) if persons else {}
        for row in part:
            if _share_of(row, partitions) in {share, EVERYBODYS}:
                yield row


def _share_of(row: Changed, partitions: dict[str, int]) -> int:
    table, key, value = row
    if table in OF_PERSONS:
        return partitions[key.partition("|")[2]]
    if table in SECOND:
        return int(key.split("|")[1])
    if table in NUMBERED and key:  # no key: the generation of all numbers
        return int(key.split("/")[1])
    return int(orjson.loads(value or b"")) if table == "asked" else EVERYBODYS


def pending_of_share(pending: Outs, share: int) -> Outs:
    """What the last batch sends to one share's partitions, with its numbers: sent again they are known."""
    places = [i for i, partition in enumerate(pending.partitions) if partition == share]
    rows = list(pending)
    made = Outs.of(replace(rows[i], headers=pending.headers[i]) for i in places)
    made.numbers = [pending.numbers[i] for i in places] if pending.numbers else []
    made.numbered_by = pending.numbered_by
    return made


def tell_shares(bootstrap: str, store: Store, shares: int) -> None:
    """Tell each share what is its own, and move its group to where signals have read; one that has begun is left.

    Raises:
        TransientError: the broker does not answer; done again it goes on.
    """
    standing = store.take_over()
    try:
        for share in range(shares):
            _tell(bootstrap, store, standing, share, shares)
    except (KafkaException, BufferError) as error:
        raise clients.trouble(error) from error


def _tell(bootstrap: str, store: Store, standing: Standing, share: int, shares: int) -> None:
    stage, topic = stage_of(share), state_topic(stage_of(share))
    offsets = {place: next_ for place, next_ in standing.offsets.items() if place[1] == share}
    with closing(clients.consumer(bootstrap, stage)) as group:
        if not offsets or _has_begun(group, offsets):
            return
        producer = tell_whole(bootstrap, stage, of_share(store.content(), share, shares))
        id_ = positions.topic_ids(clients.admin(bootstrap), [topic], {}, stage, "")[topic]
        own = changelog.owned(FIRST_BATCH, BY, id_)
        outs = changelog.with_changes(pending_of_share(standing.pending, share), topic, own)
        moves = sending.Moves(group, offsets, positions.said_of(FIRST_BATCH, BY))
        sending.send(producer, outs, moves, {})


def tell_whole(bootstrap: str, stage: str, rows: Iterable[Changed]) -> Producer:
    """Have a changelog hold these rows and no others; who told it, and may go on.

    Raises:
        KafkaException: it is not known to be told.
    """
    producer = clients.producer(bootstrap, stage, **LARGE)
    producer.init_transactions(SETTLE_SECONDS)
    for part in changelog.whole(state_topic(stage), rows):
        sending.send_alone(producer, part)
    return producer


def _has_begun(group: Consumer, offsets: Iterable[tuple[str, int]]) -> bool:
    committed = group.committed([TopicPartition(*place) for place in offsets], SETTLE_SECONDS)
    return positions.batch_of(committed) > 0
