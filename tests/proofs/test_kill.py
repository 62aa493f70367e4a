"""The kill proof in its short form, and that its comparison finds what is wrong."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.topic_reader import Read
from partners.population import Truth, generate
from tests.proofs.scripts import script

kill = script("kill")


@pytest.fixture(scope="module")
def truth() -> Truth:
    return generate(60, 3).truth


@pytest.fixture
def sound(truth: Truth) -> Any:
    """A run in which everything is as the truth says."""
    outcomes = truth.outcomes["changes"]
    view = {(recipient, f"person of {label}", event) for recipient, label, event in truth.visible["changes"]}
    reads = [released(recipient, event) for recipient, _, event in view]
    return kill.Run(set(outcomes), dict(outcomes), reads, view)


def released(recipient: str, event_id: str) -> Read:
    row = {"release": {"release_id": f"{recipient} {event_id}", "recipient": recipient, "event_id": event_id}}
    return Read(f"released.{recipient}", 0, 0, 0, "enrollment", row)


def figures(run: Any, truth: Truth) -> tuple[int, int, int]:
    return len(kill.lost(run, truth)), len(kill.duplicated(run)), len(kill.leaked(run, truth))


def test_a_sound_run_has_nothing_lost_doubled_or_leaked(sound: Any, truth: Truth) -> None:
    assert figures(sound, truth) == (0, 0, 0)


def test_an_event_without_an_end_is_lost(sound: Any, truth: Truth) -> None:
    first = min(sound.outcomes)
    run = replace(sound, outcomes={e: o for e, o in sound.outcomes.items() if e != first})
    assert figures(run, truth) == (1, 0, 0)


def test_an_event_that_was_never_published_is_lost(sound: Any, truth: Truth) -> None:
    first = min(sound.published)
    run = replace(
        sound, published=sound.published - {first}, outcomes={e: o for e, o in sound.outcomes.items() if e != first}
    )
    assert figures(run, truth) == (1, 0, 0)


def test_a_row_that_should_stand_and_does_not_is_lost(sound: Any, truth: Truth) -> None:
    assert figures(replace(sound, view=sound.view - {min(sound.view)}), truth) == (1, 0, 0)


def test_a_release_sent_twice_is_doubled(sound: Any, truth: Truth) -> None:
    assert figures(replace(sound, reads=[*sound.reads, sound.reads[0]]), truth) == (0, 1, 0)


def test_a_decision_made_twice_is_doubled(sound: Any, truth: Truth) -> None:
    decision = Read("audit.decisions", 0, 0, 0, "decision_recorded", {"decision_id": "d"})
    assert figures(replace(sound, reads=[*sound.reads, decision, decision]), truth) == (0, 1, 0)


def test_an_event_that_was_rejected_and_decided_too_is_doubled(sound: Any, truth: Truth) -> None:
    place = {"topic": "partner.csac.aid", "partition": 0, "offset": 3}
    letter = Read("deadletter.csac", 0, 0, 0, "dead_letter", {**place, "event_id": "e"})
    decision = Read("audit.decisions", 0, 0, 0, "decision_recorded", {"decision_id": "d", "event_id": "e"})
    assert figures(replace(sound, reads=[*sound.reads, letter]), truth) == (0, 0, 0)
    assert figures(replace(sound, reads=[*sound.reads, letter, decision]), truth) == (0, 1, 0)


def test_a_row_for_a_recipient_that_may_not_see_it_is_leaked(sound: Any, truth: Truth) -> None:
    _, person, event = min(sound.view)
    assert figures(replace(sound, view=sound.view | {("somebody_else", person, event)}), truth) == (0, 0, 1)


def test_what_was_ever_sent_without_permission_is_leaked_even_if_it_does_not_stand(sound: Any, truth: Truth) -> None:
    withheld = min(e for e, outcome in truth.outcomes["changes"].items() if outcome == "withheld")
    run = replace(sound, reads=[*sound.reads, released("lausd_counseling", withheld)])
    assert figures(run, truth) == (0, 0, 1)


def test_a_fact_under_another_person_is_leaked(sound: Any, truth: Truth) -> None:
    persons = Counter(person for _, person, _ in sound.view)
    recipient, person, event = min(sight for sight in sound.view if persons[sight[1]] > 1)
    run = replace(sound, view=(sound.view - {(recipient, person, event)}) | {(recipient, "a stranger", event)})
    assert figures(run, truth)[2] > 0


@pytest.mark.broker
def test_nothing_is_lost_doubled_or_leaked_when_workers_are_killed(tmp_path: Path) -> None:
    assert kill.prove(tmp_path, people=300, kills=6, seed=11) == {"kills": 6, "lost": 0, "duplicated": 0, "leaked": 0}
