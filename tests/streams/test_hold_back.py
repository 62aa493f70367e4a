"""Resolve holds back what is not first while consent is behind on what was written half a second ago."""

import uuid

import pytest

from streams import clients
from streams.pulse import Done
from streams.resolve import LOG, Lag

pytestmark = pytest.mark.broker


@pytest.mark.parametrize(("seconds", "is_held_back"), [(0.4, False), (0.6, True)])
def test_what_consent_has_not_done_counts_from_when_it_was_sent(
    broker: str, seconds: float, *, is_held_back: bool
) -> None:
    sent_at, told_at = 100.0, 100.3
    now = [told_at]
    group = clients.consumer(broker, f"never-read-{uuid.uuid4().hex[:8]}")
    lag = Lag(group, lambda: now[0])
    lag.wrote(Done(1, {}, {}, {LOG: 5}, 1, at=sent_at))
    now[0] = sent_at + seconds
    assert lag.held_back() is is_held_back
    group.close()
