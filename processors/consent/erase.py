"""A person is erased: what was released is taken back from everybody, and everything about the records is forgotten.

That it happened stays in the audit. Table: erased (record: 1), by which their keys are destroyed after this is sent.
"""

from processors import counts
from processors.consent import audit, sweep
from processors.consent.law.rules import Reason
from processors.consent.log import Entry
from processors.consent.policy import Audited
from processors.consent.release import Sent
from processors.consent.settle import Batch, Row, decide_person
from schemas_avro import codec

ERASED = "erased"


def person_erased(batch: Batch, entry: Entry) -> None:
    """Take everything of the records back, and forget them; whoever is left with their person is decided again."""
    persons: set[str] = set()
    counts.erased(batch.book.state, entry.row["reason"], len(entry.row["record_keys"]))
    for record_key in entry.row["record_keys"]:
        batch.book.state.put(ERASED, record_key, 1)
        record = batch.book.record(record_key)
        persons.add(record["person"])
        sweep.forget_days(batch, record_key, [order["valid_until"] + 1 for order in record["orders"]])
        for key, fact in batch.book.facts(record_key):
            _take_back(batch, fact, entry)
            _forget_days(batch, record_key, fact)
            batch.book.state.put("fact", key, None)
        batch.book.forget(record_key)
    for person_id in sorted(persons):
        decide_person(batch, person_id, entry)


def event_withheld(batch: Batch, entry: Entry) -> None:
    """An event of an erased record came: nobody is decided for."""
    row = entry.row
    batch.ended(entry, counts.WITHHELD, (row["reason"],))
    nobody = (counts.WITHHELD, audit.decided(()), audit.START)
    batch.audits.append(audit.Record(row, "", row["event_id"], entry.position, *nobody))


def _take_back(batch: Batch, fact: Row, entry: Entry) -> None:
    for event in fact["versions"]:
        held = fact["held"].get(event["event_id"])
        if not held:
            continue
        denied = []
        for recipient, current in sorted(held.items()):
            batch.sent.append(Sent(entry, event, b"", recipient, current, Reason.ERASED.value))
            denied.append(_erased(recipient, current["terms"]))
        outcome = (counts.WITHHELD, audit.decided(tuple(denied)), audit.START)
        batch.audits.append(audit.Record(event, entry.row["person_id"], entry.id, entry.position, *outcome))


def _erased(recipient: str, terms: Row) -> Audited:
    """The denial that ends what was released on some terms."""
    agreement = (terms["agreement_id"], terms["agreement_version"])
    return Audited(recipient, "deny", Reason.ERASED.value, *agreement, (), terms["purpose"], ())


def _forget_days(batch: Batch, record_key: str, fact: Row) -> None:
    """Nothing waits for days that an erased consent has named; where its key is gone, it never did."""
    for event in fact["versions"]:
        if event["family"] == "consent" and (body := batch.body_of(event)) is not None:
            [row] = codec.decode(event["body_schema_id"], [body]).rows.to_pylist()
            sweep.forget_days(batch, record_key, sweep.days_of(row))
