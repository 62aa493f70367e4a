"""``throughline consent show``: of each statement about a person whether it counts, and why not."""

from typing import Any

import pytest
from support.events import NOON, Message
from support.sam import CENTER, CSU, KNOWN, TOKENS, caseload, consent, identity, withdrawal
from support.worlds import PureWorld

from deploy.consent_explained import folded
from deploy.consent_shown import TOLD, lines, shown
from streams.errors import ThroughlineError

MINOR = {"birth_date": "2012-10-10"}
MINORS = [identity("ccc", **MINOR), identity("csac", **MINOR), identity(CENTER, **MINOR)]
GRANT = consent()


def told(*messages: Message, known: list[Message] = KNOWN) -> PureWorld:
    world = PureWorld()
    for sent in (*known, caseload(), *messages):
        world.send(*sent)
    return world.settle()


def found(world: PureWorld, person_id: str | None = None) -> dict[str, Any]:
    """What is shown of Sam."""
    book = folded(world.topics["resolved.events"], world.keys)
    return shown(book, world.keys, person_id or world.person_of("ccc", TOKENS["ccc"]))


def counts(world: PureWorld) -> dict[str, dict[str, str]]:
    """By event what it is worth, by whose records."""
    return {said["event_id"]: said["counts"] for record in found(world)["records"] for said in record["statements"]}


def everywhere(code: str) -> dict[str, str]:
    """The same of all of whom the grant speaks."""
    return dict.fromkeys(("ccc", "csac", "edd"), code)


def later(**said: Any) -> Message:
    return withdrawal(**{"published_at": NOON + 1, **said})


def test_a_grant_of_who_holds_the_rights_is_in_force() -> None:
    [record] = found(told(GRANT))["records"]
    [said] = record["statements"]
    assert (said["state"], said["role"], said["consent_id"]) == ("given", "student", "c")
    assert (said["recipients"], said["purposes"], said["valid_until"]) == ([CENTER], ["transfer_advising"], None)
    assert said["counts"] == everywhere("in_force")


def test_nobody_has_said_anything() -> None:
    assert found(told())["records"] == []
    assert list(lines(found(told())))[1:] == ["nobody has said anything of consent"]


def test_of_a_minor_the_students_own_grant_counts_for_college_and_wages_alone() -> None:
    world = told(GRANT, known=MINORS)
    assert counts(world)[GRANT.event_id] == {"ccc": "in_force", "csac": "not_holders", "edd": "in_force"}
    assert any("does not hold the rights in these records (34 CFR 99.5)" in line for line in lines(found(world)))


@pytest.mark.parametrize(
    ("said", "code"), [({"valid_until": "2026-09-20"}, "over"), ({"valid_from": "2026-09-22"}, "not_yet")]
)
def test_its_days_are_told(said: dict[str, str], code: str) -> None:
    world = told(consent(**said))
    assert counts(world)[GRANT.event_id] == everywhere(code)


def test_what_is_withdrawn_as_a_whole_is_replaced_and_the_withdrawal_denies() -> None:
    back = later()
    assert counts(told(GRANT, back)) == {
        GRANT.event_id: everywhere("replaced"), back.event_id: everywhere("denies"),
    }  # fmt: skip


def test_what_is_withdrawn_in_part_is_in_force_in_part() -> None:
    part = later(records_covered=["wage"])
    assert counts(told(GRANT, part)) == {
        GRANT.event_id: everywhere("in_force_in_part"), part.event_id: everywhere("denies"),
    }  # fmt: skip


def test_a_withdrawal_that_names_nothing_speaks_of_everybody_and_a_later_grant_lifts_a_part_of_it() -> None:
    nothing = {name: [] for name in ("controllers", "records_covered", "purposes", "recipients")}
    back, again = later(**nothing), consent("again", published_at=NOON + 2)
    worth = counts(told(GRANT, back, again))
    assert worth[again.event_id] == everywhere("in_force")
    assert set(worth[back.event_id]) > {"ccc", "csac", "edd", "cde_k12"}
    assert (worth[back.event_id]["ccc"], worth[back.event_id]["cde_k12"]) == ("denies_in_part", "denies")


def test_a_refusal_in_another_record_stands_against_it() -> None:
    other = withdrawal("other", "csu", published_at=NOON - 1, controllers=["csac"])
    worth = counts(told(identity("csu"), GRANT, other))
    assert worth[GRANT.event_id] == {"ccc": "in_force", "csac": "refused", "edd": "in_force"}


def test_a_request_says_nothing() -> None:
    assert set(counts(told(consent(event_state="requested")))[GRANT.event_id].values()) == {"says_nothing"}


def test_what_was_retracted_was_never_said() -> None:
    gone = consent("gone", source_record_id="consent", operation="retract", published_at=NOON + 1)
    assert found(told(GRANT, gone))["records"] == []


def test_nothing_is_shown_of_anybody_else() -> None:
    ana = {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20", "ssn": "219-09-9981"}
    world = told(GRANT, identity(CSU, **ana))
    other = world.person_of(CSU, TOKENS[CSU])
    assert other != world.person_of("ccc", TOKENS["ccc"])
    assert found(world, other)["records"] == []


def test_nobody_is_called_so() -> None:
    with pytest.raises(ThroughlineError, match="no person is called so: `throughline explain EVENT_ID`"):
        found(told(GRANT), "f" * 32)


def test_every_code_has_words() -> None:
    assert all(TOLD.values())
    assert "    of csac: in force" in list(lines(found(told(GRANT))))
