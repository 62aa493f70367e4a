"""The worklist: what signals mean in words, who is listed in which order, and what stands in the address."""

import datetime as dt
from typing import Any

import pytest

from portal.facts import Names
from portal.known import Known
from portal.signal_words import meaning
from portal.signals import SignalView, open_signals
from portal.worklist import Client, Wanted, choices, listed, site_code
from processors.consent.agreements import EPOCH
from processors.consent.heard import Heard
from processors.consent.law.shipped import SHIPPED
from sinks.signal_rows import StoredSignal
from sinks.stored import Assignment, Outline, Terms
from tests.portal.served import DAY, ME, NAMES, NOON, TODAY, framework, signal

MOMENT = dt.datetime.fromtimestamp(NOON / 1_000_000, dt.UTC)
NAMED = Names(NAMES, {})
NOW = Known(ME, Heard([(0, one) for one in framework(ME)], [(0, 1, SHIPPED)]), MOMENT)
TERMS = Terms(
    ME, "csac", "aid", "college_counseling", f"dsa-consent-{ME}", "consent", ("consent-1",), None, ("amounts", "core"),
    ("ferpa.30.consent/1",),
)  # fmt: skip


def day(days: int) -> dt.date:
    """A day, so many from today."""
    return EPOCH + dt.timedelta(days=TODAY + days)


@pytest.mark.parametrize(
    ("rule", "about", "due_on", "said"),
    [
        (
            "fafsa_incomplete",
            "2027-2028",
            98,
            "FAFSA not complete: school year 2027-2028, deadline Mar 2, 2027 (in 98 days)",
        ),
        (
            "fafsa_incomplete",
            "2027-2028",
            1,
            "FAFSA not complete: school year 2027-2028, deadline Nov 25, 2026 (tomorrow)",
        ),
        (
            "fafsa_incomplete",
            "2026-2027",
            -3,
            "FAFSA not complete: school year 2026-2027, deadline was Nov 21, 2026 (3 days ago)",
        ),
        ("fafsa_incomplete", "2026-2027", None, "FAFSA not complete: school year 2026-2027"),
        ("stopped_out", "267", None, "Stopped out: enrolled in fall 2026, not in spring 2027"),
        ("stopped_out", "273", None, "Stopped out: enrolled in spring 2027, not in fall 2027"),
        ("stopped_out", "275", None, "Stopped out: enrolled in summer 2027, not since"),
        ("sap_lost", "2026-2027", None, "Aid eligibility lost: academic progress too low, aid year 2026-2027"),
        ("new_rule", "2026-2027", None, "New rule: 2026-2027"),
    ],
)
def test_a_signal_is_said_as_a_counselor_would(rule: str, about: str, due_on: int | None, said: str) -> None:
    assert meaning(rule, about, None if due_on is None else day(due_on), day(0)) == said


def stored(rule: str = "sap_lost", *evidence: str, **changed: Any) -> StoredSignal:
    """A raised signal about p1 as the view keeps it."""
    row = {**signal(rule, "p1", *(evidence or ("e1",))), "seq": 7, **changed}
    row["due_on"] = None if row["due_on"] is None else EPOCH + dt.timedelta(days=row["due_on"])
    times = {n: dt.datetime.fromtimestamp(row[n] / 1_000_000, dt.UTC) for n in ("raised_at", "changed_at")}
    return StoredSignal(**{**row, **times, "evidence_event_ids": tuple(row["evidence_event_ids"])})


def outline(event_id: str = "e1", **changed: Any) -> Outline:
    """A released row of p1."""
    terms = TERMS._replace(**{n: changed.pop(n) for n in list(changed) if n in Terms._fields})
    row = {"person_id": "p1", "event_id": event_id, "fact_id": "f1", "published_at": MOMENT}
    return Outline(
        **{**row, "operation": "assert", "state": "released", "seq": 3, "position": 1, "terms": terms, **changed}
    )


def told(signals: list[StoredSignal], *facts: list[Outline], now: Known = NOW, since: int = 0) -> list[str]:
    """Ids of the signals of p1 that may be told."""
    return [view.signal.signal_id for view in open_signals(signals, facts, now, NAMED, since).get("p1", [])]


def test_a_signal_whose_evidence_stands_is_told_with_where_it_comes_from() -> None:
    [view] = open_signals([stored()], [[outline()]], NOW, NAMED, 0)["p1"]
    [evidence] = view.evidence
    assert (evidence.fact_id, evidence.family, evidence.source) == ("f1", "Student aid", NAMES["csac"])
    assert evidence.agreement.citation == "34 CFR 99.30"
    assert (view.is_new, view.means) == (True, "Aid eligibility lost: academic progress too low, aid year 2026-2027")


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [[outline(state="retracted")]],
        [[outline(event_id="e2")]],
        [[outline(person_id="p2")]],
        [[outline(expires_on=day(-1))]],
        [[outline(consent_event_ids=())]],
        [[outline(purpose="something_else")]],
        [[outline(groups=("amounts",))]],
        [[outline(agreement_id="dsa-unknown")]],
        [[outline("e2", operation="retract"), outline()]],
        [[outline("e2", state="retracted"), outline()]],
        [[outline("e2", expires_on=day(-1)), outline()]],
    ],
)
def test_a_signal_is_not_told_where_what_it_rests_on_may_not_be_shown_now(facts: list[list[Outline]]) -> None:
    assert told([stored()], *facts) == []


def test_one_missing_row_of_several_hides_a_signal() -> None:
    both = stored("fafsa_incomplete", "e1", "e2")
    assert told([both], [outline()]) == []
    assert told([both], [outline()], [outline("e2", fact_id="f2")]) == ["fafsa_incomplete-p1"]


def test_a_corrected_row_still_carries_its_signal_until_the_signal_is_decided_again() -> None:
    assert told([stored()], [outline("e2"), outline()]) == ["sap_lost-p1"]


def test_a_signal_that_rests_on_nothing_is_not_told() -> None:
    assert told([stored(evidence_event_ids=[])], [outline()]) == []


@pytest.mark.parametrize("state", ["closed", "retracted"])
def test_what_is_not_raised_is_not_told(state: str) -> None:
    assert told([stored(state=state)], [outline()]) == []


def test_without_a_tick_no_signal_is_told() -> None:
    assert told([stored()], [outline()], now=Known(ME, NOW.heard, None)) == []


def test_signals_of_a_person_stand_the_most_urgent_first_then_by_deadline_then_the_oldest() -> None:
    signals = [
        stored("stopped_out", signal_id="low"),
        stored("fafsa_incomplete", signal_id="later", due_on=TODAY + 9),
        stored("fafsa_incomplete", signal_id="sooner", due_on=TODAY + 2),
        stored("sap_lost", signal_id="high, younger", raised_at=NOON),
        stored("sap_lost", signal_id="high, older", raised_at=NOON - DAY),
    ]
    assert told(signals, [outline()]) == ["high, older", "high, younger", "sooner", "later", "low"]


def view(rule: str, seq: int = 0, **changed: Any) -> SignalView:
    """A signal that may be told."""
    [found] = open_signals([stored(rule, seq=seq, **changed)], [[outline()]], NOW, NAMED, 5)["p1"]
    return found


def client(label: str, *signals: SignalView, site: str | None = "North", days_ago: int = 9, new: int = 0) -> Client:
    """A person of a caseload."""
    newest = outline(published_at=MOMENT - dt.timedelta(days=days_ago))
    return Client(Assignment(f"p-{label}", label, "counselor", site, None, newest), label, newest, new, signals)


CASELOAD = [
    client("ann", view("stopped_out"), days_ago=1),
    client("Bo", view("sap_lost"), site="South"),
    client("Cy", days_ago=0, new=2),
    client("Di", view("fafsa_incomplete", due_on=TODAY + 3), days_ago=5),
    client("Ed", view("fafsa_incomplete", seq=6, urgency="high", due_on=TODAY + 9), site=None),
]


def labels(query: str) -> list[str]:
    """Whom a query lists."""
    pairs = [tuple(pair.split("=")) for pair in query.split("&") if pair]
    return [c.label for c in listed(CASELOAD, Wanted.of((k, v) for k, v in pairs))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ed", "Bo", "Di", "ann", "Cy"]),
        ("order=name", ["ann", "Bo", "Cy", "Di", "Ed"]),
        ("order=newest", ["Cy", "ann", "Di", "Bo", "Ed"]),
        ("order=due", ["Di", "Ed", "Bo", "ann", "Cy"]),
        ("rule=sap_lost", ["Bo"]),
        ("rule=sap_lost&rule=stopped_out", ["Bo", "ann"]),
        ("urgency=high", ["Ed", "Bo"]),
        ("urgency=high&rule=fafsa_incomplete", ["Ed"]),
        ("show=open&order=name", ["ann", "Bo", "Di", "Ed"]),
        ("show=new", ["Ed", "Cy"]),
        ("show=new&show=open", ["Ed"]),
        (f"site={site_code('South')}", ["Bo"]),
        ("site=0000000000", []),
        ("rule=no_such_rule&order=sideways", ["Ed", "Bo", "Di", "ann", "Cy"]),
    ],
)
def test_an_address_lists_whom_it_asks_for_in_its_order(query: str, found: list[str]) -> None:
    assert labels(query) == found


def test_rule_and_urgency_are_asked_of_one_and_the_same_signal() -> None:
    both = client("x", view("sap_lost"), view("fafsa_incomplete", due_on=TODAY))
    assert listed([both], Wanted.of([("rule", "fafsa_incomplete"), ("urgency", "high")])) == []


def test_the_same_filters_have_one_address_whatever_order_they_were_chosen_in() -> None:
    pairs = [("urgency", "low"), ("rule", "stopped_out"), ("order", "due"), ("rule", "sap_lost"), ("name", "Alvarez")]
    wanted = Wanted.of(pairs)
    assert wanted.query == "rule=sap_lost&rule=stopped_out&urgency=low&order=due" == Wanted.of(pairs[::-1]).query
    assert (wanted.count, Wanted().query, Wanted.of([("order", "urgency")]).query) == (3, "", "")


def test_an_address_holds_nothing_of_a_sites_name() -> None:
    assert "South" not in Wanted.of([("site", site_code("South"))]).query


def test_every_filter_says_how_many_it_would_leave_beside_the_other_groups() -> None:
    groups = choices(CASELOAD, Wanted.of([("rule", "fafsa_incomplete")]))
    counts = {c.value: c.count for name in ("rule", "urgency", "show") for c in groups[name]}
    assert counts == {
        "fafsa_incomplete": 2, "stopped_out": 1, "sap_lost": 1, "high": 1, "medium": 1, "low": 0, "open": 2, "new": 1,
    }  # fmt: skip
    assert [(c.label, c.count) for c in groups["site"]] == [("North", 1), ("South", 0)]


def test_a_caseload_of_one_site_offers_no_choice_of_sites() -> None:
    assert choices(CASELOAD[2:4], Wanted())["site"] == []
