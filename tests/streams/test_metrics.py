"""A process's metrics as Prometheus reads them."""

import re
from collections.abc import Mapping

import pytest
from prometheus_client import Counter, Gauge, Histogram, Info
from prometheus_client.parser import text_string_to_metric_families

from processors import counts
from processors.state import Memory, Working
from streams.histogram import BulkHistogram
from streams.metrics import SPECS, Metrics
from streams.pulse import ANSWER_SECONDS, Done, Progress, Pulse, Standing, Written

AID = ("partner.csac.aid", 0)


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, by name and labels."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return read(metrics).get((name, frozenset(labels.items())))


def done(**said: object) -> Done:
    parts: Mapping[str, object] = {"records": 1, "read": {}, "appended": {}, "sent": {}, "outs": 0, **said}
    return Done(**parts)  # type: ignore[arg-type]


def test_what_decisions_counted_adds_up_over_batches() -> None:
    metrics = Metrics("resolve", Pulse())
    for _ in range(2):
        metrics.done(done(counts={("events", "aid", "admitted", ""): 3, ("dead_letters", "csac", "too_large"): 1}))
    labels = {"stage": "resolve", "family": "aid", "outcome": "admitted", "reason": ""}
    assert value(metrics, "throughline_events_total", **labels) == 6
    assert value(metrics, "throughline_dead_letters_total", partner="csac", code="too_large") == 2


def test_freshness_never_goes_back() -> None:
    metrics = Metrics("resolve", Pulse())
    for micros in (5_000_000, 3_000_000):
        metrics.done(done(newest={("published", "csac"): micros}))
    assert value(metrics, "throughline_partner_published_timestamp_seconds", partner="csac") == 5


def test_a_partners_dead_letters_begin_at_0_so_that_the_first_is_a_rise() -> None:
    metrics = Metrics("resolve", Pulse())
    assert value(metrics, "throughline_dead_letters_total", partner="csac", code="too_large") is None
    metrics.know_partners(["csac"])
    assert value(metrics, "throughline_dead_letters_total", partner="csac", code="too_large") == 0


def test_what_a_decision_counts_of_identity_is_told() -> None:
    metrics, state = Metrics("resolve", Pulse()), Working(Memory())
    state.put("mou", "csac", {})
    counts.identity_changed(state, "merged", 3)
    counts.identity_vetoed(state, "shared_number")
    counts.identity_linked(state, "csac", "nobody", 2)
    counts.review_opened(state, "grey", 5)
    counts.review_closed(state, "capped")
    counts.steward_decided(state, "same")
    counts.model_refused(state, "other_version")
    counts.blocks_asked(state, 40, 1)
    metrics.done(done(counts=state.counts))
    found = read(metrics)
    told = {
        (name, *sorted(labels)): n for (name, labels), n in found.items() if name.startswith("throughline_identity")
    }
    assert told == {
        ("throughline_identity_changes_total", ("kind", "merged")): 3,
        ("throughline_identity_vetoes_total", ("veto", "shared_number")): 1,
        ("throughline_identity_links_total", ("other", "other"), ("partner", "csac")): 2,
        ("throughline_identity_reviews_opened_total", ("reason", "grey")): 5,
        ("throughline_identity_reviews_closed_total", ("reason", "capped")): 1,
        ("throughline_identity_decisions_total", ("decision", "same")): 1,
        ("throughline_identity_models_refused_total", ("reason", "other_version")): 1,
        ("throughline_identity_blocks_total",): 40,
        ("throughline_identity_blocks_capped_total",): 1,
    }


def test_what_is_counted_of_identity_begins_at_0_where_it_is_counted() -> None:
    metrics = Metrics("resolve", Pulse())
    assert value(metrics, "throughline_identity_changes_total", kind="split") is None
    metrics.begin_identity()
    assert value(metrics, "throughline_identity_changes_total", kind="split") == 0
    assert value(metrics, "throughline_identity_vetoes_total", veto="twins") == 0
    assert value(metrics, "throughline_identity_reviews_opened_total", reason="grey") == 0
    assert value(metrics, "throughline_identity_reviews_closed_total", reason="grey") == 0
    assert value(metrics, "throughline_identity_decisions_total", decision="same") == 0
    assert value(metrics, "throughline_identity_models_refused_total", reason="other_name") == 0
    assert value(metrics, "throughline_identity_blocks_total") == 0


def test_what_becomes_of_orders_begins_at_0_and_is_told() -> None:
    metrics, state = Metrics("consent", Pulse()), Working(Memory())
    metrics.begin_orders()
    name = "throughline_disclosure_orders_total"
    assert value(metrics, name, step="stated", outcome="withheld", reason="nobody") == 0
    counts.ordered(state, "stated", "nobody")
    counts.ordered(state, "approved", None)
    metrics.done(done(counts=state.counts))
    assert value(metrics, name, step="stated", outcome="withheld", reason="nobody") == 1
    assert value(metrics, name, step="approved", outcome="carried", reason="") == 1


def test_lag_is_looked_at_by_the_loop_once_a_second() -> None:
    now, standings, looks = [0.0], [Standing(AID, 0, 4, 9)], list[float]()
    pulse = Pulse(lambda: now[0])
    metrics = Metrics("resolve", pulse)
    metrics.follow(lambda: looks.append(now[0]) or standings)  # type: ignore[func-returns-value]
    pulse.answered()
    for now[0] in (0.0, 0.4, 0.8, 1.0):
        pulse.turned()
    assert looks == [0, 1]
    assert value(metrics, "throughline_lag_events", stage="resolve", topics="partner.*.aid") == 5
    standings[0] = Standing(AID, 0, 9, 9)
    now[0] = 2
    pulse.answered()
    pulse.turned()
    assert value(metrics, "throughline_lag_events", stage="resolve", topics="partner.*.aid") == 0
    assert value(metrics, "throughline_lag_seconds", stage="resolve", topics="partner.*.aid") == 0


def test_who_is_followed_anew_is_looked_at_as_often_as_before_and_the_one_before_no_more() -> None:
    now, looks = [0.0], list[str]()
    pulse = Pulse(lambda: now[0])
    metrics = Metrics("consent", pulse)
    metrics.follow(lambda: looks.append("first turn") or ())  # type: ignore[func-returns-value]
    pulse.turned()
    metrics.follow(lambda: looks.append("second turn") or ())  # type: ignore[func-returns-value]
    for now[0] in (1.0, 1.4, 2.0):
        pulse.turned()
    assert looks == ["first turn", "second turn", "second turn"]


def test_lag_is_not_told_while_the_broker_is_away_and_is_again_when_it_is_back() -> None:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    metrics = Metrics("resolve", pulse)
    metrics.follow(lambda: [Standing(AID, 2, 1, 9)])

    def lag() -> list[float | None]:
        names = ("throughline_lag_events", "throughline_lag_seconds", "throughline_missing_events")
        return [value(metrics, name, stage="resolve", topics="partner.*.aid") for name in names]

    pulse.turned()
    assert lag() == [None] * 3, "the broker has not answered yet"
    pulse.answered()
    assert None not in lag()
    pulse.waits("broker")
    assert lag() == [None] * 3
    pulse.goes_on()
    assert None not in lag()
    now[0] = ANSWER_SECONDS + 1
    pulse.turned()
    assert lag() == [None] * 3
    pulse.waits("store")
    assert None not in lag(), "who waits for the disk falls behind, and that can be seen"


def test_lag_is_told_of_a_loop_that_hangs() -> None:
    """It is in no state to hear the broker; how old what it has not read may be is known all the same."""
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    metrics = Metrics("resolve", pulse)
    metrics.follow(lambda: [Standing(AID, 0, 9, 9)])
    pulse.answered()
    pulse.turned()
    now[0] = ANSWER_SECONDS + 1
    assert value(metrics, "throughline_lag_seconds", stage="resolve", topics="partner.*.aid") is not None


def test_waits_are_told_by_friend_and_counted_once() -> None:
    pulse = Pulse()
    metrics = Metrics("consent", pulse)
    assert value(metrics, "throughline_waits_total", stage="consent", friend="broker") == 0
    pulse.waits("broker")
    pulse.waits("broker")
    pulse.waits("store")
    read(metrics)
    assert value(metrics, "throughline_waits_total", stage="consent", friend="broker") == 2
    assert value(metrics, "throughline_waits_total", stage="consent", friend="store") == 1


def test_a_sweep_shows_how_far_it_is_and_that_it_has_ended() -> None:
    sweeps = [Progress("everyone", is_running=True, done=200, persons=900)]
    metrics = Metrics("consent", Pulse(), lambda: sweeps)
    assert value(metrics, "throughline_sweep_running", sweep="everyone") == 1
    assert value(metrics, "throughline_sweep_done_persons", sweep="everyone") == 200
    assert value(metrics, "throughline_sweep_persons", sweep="everyone") == 900
    sweeps[0] = Progress("everyone", is_running=False)
    assert value(metrics, "throughline_sweep_running", sweep="everyone") == 0


def test_what_the_sink_wrote_is_told_by_family_and_rule() -> None:
    metrics = Metrics("serve", Pulse())
    signals = [("sap_lost", "raised"), ("sap_lost", "raised")]
    metrics.written(Written(3, {}, 0.1, 4, 2, 1, {"aid": [0.1, 3, 1e9]}, [0.3], signals))
    found = read(metrics)
    name = "throughline_delivery_seconds"
    buckets = {
        le: found[f"{name}_bucket", frozenset({("family", "aid"), ("le", le)})] for le in ("0.25", "3.0", "+Inf")
    }
    assert buckets == {"0.25": 1, "3.0": 2, "+Inf": 3}
    assert found[f"{name}_count", frozenset({("family", "aid")})] == 3
    assert found[f"{name}_sum", frozenset({("family", "aid")})] == pytest.approx(1e9 + 3.1)
    assert found["throughline_skipped_offsets_total", frozenset({("stage", "serve")})] == 4
    assert found["throughline_repeats_total", frozenset({("stage", "serve")})] == 2
    assert found["throughline_gap_records_total", frozenset({("stage", "serve")})] == 1
    assert found["throughline_signals_total", frozenset({("rule", "sap_lost"), ("state", "raised")})] == 2


def test_a_gap_is_counted_from_nothing_on_and_repeats_beside_it() -> None:
    metrics = Metrics("consent", Pulse())
    assert value(metrics, "throughline_gap_records_total", stage="consent") == 0
    metrics.done(done(repeats=3, missing=2))
    assert value(metrics, "throughline_gap_records_total", stage="consent") == 2
    assert value(metrics, "throughline_repeats_total", stage="consent") == 3


def test_many_processes_can_have_metrics_in_one() -> None:
    first, second = Metrics("resolve", Pulse()), Metrics("resolve", Pulse())
    first.done(done(outs=5))
    assert value(second, "throughline_sent_records_total", stage="resolve") is None


SUFFIXES = {Counter: "_total", Info: "_info", Histogram: ("_seconds", "_records"), BulkHistogram: "_seconds"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_names_go_by_prometheus_conventions(spec: object) -> None:
    name, kind, labels = spec.name, spec.kind, spec.labels  # type: ignore[attr-defined]
    assert re.fullmatch(r"throughline(_[a-z]+)+", name)
    if kind is Gauge:
        units = (
            "_seconds",
            "_events",
            "_records",
            "_persons",
            "_live",
            "_ready",
            "_running",
            "_stopped",
            "_acting",
            "_level",
            "_schemas",
        )
        assert name.endswith(units)
        assert not name.endswith(("_total", "_info"))
    else:
        assert name.endswith(SUFFIXES[kind])
    assert all(re.fullmatch(r"[a-z]+", label) for label in labels)
