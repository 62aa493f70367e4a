"""Nothing that tells who somebody is leaves the identity zone or stands in resolve's state so that it can be read."""

import hashlib

import pytest
from support import worlds
from support.events import NOON, Message, message
from support.worlds import ResolveWorld

from processors.records import Outs
from processors.resolve import said
from processors.resolve.golden import sayings_of
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import describe
from processors.resolve.matching.entries import Entry
from processors.resolve.matching.index import Arrived
from processors.resolve.matching.model import shipped
from processors.resolve.matching.scoring import Scorer

PLANTED = {
    "first_name": "Zaphodelia", "middle_name": "Quuxandra", "last_name": "Beeblebroxton", "name_suffix": "Esquirette",
    "other_first_name": "Trillianne", "other_last_name": "Mcmillanova", "birth_city": "Betelgeusia",
    "address_line": "4242 Improbable Way", "city": "Ursaminor", "postal_code": "94242",
    "email": "planted.canary@example.org", "phone": "213-555-0142", "family_id": "household-774411",
}  # fmt: skip
NUMBER = "219-09-9998"
TOKEN, ROW = "local-id-880044", "row-id-990055"
BORN = "2005-01-02"


def history() -> list[Message]:
    """Identity, a wage row, a fact, and three that are rejected."""
    identity = message(
        "ccc", "identity", TOKEN, ROW, birth_date=BORN, ssn=NUMBER, source_system_name="planted-system",
        identifiers=[{"system": "SSID", "value": "ssid-661122", "assigner": "Magratheaville High"}], **PLANTED,
    )  # fmt: skip
    wages = message(
        "edd", "employment", None, ROW, subject_name="BEEBLEBROXTON ZAPHODELIA", identifiers=[worlds.ssn(NUMBER)]
    )
    fact = message(
        "ccc", "enrollment", TOKEN, f"{ROW}-2", term_id="term-canary-3", source_collection_id="file-canary-4"
    )
    caseload = message("csu_advising", "caseload", TOKEN, ROW, display_label="Zaphodelia B.")
    rejected = [
        identity._replace(value=(identity.value or b"") + b"\0"),
        message("ccc", "identity", TOKEN, "late", published_at=NOON * 2, ssn=NUMBER, **PLANTED),
        message("ccc", "identity", TOKEN, "named", supersedes_event_id=NUMBER, **PLANTED),
    ]
    return [identity, wages, fact, caseload, *rejected]


def canaries() -> list[str]:
    """Every planted value, as written and normalised; and the number's hash without a key."""
    values = [*PLANTED.values(), NUMBER, TOKEN, ROW, "ssid-661122", "Magratheaville", "term-canary", "file-canary"]
    values += ["2135550142", "planted-system", NUMBER.replace("-", "")]
    hashes = [
        kind(NUMBER.replace("-", "").encode()).hexdigest() for kind in (hashlib.md5, hashlib.sha1, hashlib.sha256)
    ]
    return [*values, *(value.upper() for value in values), *hashes]


@pytest.fixture
def told() -> ResolveWorld:
    return ResolveWorld().take_all(history(), 3)


def test_all_of_the_history_came_out_somewhere(told: ResolveWorld) -> None:
    topics = [out.topic for out in told.outs]
    said_beside = 3  # a tick, the rules of law, whose rights a record has
    assert topics.count("resolved.events") == 3 + len(worlds.shipped_agreements()) + said_beside
    assert topics.count("identity.records") >= 3
    assert topics.count("deadletter.ccc") == 3


def test_no_record_that_goes_out_holds_what_was_planted(told: ResolveWorld) -> None:
    sent = [
        b"|".join([out.topic.encode(), out.key.encode(), out.value, out.id.encode(), *out.headers.values()])
        for out in told.outs
    ]
    assert [c for c in canaries() for record in sent if c.encode() in record] == []


def test_no_key_or_value_of_the_state_holds_what_was_planted(told: ResolveWorld) -> None:
    kept = [key.encode() + b"|" + value for rows in told.state.everything().values() for key, value in rows]
    assert len(kept) > 2 * len(worlds.shipped_agreements())
    assert [c for c in canaries() for row in kept if c.encode() in row] == []


def test_no_record_shows_key_or_value_in_its_repr(told: ResolveWorld) -> None:
    shown = repr(told.outs) + repr(Outs.of(told.outs))
    assert [c for c in canaries() if c in shown] == []


def test_nothing_that_records_are_compared_by_shows_what_they_say_in_its_repr() -> None:
    one = describe(
        "Zaphodelia", "Quuxandra", "Beeblebroxton", born=20050102, ssn=NUMBER, address="4242 Improbable Way",
        email="planted.canary@example.org", key=worlds.PSEUDONYM_KEY,
    )  # fmt: skip
    rows = said.folded_in({}, "row", (1, "event"), [one]) or {}
    records = {"record": one.to_line()}
    compared = [
        one, Columns.of([one]), Arrived("record", (1, "place"), one),
        Entry("record", "seed", (1, "place"), lines=one.to_line()), Scorer(shipped(), records),
        sayings_of("record", "ccc", rows),
    ]  # fmt: skip
    shown = repr(compared)
    assert [value for value in (*canaries(), "20050102") if value in shown] == []
