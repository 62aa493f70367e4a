"""``throughline consent explain``: a decision told from the log alone, over lists and over a real Apache Kafka."""

from pathlib import Path

import orjson
import pytest
from support.commands import throughline
from support.events import event_id
from support.kafka_world import KafkaWorld
from support.sam import CENTER, CSU, KNOWN, award, caseload, consent, withdrawal
from support.worlds import PureWorld

from deploy.consent_explained import Asked, UnknownError, document, explained, folded, lines
from processors import names
from processors.consent.book import Book
from processors.consent.explain import Explanation

AWARD = event_id("csac/award")


def told(*messages: object, batch: int = 1000) -> PureWorld:
    """A world that was told these."""
    world = PureWorld(batch=batch)
    for one in messages:
        world.send(*one)  # type: ignore[misc]  # a message is such a tuple
    return world.settle()


def book_of(world: PureWorld) -> Book:
    return folded(world.topics[names.RESOLVED_EVENTS], world.keys)


def ask(world: PureWorld, recipient: str = CENTER, event: str = AWARD, person: str | None = None) -> Explanation:
    asked = Asked(person or world.person_of("csac", "a1"), recipient, event)
    return explained(book_of(world), world.keys, asked)


SERVED = (*KNOWN, caseload(), consent(), award())


def test_what_is_told_is_what_was_decided() -> None:
    """Of every recipient of the shipped agreements, by the audit's last word."""
    for messages in (SERVED, (*SERVED, withdrawal(published_at=1_790_000_060_000_000)), (*KNOWN, award())):
        world = told(*messages)
        rows = [row for row in world.rows(names.AUDIT_DECISIONS) if row["event_id"] == AWARD]
        for said in rows[-1]["decided"]:
            found = ask(world, said["recipient"])
            assert ("permit" if found.permit else "deny", found.reason) == (said["effect"], said["reason"])
            assert found.rests_on == tuple(said["rules"])
            assert {one.group for one in found.groups if one.permitted} == set(said["groups"])


def test_the_log_is_folded_alike_in_any_batches() -> None:
    world = told(*SERVED, batch=2)
    assert ask(world) == ask(told(*SERVED))


def test_nothing_that_an_event_says_is_told() -> None:
    world = told(*SERVED[:-1], award(award_amount_cents=7_654_321))
    for recipient in (CENTER, CSU):
        found = ask(world, recipient)
        text = "\n".join(lines(Asked("p", recipient, AWARD), found))
        text += orjson.dumps(document(Asked("p", recipient, AWARD), found)).decode()
        assert not [value for value in ("7654321", "76543", "reyes", "sam ", "2005") if value in text.lower()]


def test_the_lines_begin_with_the_verdict_and_end_with_what_would_change_it() -> None:
    world = told(*KNOWN, caseload(), award())
    said = list(lines(Asked("p", CENTER, AWARD), ask(world)))
    assert said[0] == f"{AWARD}: deny to {CENTER} for transfer_advising (consent): no_consent"
    assert said[-1] == "it would be permitted if the person, or who holds the rights in this record, consents"
    assert any("ferpa.30.none/1  34 CFR 99.30(b)(3)" in line for line in said)
    assert any(line.strip().startswith('"Identify the party') for line in said)


def test_an_event_that_was_taken_back_is_shown_to_nobody() -> None:
    gone = award(operation="retract", event_id=event_id("gone"), published_at=1_790_000_060_000_000)
    world = told(*SERVED, gone)
    assert (ask(world).permit, ask(world).reason) == (False, "source_retracted")


def test_a_record_whose_key_is_gone_is_shown_to_nobody() -> None:
    world = told(*SERVED)
    book = book_of(world)
    asked = Asked(world.person_of("csac", "a1"), CENTER, AWARD)
    [record] = [row["record_key"] for row in world.rows(names.RESOLVED_EVENTS) if row.get("event_id") == AWARD]
    del world.keys.keys[record]
    assert explained(book, world.keys, asked).reason == "unreadable"


def test_a_recipient_whose_agreements_do_not_name_the_source_is_told_so() -> None:
    found = ask(told(*SERVED), "la_county_foster")
    assert (found.permit, found.rules) == (False, ())
    assert found.changes


@pytest.mark.parametrize(
    ("recipient", "event", "person", "remedy"),
    [
        ("nobody_at_all", AWARD, None, "no data-sharing agreement"),
        (CENTER, event_id("never"), None, "throughline explain"),
        (CENTER, AWARD, "nobody", "throughline explain"),
        (CENTER, event_id("ccc/consent"), None, "about consent, which nobody is shown"),
    ],
)
def test_who_or_what_is_unknown_is_one_line_with_the_remedy(
    recipient: str, event: str, person: str | None, remedy: str
) -> None:
    with pytest.raises(UnknownError, match=remedy) as raised:
        ask(told(*SERVED), recipient, event, person)
    assert "\n" not in str(raised.value)


@pytest.mark.broker
def test_the_command_reads_the_log_of_a_broker(tmp_path: Path) -> None:
    with KafkaWorld(tmp_path) as world:
        world.publish_all(*SERVED)
        world.settle()
        [row] = [row for row in world.rows(names.RESOLVED_EVENTS) if row.get("event_id") == AWARD]
        words = ("consent", "explain", "--person", row["person_id"], "--event", AWARD, "--json", "--recipient")
        address = str(world.settings.bootstrap)
        done = throughline(world.settings.data_dir, *words, CENTER, THROUGHLINE_BOOTSTRAP=address)
        assert (done.returncode, orjson.loads(done.stdout)["permit"]) == (0, True), done.stderr
        unknown = throughline(world.settings.data_dir, *words, "nobody_at_all", THROUGHLINE_BOOTSTRAP=address)
        assert (unknown.returncode, unknown.stdout, unknown.stderr.count("\n")) == (1, "", 1)
