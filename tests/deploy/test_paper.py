"""Consents taken on paper: what is refused before anything is sent, and what the event and the receipt say."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from support.worlds import shipped_agreements

from deploy import paper
from deploy.paper import Paper
from partners.rows import days, micros
from processors.consent.law.facts import Category, Purpose
from processors.resolve.content import FIRST_DAY
from streams.errors import ThroughlineError

TODAY = date(2026, 9, 21)
NOW = datetime(2026, 9, 21, 15, 30, tzinfo=UTC)
SCOPE = {
    "controllers": ("ccc", "csac"), "records": ("education", "aid"), "purposes": ("transfer_advising",),
    "recipients": ("ccc_transfer_center",),
}  # fmt: skip
SIGNED = Paper("ccc", "s-1", "given", "student", SCOPE, signed=date(2026, 9, 14))
NOTHING = dict.fromkeys(paper.SCOPE, ())
TAKEN_BACK = Paper("ccc", "s-1", "withdrawn", "student", NOTHING)


def refused(said: Paper) -> str:
    """The line that refuses it."""
    with pytest.raises(ThroughlineError) as error:
        paper.checked(said, shipped_agreements(), TODAY)
    assert "s-1" not in str(error.value)
    return str(error.value)


def of(**named: tuple[str, ...]) -> Paper:
    """The consent with another scope."""
    return replace(SIGNED, scope={**SCOPE, **named})


@pytest.mark.parametrize("said", [SIGNED, TAKEN_BACK, replace(TAKEN_BACK, scope={**NOTHING, "records": ("wage",)})])
def test_what_the_gate_would_take_is_taken(said: Paper) -> None:
    paper.checked(said, shipped_agreements(), TODAY)
    paper.pass_gate(paper.row_of(said, NOW), shipped_agreements(), NOW)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (replace(SIGNED, signed=date(1999, 1, 2)), "date_out_of_range in published_at"),
        (replace(SIGNED, valid_until=date(2300, 1, 1)), "date_out_of_range in valid_until"),
        (replace(SIGNED, consent_id="219-09-9998"), "ssn_in_text in consent_id"),
    ],
)
def test_what_the_gate_alone_finds_is_not_sent_either(said: Paper, told: str) -> None:
    paper.checked(said, shipped_agreements(), TODAY)
    with pytest.raises(ThroughlineError, match=f"nothing was sent, resolve would reject it: {told}"):
        paper.pass_gate(paper.row_of(said, NOW), shipped_agreements(), NOW)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (replace(SIGNED, partner_id="cccc"), "no memorandum of cccc is in force: did you mean ccc? "),
        (replace(SIGNED, partner_id="csac"), "mou-csac lets csac publish no consents"),
        (replace(SIGNED, local_id=" "), "no local id was given"),
        (of(controllers=("ccc", "cde_k12")), "mou-ccc does not let it speak for cde_k12"),
        (of(controllers=()), "--controllers is empty: a consent names them (34 CFR 99.30(b))"),
        (of(records=("*",)), "--records names each, never * (34 CFR 99.30(b))"),
        (of(records=("wages",)), "there are no records of kind wages: did you mean wage?"),
        (of(purposes=("other",)), "there is no purpose other"),
        (of(purposes=("transfer",)), "there is no purpose transfer: there is academic_advising"),
        (of(recipients=("nobody",)), "no agreement shares anything with nobody: there is ccc_transfer_center"),
        (replace(SIGNED, basis="parent"), "--basis parent is no right of --by student"),
        (replace(SIGNED, language="es"), "--language takes three letters"),
        *(
            (replace(SIGNED, retention=text), "--retention takes a duration")
            for text in ("1 year", "P", "PT1H", "P1YM")
        ),
        (replace(SIGNED, signed=date(2026, 9, 22)), "--signed 2026-09-22 is still to come"),
        (replace(SIGNED, valid_until=date(2026, 9, 13)), "--until 2026-09-13 lies before 2026-09-14"),
        (replace(SIGNED, valid_until=date(2026, 9, 20)), "--until 2026-09-20 has passed"),
        (
            replace(SIGNED, valid_from=date(2026, 12, 1), valid_until=date(2026, 11, 1)),
            "--until 2026-11-01 lies before 2026-12-01",
        ),
        (replace(TAKEN_BACK, scope={**NOTHING, "recipients": ("*",)}), "--recipients names each, never *"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_remedy(said: Paper, told: str) -> None:
    line = refused(said)
    assert line.startswith(told)
    assert len(line.splitlines()) == 1


def test_an_agreement_that_is_over_lets_nobody_speak() -> None:
    over = [one.model_copy(update={"effective_to": date(2026, 9, 20)}) for one in shipped_agreements()]
    with pytest.raises(ThroughlineError, match="no memorandum of ccc is in force"):
        paper.checked(SIGNED, over, TODAY)


def test_the_event_says_what_the_paper_says() -> None:
    row = paper.row_of(
        replace(SIGNED, evidence_hash="e" * 64, language="spa", retention="P18M", valid_until=date(2027, 6, 30)), NOW
    )
    envelope, body = row["envelope"], row["body"]
    assert (envelope["partner_id"], envelope["subject_token"], envelope["operation"]) == ("ccc", "s-1", "assert")
    assert (body["event_state"], body["granted_by_role"], body["authentication_level"]) == (
        "given", "student", "signed_paper",
    )  # fmt: skip
    assert [body[name] for name in ("controllers", "records_covered", "purposes", "recipients")] == [
        list(named) for named in SCOPE.values()
    ]
    assert (body["valid_from"], body["valid_until"]) == (None, days(date(2027, 6, 30)))
    assert (body["evidence_hash"], body["language"], body["retention_period"]) == ("e" * 64, "spa", "P18M")
    assert FIRST_DAY <= envelope["occurred_on"] == days(date(2026, 9, 14))


def test_a_consent_counts_from_the_day_it_was_signed_and_a_withdrawal_from_now() -> None:
    """So a paper that lay about is no newer than what was withdrawn meanwhile."""
    signed = datetime(2026, 9, 14, tzinfo=UTC)
    row = paper.row_of(SIGNED, NOW)
    assert (row["envelope"]["published_at"], row["body"]["given_at"]) == (micros(signed), micros(signed))
    today = paper.row_of(replace(SIGNED, signed=TODAY), NOW)
    assert today["envelope"]["published_at"] == micros(NOW)
    back = paper.row_of(replace(TAKEN_BACK, signed=date(2026, 9, 14)), NOW)
    assert (back["envelope"]["published_at"], back["body"]["given_at"]) == (micros(NOW), micros(signed))


def test_a_withdrawal_of_which_no_part_is_named_is_of_everything() -> None:
    body = paper.row_of(TAKEN_BACK, NOW)["body"]
    assert [body[name] for name in ("controllers", "records_covered", "purposes", "recipients")] == [[], [], [], []]


def test_statements_of_one_consent_are_facts_of_their_own() -> None:
    one, other = (paper.row_of(replace(SIGNED, consent_id="c-1"), NOW) for _ in range(2))
    assert one["body"]["consent_id"] == other["body"]["consent_id"] == "c-1"
    for name in ("event_id", "source_record_id"):
        assert one["envelope"][name] != other["envelope"][name]


def test_the_receipt_names_what_was_agreed_to_and_nobody() -> None:
    row = paper.row_of(SIGNED, NOW)
    receipt = paper.receipt_of(SIGNED, row)
    assert receipt["receipt_id"] == row["body"]["receipt_id"]
    assert (receipt["signed_on"], receipt["valid_until"]) == ("2026-09-14", None)
    assert receipt["purposes"] == ["transfer_advising"]
    assert "s-1" not in str(receipt)
    assert "s-1" not in repr(SIGNED)


def test_the_words_are_those_of_the_rules_of_law() -> None:
    assert set(paper.PURPOSES) == {one.value for one in Purpose} - {"other"}
    assert {"education", "wage"} <= {one.value for one in Category}
