"""What resolve reads before all else: what decides never waits behind what it decides about."""

import pytest

from processors import names
from streams.resolve import first


@pytest.mark.parametrize(
    "topic",
    [names.AGREEMENTS, names.STEWARDS, names.ERASURES, "partner.ccc.consent", "partner.cdss.social_service"],
)
def test_decisions_consents_and_who_may_speak_come_first(topic: str) -> None:
    assert first(topic)


@pytest.mark.parametrize("topic", ["partner.ccc.enrollment", "partner.ccc.identity", "partner.csac.aid"])
def test_facts_come_after_them(topic: str) -> None:
    assert not first(topic)
