"""What an open page is told: what it missed, what changed, and when it must close."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from support.waits import wait_until

from processors.consent.agreements import Agreement
from processors.consent.law.rules import Rule, RuleSet
from processors.consent.law.shipped import LAWS
from sinks.questions import Questions
from tests.portal.served import (
    DAY,
    ME,
    NOON,
    OTHER,
    Served,
    agreement,
    assigned,
    enrolled,
    release,
    taken_back,
)


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Events of a stream as they come."""
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name in {"id", "event"}:
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value)
        elif not line and event:
            yield event
            event = {}


def first(portal: Served, path: str, user_id: str = "u1", last_id: int | None = None) -> dict[str, Any]:
    """The first event of a stream."""
    headers = {} if last_id is None else {"last-event-id": str(last_id)}
    with portal.client(user_id).stream("GET", path, headers=headers) as answer:
        return next(events(answer.iter_lines()))


def keys(event: dict[str, Any]) -> list[str]:
    """Keys of the entries that an event brings."""
    return [item["key"] for item in event["data"]["items"]]


def standing(portal: Served, path: str = "/p/p1") -> str:
    """What the page says of the rules it was made by."""
    return portal.client().get(path).text.partition('data-standing="')[2].partition('"')[0]


def feed_path(portal: Served) -> str:
    """The stream of a person's page, for a page that was made by the rules of now."""
    return f"/feed?person=p1&standing={standing(portal)}"


@pytest.fixture
def person(portal: Served) -> Served:
    """A portal with one person and one fact."""
    portal.apply(assigned("p1", "A. B."), enrolled("e1", "p1"))
    return portal


def seq(portal: Served, recipient: str = ME) -> int:
    """The newest change number."""
    return Questions(portal.views).last_seq(recipient)


def test_the_stream_is_one_of_server_sent_events_that_nobody_keeps(person: Served) -> None:
    with person.client().stream("GET", "/feed") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"


def test_the_id_of_a_frame_is_the_change_number_that_it_tells_up_to(person: Served) -> None:
    assert first(person, feed_path(person))["id"] == str(seq(person))


def test_after_a_lost_connection_the_page_gets_what_it_missed_and_no_more(person: Served) -> None:
    seen = seq(person)
    person.apply(enrolled("e2", "p1"))
    event = first(person, feed_path(person), last_id=seen)
    assert keys(event) == ["fact-e2"]
    assert set(event["data"]["keep"]["timeline"]) == {"fact-e1", "fact-e2", "fact-case-p1"}


def test_who_missed_nothing_gets_nothing_again(person: Served) -> None:
    assert keys(first(person, feed_path(person), last_id=seq(person))) == []


def test_a_retraction_during_a_lost_connection_leaves_the_entry_out_of_what_is_kept(person: Served) -> None:
    seen = seq(person)
    person.apply(taken_back(enrolled("e1", "p1")))
    event = first(person, feed_path(person), last_id=seen)
    assert event["data"]["keep"]["timeline"] == ["fact-case-p1"]


def test_a_correction_taken_back_during_a_lost_connection_takes_the_whole_fact_along(person: Served) -> None:
    newer = enrolled("e2", "p1", fact_id="fact-e1", published_at=NOON, operation="correct")
    person.apply(newer)
    seen = seq(person)
    person.apply(taken_back(newer))
    assert first(person, feed_path(person), last_id=seen)["data"]["keep"]["timeline"] == ["fact-case-p1"]


def test_a_page_made_by_other_rules_is_sent_whole(person: Served) -> None:
    path = feed_path(person)
    person.apply(agreements=(agreement(ME, "consent", version=2),))
    assert set(keys(first(person, path, last_id=seq(person)))) == {"fact-e1", "fact-case-p1"}


def test_a_page_of_a_view_file_before_this_one_is_sent_whole(person: Served) -> None:
    path = feed_path(person)
    assert set(keys(first(person, f"{path}&seq=-1"))) == {"fact-e1", "fact-case-p1"}


def test_a_stream_about_somebody_elses_person_ends_at_once(person: Served) -> None:
    assert first(person, "/feed?person=p1", "u2") == {"event": "gone", "data": {}}
    assert first(person, "/feed?person=nobody") == {"event": "gone", "data": {}}


def test_the_caseload_stream_tells_only_of_persons_on_it(person: Served) -> None:
    person.apply(
        enrolled("e2", "p2"),
        assigned("p3", "Theirs", "u2"),
        enrolled("e3", "p3"),
        enrolled("e4", "p1", recipient=OTHER),
    )
    event = first(person, "/feed")
    assert event["data"]["keep"] == {"clients": ["p1"], "changes": ["e1"]}


def test_a_new_row_reaches_an_open_page_within_a_second(person: Served) -> None:
    with person.client().stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        next(told)
        began = time.monotonic()
        person.apply(enrolled("e2", "p1"))
        assert keys(next(told)) == ["fact-e2"]
        assert time.monotonic() - began < 1


def test_when_the_person_leaves_the_caseload_the_open_page_must_close(person: Served) -> None:
    with person.client().stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        next(told)
        person.apply(assigned("p1", "A. B.", state="ended", position=2))
        assert [event["event"] for event in told] == ["gone"]


def test_after_signing_out_every_open_page_must_close(person: Served) -> None:
    client = person.client()
    with client.stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        next(told)
        client.post("/sign-out")
        assert [event["event"] for event in told] == ["gone"]


@pytest.mark.parametrize(
    "narrowed",
    [
        agreement(ME, "consent", version=2, effective_to="2026-11-23"),
        agreement(ME, "consent", version=2, purpose="transfer_advising"),
        agreement(ME, "consent", version=2, basis="school_official"),
    ],
)
def test_an_agreement_that_ends_empties_the_open_page_before_any_retraction_comes(
    person: Served, narrowed: Agreement
) -> None:
    with person.client().stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        next(told)
        person.apply(agreements=(narrowed,))
        assert next(told)["data"]["keep"]["timeline"] == ["fact-case-p1"]


def revised(rule: Rule) -> Rule:
    """What FERPA asks of a consent, said anew; all others as they are."""
    return replace(rule, version=2) if rule.rule_id == "ferpa.30.consent" else rule


def test_rules_that_change_empty_the_open_page_until_everyone_is_decided_by_them(person: Served) -> None:
    newer = RuleSet([replace(law, rules=tuple(map(revised, law.rules))) for law in LAWS])
    with person.client().stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        next(told)
        person.apply(rules=(2, newer), position=50)
        assert next(told)["data"]["keep"]["timeline"] == ["fact-case-p1"]
        person.apply(enrolled("e2", "p1", position=50))
        assert set(next(told)["data"]["keep"]["timeline"]) == {"fact-e2", "fact-case-p1"}
        person.apply(swept=50)
        assert set(next(told)["data"]["keep"]["timeline"]) == {"fact-e1", "fact-e2", "fact-case-p1"}


def test_a_page_made_while_people_were_decided_again_is_sent_whole_after_that(person: Served) -> None:
    newer = RuleSet([replace(law, rules=tuple(map(revised, law.rules))) for law in LAWS])
    person.apply(rules=(2, newer), position=50)
    path = feed_path(person)
    person.apply(swept=50)
    assert set(keys(first(person, path, last_id=seq(person)))) == {"fact-e1", "fact-case-p1"}


def test_a_row_goes_from_the_open_page_when_its_last_day_is_over(person: Served) -> None:
    person.apply(enrolled("e2", "p1", expires_on=NOON // DAY))
    with person.client().stream("GET", feed_path(person)) as answer:
        told = events(answer.iter_lines())
        assert "fact-e2" in next(told)["data"]["keep"]["timeline"]
        person.apply(tick=NOON + DAY)
        assert "fact-e2" not in next(told)["data"]["keep"]["timeline"]


def test_a_page_about_somebody_else_sleeps_on(person: Served) -> None:
    person.apply(assigned("p2", "C. D."))
    with person.client().stream("GET", "/feed?person=p2") as answer:
        told = events(answer.iter_lines())
        next(told)
        person.apply(enrolled("e9", "p1"))
        person.apply(release("e10", "p2", "aid", "csac", {"aid_year": "2026-2027"}))
        assert keys(next(told)) == ["fact-e10"]


def test_a_stream_that_its_viewer_left_is_forgotten(person: Served) -> None:
    with person.client().stream("GET", "/feed") as answer:
        told = events(answer.iter_lines())
        next(told)
        assert person.feed.subscriber_count == 1
    person.feed.publish((), everyone=True)
    wait_until(lambda: person.feed.subscriber_count == 0)
