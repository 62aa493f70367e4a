"""Disclosures in an emergency (34 CFR 99.36) or by a court's order (99.31(a)(9)): stated by one, approved by another.

An order is kept with each record that its person has when it is stated, so that it goes where the records go.
"""

from typing import Any

from processors.consent.book import Book

Row = dict[str, Any]


def take(book: Book, row: Row) -> list[str]:
    """Take a step of an order in: ``disclosure_ordered.avsc``.

    Returns:
        The person's records in which something is different now; none where the step is no next step of the order.
    """
    changed = []
    for record_key in book.records_of(row["person_id"]):
        record = book.record(record_key)
        known = {one["order_id"]: one for one in record["orders"]}
        after = _after(known.get(row["order_id"]), row)
        if after is not None:
            known[row["order_id"]] = after
            book.set_orders(record_key, [one for _, one in sorted(known.items())])
            changed.append(record_key)
    return changed


def _after(known: Row | None, row: Row) -> Row | None:
    """The order after a step; None where nothing comes of it: approved before it was stated, or by who stated it."""
    match row["state"]:
        case "stated" if known is None:
            terms = {name: row[name] for name in ("order_id", "recipient", "basis", "reason", "valid_until")}
            return {**terms, "stated_by": row["by"], "approved_by": "", "is_ended": False}
        case "approved" if known is not None and not known["is_ended"] and row["by"] != known["stated_by"]:
            return None if known["approved_by"] else {**known, "approved_by": row["by"]}
        case "ended" if known is not None and not known["is_ended"]:
            return {**known, "is_ended": True}
    return None
