"""What the decisions count for operators: sums that fit, labels from closed sets."""

import pytest
from support import sam
from support.events import NOON, Message, message
from support.worlds import PureWorld

from processors import counts
from processors.consent.law.rules import Reason
from processors.resolve.codes import Code
from processors.resolve.matching.vetoes import SUFFIXES, VETOES
from processors.state import Memory, Working
from schemas_avro import catalog

STRANGER = Message("partner.unheard_of.enrolment", b"1", b"no event", {})


def world(*messages: Message) -> PureWorld:
    """A world to which these were sent one after the other."""
    made = PureWorld()
    for sent in messages:
        made.send(*sent[:4])
    return made.settle()


def test_every_event_is_counted_once_at_the_gate_and_once_at_consent() -> None:
    told = world(sam.identity("csac"), sam.award(), sam.award(), STRANGER)
    assert {labels: n for labels, n in told.counts["resolve"].items() if not labels[0].startswith("identity_")} == {
        ("events", "identity", "admitted", ""): 1,
        ("events", "aid", "admitted", ""): 1,
        ("events", "aid", "repeated", ""): 1,
        ("events", "other", "rejected", "bad_framing"): 1,
        ("dead_letters", "other", "bad_framing"): 1,
    }
    of_events = {labels: n for labels, n in told.counts["consent"].items() if labels[0] == "events"}
    assert sum(of_events.values()) == 1
    assert of_events.keys() <= {("events", "aid", "withheld", r.value) for r in Reason} | {
        ("events", "aid", "withheld", "several")
    }


def test_every_recipients_denial_is_counted_by_its_reason() -> None:
    told = world(sam.identity("csac"), sam.award())
    [decision] = [row for row in told.rows("audit.decisions") if row["family"] == "aid"]
    denied = [d["reason"] for d in decision["decided"] if d["effect"] == "deny"]
    assert {labels[2]: n for labels, n in told.counts["consent"].items() if labels[0] == "denials"} == {
        reason: denied.count(reason) for reason in denied
    }


def test_a_log_that_repeats_is_counted_as_such() -> None:
    told = world(sam.identity("csac"), sam.award())
    told.decide_again(told.topics["resolved.events"])
    assert told.counts["consent"]["events", "aid", "repeated", ""] == 1


def test_releases_and_retractions_are_counted_as_they_go_out() -> None:
    told = world(
        *(sam.identity(p, f"identity {p}") for p in ("csac", "ccc", sam.CENTER)),
        sam.caseload(), sam.consent(), sam.award(), sam.enrolled(), sam.withdrawal(),
    )  # fmt: skip
    sent = {topic: told.rows(topic) for topic in told.topics if topic.startswith("released.")}
    found = {
        (topic.removeprefix("released."), "retracted", row["reason"])
        if "reason" in row
        else (topic.removeprefix("released."), "released", row["release"]["basis"])
        for topic, rows in sent.items()
        for row in rows
        if "release" in row
    }
    counted = {labels[1:]: n for labels, n in told.counts["consent"].items() if labels[0] == "releases"}
    assert counted.keys() == found
    assert sum(counted.values()) == sum("release" in row for rows in sent.values() for row in rows)
    assert (sam.CENTER, "retracted", "consent_refused_or_withdrawn") in found


def test_freshness_is_noted_for_partners_that_have_an_agreement_and_all_others_together() -> None:
    told = world(sam.identity("csac"), sam.award(), STRANGER)
    arrived = told.now // 1000 * 1000
    assert told.newest == {("published", "csac"): NOON, ("arrived", "csac"): arrived, ("arrived", "other"): arrived}


def test_labels_come_from_closed_sets_only() -> None:
    told = world(sam.identity("csac"), sam.identity("ccc", "other identity"), sam.award(), sam.consent(), STRANGER)
    reasons = {r.value for r in Reason} | {c.value for c in Code} | {counts.NOBODY, counts.SEVERAL, counts.NONE}
    outcomes = {"admitted", "repeated", "rejected", "applied", "carried", "withheld"}
    every = [*told.counts["resolve"], *told.counts["consent"]]
    of_identity = {labels for labels in every if labels[0].startswith("identity_")}
    partners = {"csac", "ccc"}
    assert {label for labels in of_identity for label in labels[1:]} <= {
        *counts.KINDS_OF_CHANGES,
        *counts.NAMES_OF_VETOES,
        *partners,
    }
    assert {labels[0] for labels in of_identity} >= {"identity_changes", "identity_links", "identity_blocks"}
    for named in set(every) - of_identity:
        if named[0] == "events":
            assert named[1] in {*catalog.FAMILIES, "other"}
            assert named[2] in outcomes
        assert named[-1] in ({"day", "everyone"} if named[0] == "swept_persons" else reasons)


def test_codes_that_a_table_known_not_to_be_whole_lacks_are_counted_by_partner_and_table() -> None:
    enrolled = [
        message("ccc", "enrollment", "c1", name, calpads_exit_reason=code, exit_type=left)
        for name, code, left in [
            ("e1", "T999", "01921"),
            ("e2", "T999", "gone"),
            ("e3", "E155", None),
            ("e4", None, None),
        ]
    ]
    told = world(*enrolled)
    counted = {labels[1:]: n for labels, n in told.counts["resolve"].items() if labels[0] == "unlisted_codes"}
    assert counted == {("ccc", "calpads_exit_reason"): 2, ("ccc", "ceds_exit_type"): 1}


def with_agreements(*partners: str) -> Working:
    """State of a decision that knows these partners' agreements."""
    state = Working(Memory())
    for partner in partners:
        state.put("mou", partner, {})
    return state


def test_records_that_change_persons_vetoes_and_blocking_keys_are_counted_as_they_are_told() -> None:
    state = with_agreements()
    counts.identity_changed(state, "merged", 3)
    counts.identity_changed(state, "merged")
    counts.identity_vetoed(state, "twins", 2)
    counts.blocks_asked(state, 40, 1)
    counts.blocks_asked(state, 2, 0)
    assert state.counts == {
        ("identity_changes", "merged"): 4, ("identity_vetoes", "twins"): 2,
        ("identity_blocks",): 42, ("identity_blocks_capped",): 1,
    }  # fmt: skip


def test_a_review_is_counted_when_it_is_opened_and_when_it_is_closed() -> None:
    state = with_agreements()
    counts.review_opened(state, "grey", 2)
    counts.review_closed(state, "grey")
    assert state.counts == {("identity_reviews_opened", "grey"): 2, ("identity_reviews_closed", "grey"): 1}


def test_a_link_is_counted_by_the_partners_of_both_records_whichever_is_named_first() -> None:
    state = with_agreements("csac", "ccc")
    counts.identity_linked(state, "csac", "ccc", 2)
    counts.identity_linked(state, "ccc", "csac")
    counts.identity_linked(state, "ccc", "ccc")
    counts.identity_linked(state, "nobody", "ccc")
    assert state.counts == {
        ("identity_links", "ccc", "csac"): 3,
        ("identity_links", "ccc", "ccc"): 1,
        ("identity_links", "ccc", "other"): 1,
    }


def test_what_is_not_in_a_closed_set_of_identity_is_other() -> None:
    state = with_agreements()
    counts.identity_changed(state, "Zyxqvanna")
    counts.identity_vetoed(state, "Zyxqvanna")
    counts.review_opened(state, "Zyxqvanna")
    counts.review_closed(state, "Zyxqvanna")
    counts.steward_decided(state, "Zyxqvanna")
    counts.model_refused(state, "Zyxqvanna")
    counts.identity_linked(state, "Zyxqvanna", "Zyxqvanna")
    assert {label for _, *labels in state.counts for label in labels} == {"other"}


def symbols(schema: str, name: str) -> list[str]:
    """Symbols of an enumeration of a schema."""
    kinds = {kind["name"]: kind for kind in catalog.named_types(catalog.read(f"internal/{schema}"))}
    return list(kinds[name]["symbols"])


@pytest.mark.parametrize(
    ("closed", "source"),
    [
        (counts.KINDS_OF_CHANGES, [kind for kind in symbols("identity_changed", "ChangeKind") if kind != "applied"]),
        (counts.NAMES_OF_VETOES, [*VETOES, SUFFIXES]),
        (counts.KINDS_OF_DECISIONS, symbols("identity_decided", "IdentityDecisionKind")),
        (counts.REASONS_OF_REVIEWS, symbols("identity_review", "IdentityReviewReason")),
        (counts.REFUSALS_OF_MODELS, symbols("model_refused", "ModelRefusal")),
    ],
)
def test_the_closed_sets_of_identity_are_those_of_contract_and_engine(
    closed: tuple[str, ...], source: list[str]
) -> None:
    assert sorted(closed) == sorted(source)
