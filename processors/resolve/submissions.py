"""Submissions: which run of a partner's publishing an event came with, and what of it ends here, for its receipt.

The header ``SUBMISSION`` is no part of an event's bytes: the same file twice stays the same events. It travels on with
what goes into the log; of what does not the log is told how many there were, a record a batch and submission.
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from processors.counts import family_of
from processors.drafts import Draft
from processors.names import RESOLVED_EVENTS
from processors.records import NO_HEADERS, Arrivals, Topic, derived_id
from processors.resolve.admitted import Admitted
from processors.resolve.codes import Rejection
from schemas_avro.ids import SUBMISSION, is_event_id

STAGE = "resolve"
IDENTITY = "identity"
"""The family whose events end here: they tell whose records are whose, and go to nobody."""
COUNTED = "internal.submission_counted.v1"


def headers_of(arrivals: Arrivals) -> list[Mapping[str, bytes]]:
    """Of each arrival the header that names its submission, to be passed on; none where that is no id."""
    return [NO_HEADERS if (said := one.get(SUBMISSION)) is None else _header(said) for one in arrivals.headers]


@functools.lru_cache(maxsize=1024)
def _header(said: bytes) -> Mapping[str, bytes]:
    """The same for thousands of events."""
    return {SUBMISSION: said} if is_event_id(said.decode("ascii", "replace")) else NO_HEADERS


def counted(
    arrivals: Arrivals, sent_with: Sequence[Mapping[str, bytes]], admitted: Admitted | None, repeats: Collection[int],
    rejected: Mapping[int, Rejection],
) -> list[Draft]:  # fmt: skip
    """What the log is told of events that do not go into it.

    Args:
        arrivals: of partner topics.
        sent_with: which submission each came with, as ``headers_of`` has it.
        admitted: what the gate has let in; None: nothing.
        repeats: places of events that came before.
        rejected: why the others cannot travel, by place.
    """
    if not any(sent_with):
        return []
    identity = set() if admitted is None else _of_identity(admitted)
    ended: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in sorted({*identity, *repeats, *rejected}):
        if said := sent_with[place].get(SUBMISSION):
            ended[Topic.parse(arrivals.topics[place]).partner_id, said.decode()].append(place)
    return [_draft(arrivals, *named, places, identity, rejected) for named, places in ended.items()]


def _of_identity(admitted: Admitted) -> set[int]:
    return {place for place, family in zip(admitted.places, admitted.families, strict=True) if family == IDENTITY}


def _draft(
    arrivals: Arrivals, partner_id: str, submission: str, places: Sequence[int], identity: Collection[int],
    rejected: Mapping[int, Rejection],
) -> Draft:  # fmt: skip
    codes = Counter(
        (family_of(Topic.parse(arrivals.topics[place]).family), rejected[place].code.value)
        for place in places
        if place in rejected
    )
    taken_in = sum(place in identity for place in places)
    row = {
        "partner_id": partner_id, "submission": submission, "identity": taken_in,
        "repeated": len(places) - taken_in - codes.total(),
        "rejected": [{"family": f, "code": code, "events": n} for (f, code), n in sorted(codes.items())],
    }  # fmt: skip
    id_ = derived_id(arrivals.row(places[0]).position, f"{STAGE}.counted.{submission}", 0)
    return Draft(RESOLVED_EVENTS, submission, COUNTED, row, id_)
