"""Events that cannot travel, a canary in the very field that is wrong, and in all others that take one."""

from collections.abc import Callable, Iterator
from typing import Any

from processors.resolve.codes import Code
from support.bad_inputs import surgery
from support.canaries.people import FIRST_MOMENT, Book, Origin
from support.events import Message, event_id, message

PERSON = "nobody"
LENGTH = 70_000
Make = Callable[["Rejected"], Message]


class Rejected:
    """Makes one event of a code."""

    def __init__(self, book: Book, code: Code, place: int) -> None:
        """The so many'th."""
        self._book, self.code = book, code
        self.name = f"wrong {code} {place}"

    def word(self) -> str:
        """A canary where it should not be."""
        return self._book.word(Origin(PERSON, "every", "rejected", self.name, str(self.code)), "the wrong field")

    def ssn(self) -> str:
        """A marked number of social security."""
        origin = Origin(PERSON, "every", "rejected", self.name, str(self.code))
        return self._book.note(self._book.mint.ssn(), origin)

    def sent(self, partner: str, family: str, **said: Any) -> Message:
        """The event; its header names it, whatever else it says."""
        origin = Origin(PERSON, partner, family, event_id(f"{partner}/{self.name}"), "-")
        at = {"published_at": FIRST_MOMENT, "observed_at": FIRST_MOMENT}
        whole: dict[str, Any] = {**self._book.texts(origin), **at, **self._book.said(origin), **said}
        token = whole.pop("subject_token", self._book.word(origin, "subject_token"))
        return message(partner, family, token, self.name, **whole)._replace(headers={"ce_id": origin.event_id.encode()})

    def good(self) -> Message:
        """A sound one, to be spoiled."""
        return self.sent("ccc", "enrollment")


def _consent(**said: Any) -> Make:
    named: dict[str, Any] = {
        "controllers": ["ccc"], "records_covered": ["education"], "purposes": ["study"],
        "recipients": ["csu_advising"], "event_state": "given",
    }  # fmt: skip
    return lambda r: r.sent("ccc", "consent", **{**named, **_filled(r, said)})


def _with(family: str, **said: Any) -> Make:
    return lambda r: r.sent("csac" if family == "aid" else "ccc", family, **_filled(r, said))


def _filled(rejected: Rejected, said: dict[str, Any]) -> dict[str, Any]:
    """The same, a canary for every ``{}``."""
    return {name: _fill(rejected, value) for name, value in said.items()}


def _fill(rejected: Rejected, value: Any) -> Any:
    if isinstance(value, list):
        return [_fill(rejected, one) for one in value]
    return value.format(rejected.word()) if isinstance(value, str) else value


def _valued(change: Callable[[bytes, str], bytes]) -> Make:
    """A sound event's value, changed."""
    return lambda r: (sent := r.good())._replace(value=change(sent.value or b"", r.word()))


UNNAMED = {"program_type": "early_intervention_part_c", "drdp_domain": None, "subsidy_fund": None}
"""Tells of a disability, and names no such category."""
MADE: tuple[tuple[Code, Make], ...] = (
    (Code.BAD_FRAMING, _valued(lambda _, word: b'{"first_name": "%s"}' % word.encode())),
    (Code.TOO_LARGE, lambda r: r.sent("ccc", "enrollment", source_system_name=r.word() * (LENGTH // 14))),
    (Code.UNKNOWN_SCHEMA, lambda r: surgery.under(r.good(), 99_999)),
    (Code.SCHEMA_NOT_ALLOWED, lambda r: surgery.under(r.good(), "partner.aid.v1")),
    (Code.UNDECODABLE, _valued(lambda value, word: value + word.encode())),
    (Code.UNDECODABLE, _valued(lambda value, _: value[:-3])),
    (Code.BAD_EVENT_ID, _with("enrollment", event_id="{}")),
    (Code.BAD_EVENT_ID, _with("enrollment", supersedes_event_id="{}")),
    (Code.WRONG_PARTNER, _with("enrollment", partner_id="{}")),
    (Code.WRONG_EVENT_TYPE, _with("enrollment", event_type="{}.recorded.v1")),
    (Code.DATE_OUT_OF_RANGE, _with("aid", aid_year="{}")),
    (Code.DATE_OUT_OF_RANGE, _with("identity", birth_date="2250-01-01")),
    (Code.NUMBER_OUT_OF_RANGE, _with("aid", award_amount_cents=-1)),
    (Code.UNKNOWN_CODE, _with("enrollment", cip_code="{}")),
    (Code.UNKNOWN_CODE, _with("enrollment", calpads_exit_reason="{}")),
    (Code.UNKNOWN_CODE, _with("aid", state_programme="{}")),
    (Code.DATES_OUT_OF_ORDER, _with("enrollment", entry_date="2026-01-02", exit_date="2026-01-01", entry_type="{}")),
    (Code.CATEGORY_MISSING, lambda r: r.sent("cde_elc", "early_care", **UNNAMED, source_system_name=r.word())),
    (Code.BAD_URI, _consent(notice_uri="file:///{}")),
    (Code.CONTROL_CHARACTER, _with("contact", preferred_name="{}\x07")),
    (Code.SSN_IN_TEXT, lambda r: r.sent("ccc", "contact", preferred_name=f"{r.word()} {r.ssn()}")),
    (Code.MISSING_SUBJECT, _with("enrollment", subject_token=None, subject_name="{}")),
    (Code.KEY_MISMATCH, lambda r: r.good()._replace(key=r.word().encode())),
    (Code.CONSENT_SCOPE, _consent(recipients=["*", "{}"])),
    (Code.CONSENT_NOT_AUTHORISED, _consent(controllers=["{}"])),
)
"""Of each code what is wrong. A tombstone says nothing; who has no agreement, or not for a family, has no topic."""


def rejected(book: Book, of_each: int) -> Iterator[tuple[Code, Message]]:
    """So many of each."""
    for turn in range(of_each):
        for place, (code, make) in enumerate(MADE):
            yield code, make(Rejected(book, code, turn * len(MADE) + place))


def repeated(book: Book, sent: Message) -> Message:
    """Another event under the id of one that was published: a conflicting duplicate."""
    other = Rejected(book, Code.CONFLICTING_DUPLICATE, 0).sent("ccc", "enrollment", event_id=sent.event_id)
    return other._replace(headers=sent.headers)


def with_headers(book: Book, sent: Message) -> Message:
    """The message with headers that no client of ours sends."""
    word = book.word(Origin(PERSON, "every", "headers", sent.event_id, "-"), "headers")
    more = {"traceparent": word, f"x-{word}": word, "ce_source": word, "ce_subject": word, "baggage": f"name={word}"}
    return sent._replace(headers={**sent.headers, **{name: text.encode() for name, text in more.items()}})
