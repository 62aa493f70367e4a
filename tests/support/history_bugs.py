"""Bugs to be planted in what consent decides: an oracle that does not find them proves nothing."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from simulation.bugs import Bug, replaced

from processors.consent import book, decide, erase, orders, policy, reading, rights, statements, sweep
from processors.consent.book import Book
from processors.consent.law.changes import Changes
from processors.consent.law.facts import Approval, ConsentState, Tiers
from processors.consent.register import Shared
from processors.consent.rights import Attends
from processors.consent.statements import Consent, Statement


def ignores_withdrawals() -> AbstractContextManager[None]:
    """Whoever takes consent back is not heard."""
    return replaced(statements, "DENIALS", statements.DENIALS - {"withdrawn"})


def hears_parents_of_adults() -> AbstractContextManager[None]:
    """A parent's word counts after eighteen as before."""
    return replaced(rights, "belong_to_student", lambda holder, _: holder in rights.ALWAYS_ONES_OWN)


def minds_no_doubt() -> AbstractContextManager[None]:
    """Nobody minds that somebody may attend a college or may not: the parent is heard."""
    return replaced(rights, "COLLEGES", frozenset[Attends]())


def looks_at_no_licence() -> AbstractContextManager[None]:
    """The third tier is not looked at."""
    known = Shared.tiers

    def wrong(self: Shared, day: int | None) -> Tiers:
        found = known(self, day)
        return Tiers.IN_FORCE if found is Tiers.NO_DUL else found

    return replaced(Shared, "tiers", wrong)


def reads_one_record() -> AbstractContextManager[None]:
    """A refusal in another record of the person is not looked at."""
    known = statements.consent_for

    def wrong(cell: Any, records: Sequence[Any], *terms: Any) -> Consent:
        alone = [known(cell, [record], *terms) for record in records]
        in_force = [one for one in alone if one.state is ConsentState.IN_FORCE]
        return in_force[0] if in_force else known(cell, records, *terms)

    return replaced(policy, "consent_for", wrong)


def keeps_those_who_left() -> AbstractContextManager[None]:
    """Who has left a caseload is served on."""
    return replaced(book, "_assigned", book._stands)  # noqa: SLF001  # to be broken


def approves_alone() -> AbstractContextManager[None]:
    """Who stated an emergency may approve it."""
    return replaced(policy, "APPROVALS", (Approval.NONE, Approval.TWO, Approval.TWO))


def ends_orders_of_one_person() -> AbstractContextManager[None]:
    """An order that ends goes on with those of its records that have gone to another."""
    known = Book.records_under

    def wrong(book_: Book, row: Any) -> Any:
        def of_person(self: Book, order_id: str) -> list[str]:
            return [key for key in known(self, order_id) if self.record(key)["person"] == row["person_id"]]

        with replaced(Book, "records_under", of_person if row["state"] == "ended" else known):
            return take(book_, row)

    take = orders.take
    return replaced(orders, "take", wrong)


def lets_emergencies_last() -> AbstractContextManager[None]:
    """An emergency goes on as long as its record says."""
    return replaced(orders, "_last_day", lambda row, _: row["valid_until"])


def erases_without_taking_back() -> AbstractContextManager[None]:
    """What was released of an erased person stays with recipients."""
    return replaced(erase, "_take_back", lambda *_: None)


def erases_without_deciding() -> AbstractContextManager[None]:
    """Whose person an erased record was is not decided again."""
    return replaced(erase, "decide_person", lambda *_: None)


def loses_what_comes_late() -> AbstractContextManager[None]:
    """What comes of an erased record later is told nobody."""
    return replaced(decide, "HANDLERS", {**decide.HANDLERS, "event_withheld": lambda *_: None})


def forgets_days() -> AbstractContextManager[None]:
    """Nobody is decided again when a consent begins or ends."""
    return replaced(sweep, "await_days", lambda *_: None)


def moves_without_deciding() -> AbstractContextManager[None]:
    """Records change persons, and nobody is decided again."""

    def wrong(batch: Any, entry: Any) -> None:
        for move in entry.row["moves"]:
            batch.book.place(move["record_key"], move["to_person_id"])

    return replaced(decide, "HANDLERS", {**decide.HANDLERS, "records_moved": wrong})


def hears_rules_late() -> AbstractContextManager[None]:
    """Nobody is decided again when agreements or rules change."""
    return replaced(sweep, "over_everyone", lambda *_: None)


def reads_without_looking() -> AbstractContextManager[None]:
    """A reader shows what was released, whatever has become of agreements and days until the sweep comes."""
    return replaced(reading, "_objection", lambda *_: None)


def hears_bundled_consents() -> AbstractContextManager[None]:
    """A consent to several purposes is taken for a distinct one."""
    known = Statement.covers
    return replaced(Statement, "covers", lambda self, cell: known(self, cell._replace(is_distinct=False)))


def reads_by_old_rules() -> AbstractContextManager[None]:
    """A reader does not look whether other rules have come into force since a release."""
    return replaced(Changes, "leave", lambda *_: True)


def reads_of_old_parties() -> AbstractContextManager[None]:
    """A reader does not look whether the parties, or what they are to the person, are others since a release."""
    return replaced(reading, "_parties", lambda _: ())


BUGS: dict[str, Bug] = {
    "a withdrawal is ignored": ignores_withdrawals,
    "a parent is heard after eighteen": hears_parents_of_adults,
    "what is perhaps attended is not asked for": minds_no_doubt,
    "a tier is not looked at": looks_at_no_licence,
    "a refusal in another record is ignored": reads_one_record,
    "an ended caseload is served on": keeps_those_who_left,
    "one person approves alone": approves_alone,
    "an order ends with one person alone": ends_orders_of_one_person,
    "an emergency has no end": lets_emergencies_last,
    "nothing of the erased is taken back": erases_without_taking_back,
    "who is left is not decided again": erases_without_deciding,
    "an event of an erased record is lost": loses_what_comes_late,
    "days end no consent": forgets_days,
    "moved records are not decided again": moves_without_deciding,
    "a reader does not decide again": reads_without_looking,
    "a bundled consent is taken for a distinct one": hears_bundled_consents,
    "a reader goes by old rules": reads_by_old_rules,
    "a reader goes by what the parties were": reads_of_old_parties,
    "changed agreements are not decided again": hears_rules_late,
}
