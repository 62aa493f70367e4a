"""A decision of consent explained from the log alone: folded as consent does it, without producing anything."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from processors import sealing
from processors.consent import decide as consent
from processors.consent.book import Book, Row, alive
from processors.consent.explain import UNTOLD, Explanation, Spoke, as_row, explain, unnamed
from processors.consent.law.rules import Reason
from processors.consent.policy import Subject
from processors.consent.register import Shared
from processors.consent.settle import Context
from processors.records import Arrival, Arrivals
from processors.state import Memory, Working
from schemas_avro import catalog

BATCH = 2_000


class UnknownError(Exception):
    """Person, recipient or event is not known; its text is one line with the remedy."""


class Asked(NamedTuple):
    """Who asks for what of whom."""

    person_id: str
    recipient: str
    event_id: str


def folded(log: Iterable[Arrival], keys: sealing.Keys) -> Book:
    """The book as it stands at the end of the log; what would be sent is let go of."""
    memory, context, records = Memory(), Context(keys, 1), iter(log)
    while batch := list(islice(records, BATCH)):
        working = Working(memory)
        consent.decide(Arrivals.of(batch), working, context)
        memory.apply(working.changes())
    return Book(Working(memory))


def explained(book: Book, keys: sealing.Keys, asked: Asked) -> Explanation:
    """Why a recipient may or may not see a person's event.

    Raises:
        UnknownError: one of the three is not known.
    """
    event, gone = _event(book, keys, asked)
    if asked.recipient not in (known := book.register().recipients()):
        raise UnknownError(
            f"no data-sharing agreement in force in the log is of {asked.recipient}; of {', '.join(known)}"
        )
    subject = Subject(event["partner_id"], event["family"], frozenset(event["data_categories"] or ()))
    shared = _shared(book, subject, asked.recipient)
    if shared is None:
        return unnamed(subject, asked.recipient)
    return explain(subject, book.person(asked.person_id), shared, book.sharing().rules, book.today(), gone)


def _event(book: Book, keys: sealing.Keys, asked: Asked) -> tuple[Row, Reason | None]:
    """The event, and why nobody is shown it, if so."""
    records = book.records_of(asked.person_id)
    if not records:
        raise UnknownError(
            f"nothing is known of person {asked.person_id}: `throughline explain EVENT_ID` says whose an event is"
        )
    for fact in (fact for key in records for _, fact in book.facts(key)):
        for version in fact["versions"]:
            if version["event_id"] == asked.event_id:
                if version["family"] not in catalog.PROJECTED:
                    raise UnknownError(f"event {asked.event_id} is about {version['family']}, which nobody is shown")
                return version, _gone(version, fact["versions"], keys)
    raise UnknownError(
        f"event {asked.event_id} is none of this person's: `throughline explain {asked.event_id}` says whose it is"
    )


def _gone(version: Row, versions: list[Row], keys: sealing.Keys) -> Reason | None:
    if version["event_id"] not in alive(versions):
        return Reason.SOURCE_RETRACTED
    return Reason.UNREADABLE if keys.find(version["record_key"]) is None else None


def _shared(book: Book, subject: Subject, recipient: str) -> Shared | None:
    named = book.sharing().by_source.get((subject.partner_id, subject.family), ())
    return next((one for one in named if one.agreement.party == recipient), None)


def document(asked: Asked, found: Explanation) -> dict[str, Any]:
    """As JSON values."""
    return {"event_id": asked.event_id, "person_id": asked.person_id, **as_row(found)}


def lines(asked: Asked, found: Explanation) -> Iterator[str]:
    """For a person to read: the verdict first, then the steps to it, then what would change it."""
    verdict = "permit" if found.permit else "deny"
    purpose = f" for {found.purpose} ({found.basis})" if found.purpose else ""
    yield f"{asked.event_id}: {verdict} to {found.recipient}{purpose}: {found.reason}"
    yield "agreements"
    for tier in found.tiers:
        name = f"{tier.agreement_id} version {tier.version}" if tier.agreement_id else "none"
        yield f"  {tier.tier}  {tier.party}: {name}, {'in force' if tier.in_force else 'not in force'}"
    yield "rules that speak, law by law"
    law = ""
    for rule in found.rules:
        if rule.law != law:
            law = rule.law
            yield f"  {law}"
        yield from _rule(rule)
    if not found.rules:
        yield "  none"
    yield "field groups"
    for group in found.groups:
        yield f"  {group.group}: {'permitted' if group.permitted else f'withheld. {group.why}'}"
        if group.changes and group.changes != found.changes:
            yield from (f"    permitted if {_told(steps)}" for steps in group.changes)
    if found.obligations:
        yield f"obligations: {', '.join(found.obligations)}"
    if found.rests_on:
        yield f"it rests on {', '.join(found.rests_on)}"
    if not found.permit:
        yield from [f"it would be permitted if {_told(steps)}" for steps in found.changes] or [NOTHING_HELPS]


NOTHING_HELPS = "no consent, caseload, agreement in force or approval would permit it"


def _rule(rule: Spoke) -> Iterator[str]:
    if rule.says == UNTOLD:
        yield f"  {UNTOLD}"
        return
    yield f"    {rule.effect:<6} {rule.rule}  {rule.section}  ({', '.join(rule.groups)})"
    yield f"           {rule.says}"
    yield f'           "{rule.quote}"' if rule.is_read else f"           not read; others say: {rule.quote}"


def _told(steps: tuple[str, ...]) -> str:
    return ", and ".join(steps)
