"""The canaries' proof in the short form of ``make canaries``; and that its search finds what it is there to find."""

import base64
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support import worlds
from support.canaries import asking, searching
from support.canaries.kinds import CENTER, COUNSEL, KINDS, RECIPIENTS, people
from support.canaries.marks import Mint, Search
from support.canaries.people import Book, Origin, manager_of
from support.canaries.searching import Findings
from support.canaries.truth import Truth, truth_of, unlike

from deploy.stack import Stack
from portal import app as portal_app
from processors.records import Arrival
from streams.settings import Settings
from tests.proofs.scripts import script

canaries = script("canaries")
MINT = Mint(random.Random(11))  # noqa: S311  # of made-up values
WORD, SSN, PHONE, SUM = MINT.word(), MINT.ssn(), MINT.phone(), str(MINT.cents())
ORIGIN = Origin("somebody", "ccc", "contact", "e1", "email", "reach")
ORIGINS = dict.fromkeys((WORD, SSN.replace("-", ""), PHONE, SUM), ORIGIN)
NOTHING: dict[str, dict[str, frozenset[str]]] = {one: {} for one in RECIPIENTS}
SEEN = {**NOTHING, CENTER: {"e1": frozenset({"core", "reach"})}}
PERSONS = {one: frozenset[str]() for one, _ in asking.managers()} | {manager_of(CENTER, 0): frozenset({"somebody"})}
TRUTH = Truth(SEEN, SEEN, PERSONS)
"""The transfer center may see it, and a case manager of it serves the person."""
TAKEN_BACK = Truth(NOTHING, SEEN, PERSONS)


@pytest.fixture
def findings() -> Findings:
    """Nothing is found yet."""
    return Findings(Search(ORIGINS.keys()), ORIGINS)


@pytest.mark.broker
def test_what_is_withheld_is_found_nowhere(tmp_path: Path) -> None:
    document = canaries.prove(tmp_path, 8, 5, sampled=0, readers=1)
    assert canaries.is_sound(document), document
    assert document["planted"] > 1_000


def test_the_oracle_agrees_with_what_is_written_of_each_kind() -> None:
    book = Book(Mint(random.Random(3)))  # noqa: S311  # likewise
    told = people(book, len(KINDS))
    truth = truth_of(book, told, worlds.shipped_agreements(), int(time.time()) // 86_400)
    assert unlike(book, truth, told) == []
    seen = [canary for canary, origin in book.origins.items() if any(truth.may_see(origin, r) for r in RECIPIENTS)]
    assert 100 < len(seen) < len(book.origins) / 10


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "upper case": lambda text: text.upper().encode(),
    "backwards": lambda text: text[::-1].encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, the other way": lambda text: text.encode("utf-16-be"),
    "hex": lambda text: text.encode().hex().encode(),
    "hex of capitals": lambda text: text.capitalize().encode().hex().upper().encode(),
    "hex with spaces": lambda text: text.encode().hex(" ").encode(),
    "URL": lambda text: "".join(f"%{ord(c):02X}" for c in text).encode(),
    "JSON": lambda text: "".join(f"\\u{ord(c):04x}" for c in text).encode(),
    "Python": lambda text: "".join(f"\\x{ord(c):02x}" for c in text).encode(),
    **{f"base64 at {n}": lambda text, n=n: base64.b64encode(b"-" * n + text.encode()) for n in range(4)},
    "base64 of capitals": lambda text: base64.urlsafe_b64encode(text.upper().encode()).rstrip(b"="),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_text_is_found_however_it_is_written(findings: Findings, form: str) -> None:
    content = b"x " + WRITTEN[form](WORD) + b" x"
    assert findings.look("file", "log", content) == set()
    assert findings.found == [f"file log: {ORIGIN}"]


@pytest.mark.parametrize(
    "text",
    [
        SSN, SSN.replace("-", ""), SSN.replace("-", " "), PHONE, f"+1{PHONE}", f"{PHONE[:3]}-{PHONE[3:6]}-{PHONE[6:]}",
        f"({PHONE[:3]}) {PHONE[3:6]}-{PHONE[6:]}", SUM, f"${int(SUM) / 100:,.2f}", f"{int(SUM) / 100:.2f}",
        f"${int(SUM) // 100:,}",
    ],
    ids=lambda text: "".join("9" if c.isdigit() else c for c in text),
)  # fmt: skip
def test_a_number_is_found_however_it_is_written(findings: Findings, text: str) -> None:
    findings.look("page", "/", f"<b>{text}</b>, 12".encode())
    assert findings.found == [f"page /: {ORIGIN}"]


def test_a_part_of_a_text_is_found_too_and_nothing_where_there_is_none(findings: Findings) -> None:
    findings.look("file", "log", WORD[:-3].encode())
    assert findings.found == ["file log: a part of one"]
    chance = random.Random(1)  # noqa: S311  # likewise
    assert findings.look("file", "other", chance.randbytes(1_000_000)) == set()
    assert findings.look("file", "another", base64.b64encode(chance.randbytes(1_000_000))) == set()
    assert len(findings.found) == 1


@pytest.mark.parametrize(
    ("topic", "key", "headers"),
    [
        ("released.lausd_counseling", WORD, {}), ("signals.lausd_counseling", WORD, {}),
        ("deadletter.ccc", "", {"reason": WORD}), ("resolved.events", "", {WORD: ""}),
        ("audit.decisions", "", {"x": WORD.upper()}), ("a-changelog", WORD, {}),
    ],
    ids=["another recipient's", "its signals", "dead letters", "the log", "the audit", "a changelog"],
)  # fmt: skip
def test_it_is_found_in_a_topic_that_may_not_hold_it(
    findings: Findings, topic: str, key: str, headers: dict[str, str]
) -> None:
    told = {name: text.encode() for name, text in headers.items()}
    there = searching.in_topics(findings, TRUTH, [Arrival(topic, 0, 0, 0, key.encode(), None, told)])
    assert findings.found == [f"topic {topic}: {ORIGIN}"]
    assert not any(there.values())


def test_it_is_seen_in_the_topic_of_who_may_see_it_also_after_it_was_taken_back(findings: Findings) -> None:
    for truth in (TRUTH, TAKEN_BACK):
        there = searching.in_topics(findings, truth, [Arrival(f"released.{CENTER}", 0, 0, 0, WORD.encode(), None, {})])
        assert there[CENTER] == {WORD}
    assert findings.found == []


def test_what_a_recipient_may_see_is_seen_in_its_view_and_found_in_anothers(findings: Findings, tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    with duckdb.connect(path) as db:
        db.execute("CREATE TABLE release_row (recipient VARCHAR, body VARCHAR)")
        db.executemany("INSERT INTO release_row VALUES (?, ?)", [(CENTER, f'{{"email": "{WORD}"}}'), (COUNSEL, SUM)])
        db.execute("CREATE TABLE meta AS SELECT ? AS name", [PHONE])
    seen = searching.in_views(findings, TRUTH, path)
    assert seen == {one: {WORD} if one == CENTER else set() for one in RECIPIENTS}
    assert sorted(findings.found) == [f"view meta : {ORIGIN}", f"view release_row {COUNSEL}: {ORIGIN}"]
    findings.found.clear()
    searching.in_views(findings, TAKEN_BACK, path)
    assert f"view release_row {CENTER}: {ORIGIN}" in findings.found


def test_it_is_found_in_files_of_ours_and_of_the_broker_but_not_in_partners_own(
    findings: Findings, tmp_path: Path
) -> None:
    names = (
        "logs/resolve.out", "state/x", "heads.jsonl", "kafka/data/deadletter.ccc-0/0.log",
        "kafka/data/partner.ccc.contact-0/0.log", "kafka/data/released.lausd_counseling-0/0.log",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"level=info {WORD}")
    searching.in_files(findings, TRUTH, tmp_path)
    assert sorted(one.split(":")[0] for one in findings.found) == [
        "file heads.jsonl", "file logs/resolve.out", "file state/x", "segment kafka/data/deadletter.ccc-0/0.log",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("manager", "recipient", "truth", "found"),
    [
        (manager_of(CENTER, 0), CENTER, TRUTH, 0), (manager_of(CENTER, 1), CENTER, TRUTH, 1),
        (manager_of(COUNSEL, 0), COUNSEL, TRUTH, 1), (manager_of(CENTER, 0), CENTER, TAKEN_BACK, 1),
    ],
    ids=["of who serves the person", "of a colleague", "of another recipient", "after it was taken back"],
)  # fmt: skip
def test_a_page_shows_it_to_who_serves_the_person_alone(
    findings: Findings, manager: str, recipient: str, truth: Truth, found: int
) -> None:
    portal = asking.Portal(Stack(Settings()), findings, truth, {})
    portal.read(manager, recipient, "/", f"<p>{WORD}</p>".encode())
    assert (len(findings.found), len(portal.shown)) == (found, 1 - found)


def test_every_page_and_answer_of_the_portal_is_asked_for() -> None:
    forms = (*asking.LISTS, *asking.OF_A_PERSON, *asking.OF_A_SOURCE, *asking.OF_A_FAMILY, *asking.FOR_ALL)
    asked = {form.partition("?")[0] for form in forms}
    answered = portal_app.Portal.__new__(portal_app.Portal).routes()
    assert {re.sub(r"{\w+}", "{}", path) for path, _, method in answered if method == "GET"} <= asked


@pytest.mark.parametrize("name", [*canaries.THERE, *canaries.WRONG])
def test_one_wrong_thing_is_enough(name: str) -> None:
    sound = {**dict.fromkeys(canaries.THERE, 1), **dict.fromkeys(canaries.WRONG, 0)}
    assert canaries.is_sound(sound)
    assert not canaries.is_sound({**sound, name: 1 - sound[name]})
