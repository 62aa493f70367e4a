"""What decides beside partners' events: ticks, agreement versions, reissues, erasures; stewards' decisions, models."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from processors import sealing
from processors.consent.law.documents import rules_of
from processors.drafts import Draft
from processors.names import RESOLVED_EVENTS
from processors.records import Arrival, derived_id
from processors.resolve import decisions, erasing, rights, taking
from processors.state import Working
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
STAGE = "resolve"
MICROS_PER_MINUTE = 60_000_000
MICROS_PER_DAY = 86_400_000_000
ACTIVATED = "internal.agreement_activated.v1"
RULES = "internal.rules_activated.v1"
ORDERED = "internal.disclosure_ordered.v1"
REISSUE = "internal.reissue_requested.v1"
DECIDED = "internal.identity_decided.v1"
CHOSEN = "internal.model_chosen.v1"


def tick(state: Working, now: int) -> list[Draft]:
    """The minute, where it is a new one; time never runs backwards in the log."""
    minute = now - now % MICROS_PER_MINUTE
    if minute <= (state.get("clock", "tick") or 0):
        return []
    state.put("clock", "tick", minute)
    row = {"tick_at": minute}
    return [Draft(RESOLVED_EVENTS, "clock", "internal.clock_ticked.v1", row, derived_id(str(minute), STAGE, 0))]


def today(state: Working) -> int:
    """Day of the latest tick, from 1970-01-01."""
    return int(state.get("clock", "tick") or 0) // MICROS_PER_DAY


def passed_on(arrivals: Sequence[Arrival], state: Working) -> list[Draft]:
    """Records of the control topic as the log takes them: rules and agreements of a higher version, then the rest."""
    if not arrivals:
        return []
    decoded = _decoded(arrivals, (RULES, ACTIVATED, ORDERED, REISSUE))
    return [
        *(draft for arrival, row in decoded[RULES] for draft in _rules(arrival, row, state)),
        *(draft for arrival, row in decoded[ACTIVATED] for draft in _activated(arrival, row, state)),
        *(_into_log(arrival, ORDERED, row["person_id"], row) for arrival, row in decoded[ORDERED]),
        *(_into_log(arrival, REISSUE, row["recipient"], row) for arrival, row in decoded[REISSUE]),
    ]


def erasures(arrivals: Sequence[Arrival]) -> list[Row]:
    """Requests to erase persons."""
    if not arrivals:
        return []
    return [row for _, row in _decoded(arrivals, (erasing.REQUESTED,))[erasing.REQUESTED]]


def decided(arrivals: Sequence[Arrival], state: Working) -> dict[str, str]:
    """Take stewards' decisions in; records of which something else is decided now, each with the last one's id."""
    found: dict[str, str] = {}
    for _, row in _decoded(arrivals, (DECIDED,))[DECIDED]:
        found |= dict.fromkeys(decisions.take([row], state), str(row["decision_id"]))
    return found


def chosen(arrivals: Sequence[Arrival], state: Working, keys: sealing.Keys) -> list[Draft]:
    """Take choices of a model in; tell of those that are refused."""
    rows = [row for _, row in _decoded(arrivals, (CHOSEN,))[CHOSEN]]
    return [draft for row in rows for draft in taking.choose(row, state, keys)]


def _decoded(arrivals: Sequence[Arrival], subjects: Sequence[str]) -> dict[str, list[tuple[Arrival, Row]]]:
    """By subject: arrivals with their rows; what is neither is nothing to us."""
    found: dict[str, list[tuple[Arrival, Row]]] = defaultdict(list)
    for subject in subjects:
        ids = {version.id for version in catalog.versions_of(subject)}
        framed = [a for a in arrivals if a.value and wire.schema_id_of(a.value) in ids]
        rows: dict[int, Row] = {}
        for schema_id, places in wire.places_by_schema([a.value for a in framed]).items():
            decoded = codec.decode(schema_id or 0, wire.payloads_of(framed[i].value for i in places))
            rows |= {places[i]: row for row, i in zip(decoded.rows.to_pylist(), decoded.good, strict=True)}
        found[subject] = [(framed[i], rows[i]) for i in sorted(rows)]
    return found


def _activated(arrival: Arrival, row: Row, state: Working) -> list[Draft]:
    known = state.get("agreement", row["agreement_id"])
    if known is not None and known["version"] >= row["version"]:
        return []
    state.put("agreement", row["agreement_id"], row)
    if row["tier"] == "mou":
        former = state.get("mou", row["party"])
        if former is not None and former["kind"] != row["kind"]:
            rights.kind_changed(state, row["party"])
        state.put("mou", row["party"], row)
    return [_into_log(arrival, ACTIVATED, row["agreement_id"], row)]


def _rules(arrival: Arrival, row: Row, state: Working) -> list[Draft]:
    """Rules of a higher version than those in force; what is no document of rules is nothing to the log."""
    known = state.get("rules", "version") or 0
    try:
        rules_of(row["document"].encode())
    except ValueError:
        return []
    if row["version"] <= known:
        return []
    state.put("rules", "version", row["version"])
    return [_into_log(arrival, RULES, "rules", row)]


def _into_log(arrival: Arrival, subject: str, key: str, row: Row) -> Draft:
    return Draft(RESOLVED_EVENTS, key, subject, row, derived_id(arrival.position, STAGE, 0))
