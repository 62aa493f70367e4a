"""``throughline explain``: what holds now comes first, then the history, always in the same order."""

import itertools
from typing import Any

from deploy.commands.explain import lines, story
from deploy.topic_reader import Read

ID = "e"


def read(topic: str, offset: int, name: str, at: int = 0, **row: Any) -> Read:
    return Read(topic, 0, offset, at, name, row)


def decided(offset: int, outcome: str, cause: str = ID, **effects: str) -> Read:
    each = [
        {"recipient": name, "effect": "permit" if reason == "consent" else "deny", "reason": reason, "agreement_id": ""}
        for name, reason in effects.items()
    ]
    return read(
        "audit.decisions", offset, "decision_recorded", event_id=ID, caused_by=cause, outcome=outcome, decided=each,
        person_id="p",
    )  # fmt: skip


def letter(name: str, offset: int, **row: Any) -> Read:
    place = {"event_id": ID, "topic": "partner.x.aid", "partition": 0, "offset": 8}
    return Read("deadletter.x", 0, offset, 0, name, place | row)


REJECTED = letter("dead_letter", 3, stage="gate", code="no_agreement", field=None)
REPLAYED = letter("letter_replayed", 4, reason="mended_agreement")


def resolved(offset: int, event_id: str, published_at: int, operation: str = "assert", fact: str = "f") -> Read:
    named = {"person_id": "p", "family": "aid", "record_key": "r", "fact_id": fact}
    return read(
        "resolved.events", offset, "resolved_event", at=offset,
        event_id=event_id, published_at=published_at, operation=operation, **named,
    )  # fmt: skip


RESOLVED = resolved(9, ID, 1)
LETS_GO = decided(1, "carried", a="consent", b="no_consent")


def released(name: str, position: int, offset: int, **more: Any) -> Read:
    head = {"event_id": ID, "recipient": "a", "person_id": "p", "position": position, "groups": ["core"]}
    return read("released.a", offset, name, release=head, **more)


def head(*reads: Read) -> str:
    return lines(story(list(reads), ID))[0]


def test_who_is_shown_it_is_said_first() -> None:
    assert head(LETS_GO) == "e: carried; shown to a"


def test_what_was_taken_back_is_said_to_be_so_before_its_history() -> None:
    gone = decided(5, "withheld", "w", a="consent_refused_or_withdrawn", b="no_consent")
    told = (
        "e: taken back from a (consent_refused_or_withdrawn); shown to nobody now: withheld from b (no_consent); "
        "it was carried before"
    )
    assert head(LETS_GO, gone) == told


def test_what_one_recipient_has_still_is_carried_and_says_from_whom_it_was_taken() -> None:
    first, then = decided(1, "carried", a="consent", b="consent"), decided(2, "carried", "w", a="consent")
    assert head(first, then) == "e: carried; shown to a; taken back from b (no agreement)"


def test_what_was_withheld_and_released_later_is_carried() -> None:
    assert head(decided(1, "withheld", a="no_consent"), decided(2, "carried", "w", a="consent")).endswith("shown to a")


def test_of_what_nobody_is_shown_it_is_said_from_whom_it_is_withheld_and_why() -> None:
    told = "e: withheld; shown to nobody now: withheld from a (no_consent), b (law_denies)"
    assert head(decided(1, "withheld", b="law_denies", a="no_consent")) == told
    assert head(decided(1, "withheld")) == "e: withheld; shown to nobody now: no agreement in force shares it"


def test_of_what_somebody_is_denied_the_command_is_named_that_tells_the_rules() -> None:
    def last(*reads: Read) -> str:
        return lines(story(list(reads), ID))[-1]

    asked = "  by which rules: throughline consent explain --person p --recipient b --event e"
    assert last(RESOLVED, LETS_GO) == asked
    assert "--recipient RECIPIENT " in last(RESOLVED, decided(1, "withheld", a="no_consent", b="no_consent"))
    assert "consent explain" not in last(RESOLVED, decided(1, "carried", a="consent"))
    assert "consent explain" not in last(RESOLVED, decided(1, "withheld"))


def test_what_is_no_event_id_is_said_to_be_none() -> None:
    assert "no event id" in lines(story([], "900101-2025"))[0]
    assert "nothing is known of it" in lines(story([], "4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31"))[0]


def test_a_rejection_says_why_and_is_forgotten_once_it_is_replayed_and_carried() -> None:
    assert head(REJECTED) == "e: rejected; no_agreement"
    assert head(REJECTED, REPLAYED, RESOLVED, LETS_GO) == "e: carried; shown to a"


def test_a_rejection_after_a_replay_counts_until_the_next_one() -> None:
    again = letter("dead_letter", 5, stage="gate", code="no_agreement", field=None)
    assert head(REJECTED, REPLAYED, again) == "e: rejected; no_agreement"
    assert head(REJECTED, REPLAYED, again, letter("letter_replayed", 6, reason="mended_agreement")) == "e: unknown"


def test_whose_an_event_is_stands_where_that_was_found() -> None:
    assert lines(story([RESOLVED, LETS_GO], ID))[1].split() == ["resolved", "resolved.events/0/9", "person", "p"]


def test_a_rejected_arrival_is_called_by_the_place_that_dead_letters_have() -> None:
    assert [step["place"] for step in story([REJECTED, REPLAYED], ID)["steps"]] == ["partner.x.aid/0/8"] * 2


def test_steps_follow_the_way_whatever_the_brokers_stamps_and_the_order_of_reading() -> None:
    reads = [
        REJECTED, REPLAYED, RESOLVED, LETS_GO, released("released_aid", 9, 0),
        released("release_retracted", 12, 1, reason="record_moved"), released("released_aid", 12, 0),
    ]  # fmt: skip
    told = story(reads, ID)
    assert [step["step"] for step in told["steps"]] == [
        "rejected", "replayed", "resolved", "decided", "released", "retracted", "released",
    ]  # fmt: skip
    assert all(story(list(order), ID) == told for order in itertools.permutations(reads))


def test_a_version_that_no_longer_counts_names_the_one_that_does() -> None:
    later = resolved(11, "later", 2, "correct")
    assert (
        head(RESOLVED, LETS_GO, later, resolved(12, "z", 1)) == "e: carried; shown to a; a later version counts: later"
    )
    gone = resolved(13, "gone", 3, "retract")
    assert head(RESOLVED, LETS_GO, later, gone).endswith("; its fact was retracted by gone")


def test_a_retraction_names_what_it_took_back_or_says_that_it_knows_no_such_fact() -> None:
    own, first, other = resolved(9, ID, 3, "retract"), resolved(2, "first", 1), resolved(3, "z", 2, fact="g")
    assert head(own, LETS_GO, first, resolved(4, "second", 2, "correct"), other).endswith(
        "retraction: took back second"
    )
    assert head(own, LETS_GO, other).endswith("retraction of a fact that is not known: check source_record_id")
    assert head(own, LETS_GO, resolved(8, "later", 4)).count("not known") == 1
    assert "retraction" not in head(RESOLVED, LETS_GO)


def test_of_versions_published_at_one_moment_the_larger_id_counts_whichever_came_last() -> None:
    assert head(resolved(3, "z", 1), RESOLVED, LETS_GO).endswith("a later version counts: z")
    assert head(RESOLVED, resolved(12, "a", 1), resolved(13, "other", 9, fact="g"), LETS_GO).endswith("shown to a")
