"""Inputs that are whole records and cannot be: moments, ids, numbers, texts, consents; and what is odd but sound."""

from collections.abc import Iterator

from processors.resolve.codes import Code
from support import events
from support.bad_inputs.making import (
    CARRIED,
    DAY,
    DISTRICT,
    DROPPED,
    SSN,
    WITHHELD,
    BadInput,
    Make,
    Making,
    rows,
    saying,
    ssn,
)
from support.events import Message


def unsound() -> Iterator[BadInput]:
    """All of them."""
    yield from _moments()
    yield from _ids()
    yield from _numbers()
    yield from _texts()
    yield from _envelopes()
    yield from _consents()


def _moments() -> Iterator[BadInput]:
    day = events.days
    said: list[tuple[int, str, Make]] = [
        (22, "published in 2^62", saying(published_at=2**62)),
        (22, "observed in -2^63", saying(observed_at=-(2**63))),
        (22, "published in 1969", saying(published_at=-1)),
        (22, "effective from the year 1", saying(effective_from=day("0001-01-01"))),
        (22, "entered in the year 9999", saying(entry_date="9999-12-31")),
        (22, "entered on day 2^31 - 1", saying(entry_date=2**31 - 1)),
        (22, "a consent given in 2^62", saying("consent", given_at=2**62)),
        (23, "born in ten years", lambda m: m.sent("identity", birth_date=m.now // DAY + 3_650)),
        (23, "born 131 years ago", lambda m: m.sent("identity", birth_date=m.now // DAY - 131 * 366)),
        (43, "published twelve minutes ahead", lambda m: m.sent("enrollment", published_at=m.now + 12 * events.MINUTE)),
        (43, "observed in ten years", lambda m: m.sent("enrollment", observed_at=m.now + 3_650 * DAY)),
    ]
    yield from (BadInput(number, what, make, Code.DATE_OUT_OF_RANGE) for number, what, make in said)
    turned = saying(entry_date="2026-02-01", exit_date="2026-01-31")
    yield BadInput(22, "left before it was entered", turned, Code.DATES_OUT_OF_ORDER)
    late = lambda m: m.sent("enrollment", published_at=m.now - 400 * DAY, observed_at=m.now - 400 * DAY)  # noqa: E731
    yield BadInput(42, "told 400 days late", late)


def _ids() -> Iterator[BadInput]:
    fact = lambda m: m.before.sent("enrollment")  # noqa: E731
    again = lambda m: m.before.sent("enrollment", term_id="2267")  # noqa: E731
    yield BadInput(37, "the same event again", fact, DROPPED, fact)
    yield BadInput(38, "its id again, with another body", again, Code.CONFLICTING_DUPLICATE, fact)
    yield BadInput(39, "its body again, under another id", _same_fact, CARRIED, fact)
    yield BadInput(40, "another partner's event id", _others_id, CARRIED, lambda m: m.before.sent("aid"))
    bad = {
        "no UUID": "lea-0001",
        "the nil UUID": "00000000-0000-0000-0000-000000000000",
        "60,000 characters": "a" * 60_000,
        "upper case": events.event_id("x").upper(),
        "a path": "../../etc/passwd",
    }
    yield from rows(41, Code.BAD_EVENT_ID, {f"an event id: {w}": saying(event_id=text) for w, text in bad.items()})
    yield BadInput(44, "a withdrawal before the enrollment", saying(operation="correct", exit_date="2026-05-01"))
    yield BadInput(45, "an enrollment that overlaps another", _overlapping, CARRIED, _overlapped)


def _same_fact(making: Making) -> Message:
    id_ = events.event_id(making.name)
    return making.before.sent("enrollment", event_id=id_)._replace(headers={"ce_id": id_.encode()})


def _others_id(making: Making) -> Message:
    other = making.before.sent("aid")
    return making.sent("enrollment", event_id=other.event_id)._replace(headers=other.headers)


def _overlapped(making: Making) -> Message:
    return making.before.sent("enrollment", subject_token=making.name, entry_date="2025-08-20")


def _overlapping(making: Making) -> Message:
    return making.sent("enrollment", entry_date="2025-09-01", term_id="2267")


def _numbers() -> Iterator[BadInput]:
    amounts = {
        f"{what} of {family}": saying(family, **{field: number})
        for family, field in (("aid", "award_amount_cents"), ("employment", "quarterly_earnings_cents"))
        for what, number in (("a negative amount", -1), ("10^12 cents", 10**12), ("2^63 - 1 cents", 2**63 - 1))
    }
    yield from rows(46, Code.NUMBER_OUT_OF_RANGE, amounts)
    yield BadInput(46, "a programme of no code set", saying("aid", state_programme="NONE_SUCH"), Code.UNKNOWN_CODE)
    unnamed = saying("early_care", program_type="early_intervention_part_c")
    yield BadInput(46, "a program that tells of a disability, unnamed", unnamed, Code.CATEGORY_MISSING)
    dummies = ("000-12-3456", "666-12-3456", "900-12-3456", "078-05-1120", "123456789", "none")
    for number in dummies:
        yield BadInput(47, f"an identity's number that nobody has, {number[:3]}", saying("identity", ssn=number))
    wages = {
        f"a wage row's number that nobody has, {number[:3]}": saying("employment", identifiers=[ssn(number)])
        for number in dummies
    }
    yield from rows(47, Code.MISSING_SUBJECT, wages)
    told = {
        "in a name": saying("identity", last_name=f"Reyes {SSN}"),
        "in a preferred name": saying("contact", preferred_name=f"Sam ({SSN})"),
        "in an address": saying("contact", address_line=f"{SSN} Alder Street"),
    }
    yield from rows(48, Code.SSN_IN_TEXT, {f"a social security number {where}": make for where, make in told.items()})
    yield BadInput(49, "a social security number as the record's id", saying(subject_token=SSN), Code.SSN_IN_TEXT)
    bare = saying("identity", subject_token=SSN.replace("-", ""), ssn=SSN)
    yield BadInput(49, "the same without hyphens, told besides", bare, Code.SSN_IN_TEXT)


def _texts() -> Iterator[BadInput]:
    """Texts that are dangerous elsewhere; here they are texts."""
    odd = {
        26: ("Jose\u0301", "\u202eSam", "S\u200bam", "\u0405am"),
        75: ("<script>alert(1)</script>", "javascript:alert(1)", "<svg onload=alert(1)>", "{{7*7}}", "=cmd()|'a'!A1"),
        76: ("Robert'); DROP TABLE release_row;--", "read_csv('/etc/passwd')"),
        77: ("%n%s%x {0} ${a}", "a\r\nlevel=error"),
    }
    for number, texts in odd.items():
        for text in texts:
            yield BadInput(number, f"a name: {ascii(text)[1:-1]}", saying("identity", first_name=text))
    yield BadInput(79, "a path as the fact's id", saying(source_record_id="../../etc/passwd"))
    controls = {
        (25, "NUL in a name"): "Sam\0",
        (77, "an escape sequence in a name"): "a\r\n\x1b[31m",
        (77, "a bell and a backspace in a name"): "Sam\x07\x08",
    }
    for (number, what), text in controls.items():
        yield BadInput(number, what, saying("contact", preferred_name=text), Code.CONTROL_CHARACTER)
    uris = ("http://169.254.169.254/latest", "file:///etc/passwd", "gopher://a.org/", "javascript:alert(1)")
    yield from rows(78, Code.BAD_URI, {f"a notice at {uri}": saying("consent", notice_uri=uri) for uri in uris})


def _envelopes() -> Iterator[BadInput]:
    yield BadInput(65, "another partner's name inside", saying(partner_id="csu"), Code.WRONG_PARTNER)
    yield BadInput(65, "another family's type inside", saying(event_type="aid.recorded.v1"), Code.WRONG_EVENT_TYPE)
    yield BadInput(79, "a path as the partner", saying(partner_id="../../etc"), Code.WRONG_PARTNER)
    forged = {"traceparent": b"x" * 9_000, "reply-to": b"deadletter.csac", "Faust-Ag-ReplyTo": b"a", "__faust": b"\xff"}
    many = {f"h{n}": b"" for n in range(10_000)}
    for what, headers in (("forged headers", forged), ("10,000 headers", many)):
        make = lambda m, h=headers: (good := m.good)._replace(headers={**good.headers, **h})  # noqa: E731
        yield BadInput(69, what, make)
    yield BadInput(70, "made in 1970, says the producer", lambda m: m.good, timestamp_ms=1)
    yield BadInput(70, "made in 2100, says the producer", lambda m: m.good, timestamp_ms=4_102_444_800_000)
    keys = {"no key": None, "another record's key": b"other", "a key that is no UTF-8": b"\xff\xfe"}
    key: dict[str, Make] = {what: lambda m, k=key: m.good._replace(key=k) for what, key in keys.items()}
    yield from rows(71, Code.KEY_MISMATCH, key)


def _consents() -> Iterator[BadInput]:
    yield BadInput(57, "a fact that nobody consented to", saying("aid"), WITHHELD)
    other = saying("consent", controllers=[DISTRICT, "csu"])
    yield BadInput(63, "a grant for another's records", other, Code.CONSENT_NOT_AUTHORISED)
    for name in ("controllers", "purposes", "recipients"):
        yield BadInput(64, f"a grant for any {name}", saying("consent", **{name: ["*"]}), Code.CONSENT_SCOPE)
    for name in ("controllers", "records_covered", "purposes", "recipients"):
        yield BadInput(64, f"a grant without {name}", saying("consent", **{name: []}), Code.CONSENT_SCOPE)
