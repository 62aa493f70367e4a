"""Consent's decision: the ordered log in; releases and retractions for each recipient, and the audit, out."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from processors import counts, sealing
from processors.consent import audit, erase, log, orders, receipts, release, sweep, telling
from processors.consent.book import CIRCUMSTANCES, RULES, Book
from processors.consent.log import Entry, Event
from processors.consent.policy import Person
from processors.consent.settle import Batch, Context, decide_fact, decide_person
from processors.drafts import encode_drafts
from processors.records import Arrivals, Outs
from processors.state import Working
from schemas_avro import codec

Row = dict[str, Any]
STATEMENTS = {"consent", "caseload", "social_service"}
"""Families whose events change what is decided of others."""
STATEMENT = ("granted_by_role", "controllers", "records_covered", "purposes", "recipients", "valid_from", "valid_until")


def decide(arrivals: Arrivals, state: Working, context: Context) -> Outs:
    """Decide a batch of the log, in its order, then a slice of what is to be decided again."""
    entries = log.entries(arrivals)
    events = [entry for entry in entries if isinstance(entry, Event)]
    batch = Batch(Book(state), context, _bodies(events, context.keys))
    persons, records = {event.person_id for event in events}, {event.row["record_key"] for event in events}
    batch.book.prefetch(persons, records, [event.fact for event in events])
    for entry in entries:
        if isinstance(entry, Event):
            _event(batch, entry)
        else:
            HANDLERS[entry.name](batch, entry)
    sweep.next_slice(batch)
    batch.count()
    receipts.keep(batch.tally, state)
    return Outs.joined([release.encode(batch.sent), encode_drafts(batch.passed_on), audit.chained(batch.audits, state)])


def _bodies(events: Sequence[Event], keys: sealing.Keys) -> dict[str, Row]:
    """Bodies of the events that change what is decided, by event's key; one that cannot be opened is left out."""
    by_schema: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    for event in events:
        row = event.row
        if row["family"] in STATEMENTS and (body := release.body_of(row, keys)) is not None:
            by_schema[row["body_schema_id"]].append((event_key(event), body))
    found: dict[str, Row] = {}
    for schema_id, pairs in by_schema.items():
        rows = codec.decode(schema_id, [body for _, body in pairs]).rows.to_pylist()
        found.update({key: row for (key, _), row in zip(pairs, rows, strict=True)})
    return found


def event_key(event: Event) -> str:
    """Names one event: an id alone may be used by two partners."""
    return f"{event.fact}|{event.row['event_id']}"


def _ticked(batch: Batch, entry: Entry) -> None:
    """Time goes on; every partition of every recipient's topic hears of it."""
    before = batch.book.today()
    _issue_receipts(batch, entry)
    batch.book.state.put("clock", "tick", entry.row["tick_at"])
    batch.time_or_agreements_changed()
    for recipient in batch.book.register().recipients():
        telling.time(batch, recipient, entry)
    if before != batch.book.today():
        sweep.day_came(batch, entry, before)


def _issue_receipts(batch: Batch, tick: Entry) -> None:
    """Of submissions of which nothing came for a while partners are told what became of them."""
    state = batch.book.state
    receipts.keep(batch.tally, state)
    partners = frozenset(one.party for one in batch.book.agreements() if one.tier == "mou")
    batch.passed_on += receipts.issue(state, partners, state.get("clock", "tick") or 0, tick)


def _counted(batch: Batch, entry: Entry) -> None:
    """Events of a submission ended in resolve."""
    batch.tally.ended(entry.row)


def _activated(batch: Batch, entry: Entry) -> None:
    """An agreement comes into force; whose view it decides about hears of it, and of the time, to decide again."""
    row = entry.row
    batch.book.state.put("agreement", row["agreement_id"], row)
    batch.time_or_agreements_changed()
    register = batch.book.register()
    changed = register.by_id[row["agreement_id"]]
    for recipient in sorted(set(register.concerns(changed)) & set(register.recipients())):
        if row["tier"] == "dsa":  # it makes others matter that were there before it
            telling.all_in_force(batch, recipient, entry)
        else:
            telling.agreements(batch, recipient, entry, [changed])
        telling.time(batch, recipient, entry)
    sweep.over_everyone(batch, entry)


def _rules_activated(batch: Batch, entry: Entry) -> None:
    """Other rules of law come into force: every recipient hears of them, and everyone is decided again by them."""
    batch.book.state.put("rules", RULES, entry.row)
    batch.time_or_agreements_changed()
    for recipient in batch.book.register().recipients():
        telling.rules(batch, recipient, entry)
    sweep.over_everyone(batch, entry)


def _reissued(batch: Batch, entry: Entry) -> None:
    """A recipient's view is to be filled anew: agreements, rules, time, and then every release that holds."""
    recipient = entry.row["recipient"]
    if recipient in batch.book.register().recipients():
        telling.all_in_force(batch, recipient, entry)
        telling.time(batch, recipient, entry)
        sweep.over_everyone(batch, entry, {recipient})


def _rights_transferred(batch: Batch, entry: Entry) -> None:
    """Rights pass to students, or back; who is touched by it is decided again, once all that it says is known.

    Between two records of one person it would be decided by what never was, and twice at one place of the log: a view
    that gets both cannot tell which of them holds.
    """
    before: dict[str, Person] = {}
    for row in entry.row["transfers"]:
        before.setdefault(row["person_id"], batch.book.person(row["person_id"]))
        batch.book.place(row["record_key"], row["person_id"])
        batch.book.mark(row["record_key"], row["age"], row["attends"])
        batch.book.forget_if_empty(row["record_key"])
    for person_id, was in before.items():
        if batch.book.person(person_id) != was:
            decide_person(batch, person_id, entry)


def _moved(batch: Batch, entry: Entry) -> None:
    """Records change hands with all that is theirs, and every person touched is decided again as a whole.

    Of a record that nothing is known of nothing changes hands: it may have come to its person without a move as well.
    """
    touched: set[str] = set()
    for move in entry.row["moves"]:
        if batch.book.is_known(move["record_key"]):
            batch.book.place(move["record_key"], move["to_person_id"])
        touched |= {move["from_person_id"], move["to_person_id"]}
    for person_id in sorted(touched):
        decide_person(batch, person_id, entry)


def _event(batch: Batch, event: Event) -> None:
    """One event: remembered, then decided; a statement about consent or caseload has its whole person decided again."""
    row, book = event.row, batch.book
    fact = book.remember(event.fact, row)
    if fact is None:
        counts.came_before(book.state, row["family"])
        if event.submission:
            batch.tally.repeated((row["partner_id"], event.submission))
        return
    book.place(row["record_key"], event.person_id)
    if row["family"] not in STATEMENTS:
        decide_fact(batch, event, fact)
    elif event_key(event) in batch.bodies:
        _told(batch, event, fact)
    elif row["family"] == "consent":
        _audit_undecided(batch, event, "withheld")
    else:
        decide_fact(batch, event, fact)


def _told(batch: Batch, event: Event, fact: Row) -> None:
    """A statement is taken in; what the social services say is a fact of its own too, and seldom changes anything."""
    if event.row["family"] != "social_service":
        _fold(batch, event)
        _audit_undecided(batch, event, "applied")
        decide_person(batch, event.person_id, event)
        return
    before = batch.book.person(event.person_id)
    _fold(batch, event)
    decide_fact(batch, event, fact)
    if batch.book.person(event.person_id) != before:
        decide_person(batch, event.person_id, event)


def _ordered(batch: Batch, entry: Entry) -> None:
    """A disclosure in an emergency or by a court's order is stated, approved or ended; who is touched is decided again.

    Where nothing comes of it, operators are told.
    """
    taken = orders.take(batch.book, entry.row)
    counts.ordered(batch.book.state, entry.row["state"], None if taken.refusal is None else taken.refusal.value)
    for record_key in taken.changed:
        sweep.await_days(batch, record_key, [(taken.until or 0) + 1])
    for person_id in sorted({batch.book.record(record_key)["person"] for record_key in taken.changed}):
        decide_person(batch, person_id, entry)


def _fold(batch: Batch, event: Event) -> None:
    row, body = event.row, batch.bodies[event_key(event)]
    version = {"fact": row["fact_id"], **{k: row[k] for k in ("event_id", "published_at", "operation", "partner_id")}}
    if row["family"] == "consent":
        said = {name: body[name] for name in STATEMENT}
        batch.book.fold(row["record_key"], "statements", {**version, "state": body["event_state"], **said})
        sweep.await_days(batch, row["record_key"], sweep.days_of(body))
    elif row["family"] == "caseload":
        batch.book.fold(row["record_key"], "caseload", {**version, "state": body["assignment_state"]})
    else:
        batch.book.fold(row["record_key"], "circumstances", {**version, **_circumstances(body)})


def _circumstances(body: Row) -> Row:
    """By their names in the book, what a social service event says of ``CIRCUMSTANCES``."""
    said = (
        "placement_event", "responsible_agency", "unaccompanied_youth", "emancipated_minor", "address_confidential",
    )  # fmt: skip
    return {name: body[field] for name, field in zip(CIRCUMSTANCES, said, strict=True)}


def _audit_undecided(batch: Batch, event: Event, outcome: str) -> None:
    """Of an event that no recipient is decided for: a statement applied, or one that cannot be opened."""
    row = event.row
    batch.ended(event, outcome, ())
    nobody = (outcome, audit.decided(()), audit.START)
    batch.audits.append(audit.Record(row, event.person_id, row["event_id"], event.position, *nobody))


Handler = Callable[[Batch, Entry], None]
HANDLERS: dict[str, Handler] = {
    "clock_ticked": _ticked,
    "agreement_activated": _activated,
    "rules_activated": _rules_activated,
    "disclosure_ordered": _ordered,
    "reissue_requested": _reissued,
    "rights_transferred": _rights_transferred,
    "records_moved": _moved,
    "person_erased": erase.person_erased,
    "event_withheld": erase.event_withheld,
    "submission_counted": _counted,
}
"""What happens on each kind of record in the log that is no event of a partner."""
