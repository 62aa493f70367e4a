"""What a recipient could see at a time is what its view held then, at every moment of a history."""

import pytest
from support.events import MINUTE, NOON
from support.sam import CENTER, CSU, KNOWN, award, caseload, consent, enrolled, identity, withdrawal
from support.worlds import PureWorld, decoded

from deploy.as_of import as_of
from deploy.commands.consent_as_of import milliseconds
from processors.names import AUDIT_DECISIONS
from processors.records import Out
from streams.errors import ThroughlineError

HISTORY = [
    *KNOWN, caseload(), award(), enrolled(), consent(), identity(CSU), caseload(CSU),
    withdrawal(published_at=NOON + 1, records_covered=["aid"]), consent("again", published_at=NOON + 2),
    caseload(name="case", event_id="00000000-0000-5000-8000-000000000001", assignment_state="ended",
             published_at=NOON + 3),
]  # fmt: skip


def test_at_every_moment_it_is_what_the_view_held() -> None:
    world, held = PureWorld(), dict[int, dict[str, dict[tuple[str, str], tuple[str, ...]]]]()
    for sent in HISTORY:
        world.now += MINUTE
        world.send(*sent)
        world.settle()
        held[world.now // 1_000] = {
            recipient: {
                key: tuple(row["release"]["groups"]) for key, row in world.view(recipient).items()
            }
            for recipient in (CENTER, CSU)
        }  # fmt: skip
    log = [
        (record, decoded(Out(record.topic, record.key, record.value or b"", "")))
        for record in world.topics[AUDIT_DECISIONS]
    ]
    assert len({len(views[CENTER]) for views in held.values()}) > 3
    for at, views in held.items():
        for recipient, view in views.items():
            found = {(one.person_id, one.event_id): one.groups for one in as_of(recipient, at, log)}
            assert found == view
    assert as_of(CENTER, 0, log) == []


def test_a_moment_is_utc_unless_it_says_otherwise() -> None:
    assert milliseconds("1970-01-01T00:01") == milliseconds("1969-12-31T16:01-08:00") == 60_000
    with pytest.raises(ThroughlineError, match="write it as"):
        milliseconds("yesterday")
