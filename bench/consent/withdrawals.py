"""From publishing a withdrawal until the person's open page is empty: the real stack, one page at a time.

Five facts of the person are published right before the withdrawal and five right behind it, in the same breath. At the
end the topics are read: no release of what a withdrawal covers stands at a place of the log behind it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench import made_up
from bench.pipeline import send, settings, until
from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import percentile
from deploy.ledger import LiveLedger
from deploy.stack import Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from portal.sign_in import make_sign_in_link
from processors import names

Row = dict[str, Any]
FACTS, AROUND = 5, 5
"""Facts that a page shows at first; and more of them, before the withdrawal and behind it."""
OWN = "tl-fact__card--caseload"
"""A recipient's own record is nobody's disclosure: it stays on the page."""
REST_SECONDS = 0.3
"""A page is told something at most four times a second: so long nothing happens before the withdrawal."""


def figures(count: int) -> Row:
    """So many withdrawals, one after the other."""
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder, ExitStack() as held:
        stack = held.enter_context(Stack(settings(Path(folder)), _say))
        publisher = held.enter_context(Publisher(stack.bootstrap, made_up.PARTNER))
        people = _watched(count)
        _set_up(stack, publisher, people)
        reader = held.enter_context(Reader(_link(stack)))
        shown = _persons(reader, people)
        took = sorted(_until_empty(reader, publisher, shown[person], person) for person in people)
        _settle(stack, publisher)
        left = sum(len(set(reader.event_ids(one)) - _own(person)) for person, one in shown.items())
        released = _released_after(stack, {made_up.event_id(f"withdrawal {p}") for p in people})
    return {
        "withdrawal_to_empty_page_ms": {"p50": percentile(took, 50), "p99": percentile(took, 99)},
        "withdrawals": count, "rows_left": left, "released_after_commit": released,
    }  # fmt: skip


def _watched(count: int) -> list[int]:
    """The first so many people whom the case manager's organization sees."""
    found = (n for n in range(count * 4 + 50) if made_up.RECIPIENTS[0] in made_up.recipients_of(n))
    return [next(found) for _ in range(count)]


def _set_up(stack: Stack, publisher: Publisher, people: list[int]) -> None:
    _say(f"setting up {len(people)} people with {FACTS} facts each")
    for partner, family, rows in made_up.setup(max(people) + 1, len(people)):
        send(publisher, partner, family, rows)
    facts = [made_up.fact(person, f"first {person} {n}") for person in people for n in range(FACTS)]
    send(publisher, made_up.PARTNER, "enrollment", facts)
    _settle(stack, publisher)


def _settle(stack: Stack, publisher: Publisher) -> None:
    """Until all that was published has been decided, and a moment for the views."""
    with closing(LiveLedger(stack.bootstrap)) as ledger:
        until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    time.sleep(3.0)


def _link(stack: Stack) -> str:
    return make_sign_in_link(stack.portal, portal_secret(stack.settings), made_up.MANAGER)


def _own(person: int) -> set[str]:
    return {made_up.event_id(f"case {made_up.RECIPIENTS[0]} {person}")}


def _persons(reader: Reader, people: list[int]) -> dict[int, str]:
    """Ids of persons by their numbers."""
    numbers = {made_up.event_id(f"first {person} 0"): person for person in people}
    found = {one: set(reader.event_ids(one)) & numbers.keys() for one in reader.persons()}
    return {numbers[event_id]: one for one, ids in found.items() for event_id in ids}


def _until_empty(reader: Reader, publisher: Publisher, person_id: str, person: int) -> float:
    """Milliseconds."""
    with reader.feed(person_id) as lines:
        pages = rows(lines)
        if not next(pages):
            raise LookupError("a page that shows nothing cannot be emptied")
        time.sleep(REST_SECONDS)
        before, behind = ([made_up.fact(person, f"{when} {person} {n}") for n in range(AROUND)] for when in "ab")
        publisher.publish_many(before, "enrollment")
        began = time.perf_counter()
        publisher.publish_many([made_up.withdrawal(person)], "consent")
        publisher.publish_many(behind, "enrollment")
        for left in pages:
            if not left:
                break
    return round((time.perf_counter() - began) * 1_000, 1)


def rows(lines: Iterator[str]) -> Iterator[set[str]]:
    """Of each frame of a person's page: keys of the facts on it that others disclosed."""
    own: set[str] = set()
    for line in lines:
        if line.startswith("data: ") and "keep" in (page := json.loads(line[6:])):
            own |= {item["key"] for item in page["items"] if item["list"] == "timeline" and OWN in item["html"]}
            yield set(page["keep"].get("timeline", ())) - own


def _released_after(stack: Stack, withdrawals: set[str]) -> int:
    """Releases by consent of persons whose withdrawal stands before them in the log."""
    log = TopicReader(stack.bootstrap, lambda topic: topic == names.RESOLVED_EVENTS)
    with closing(log):
        known = [read for read in log.poll() if read.row.get("event_id") in withdrawals]
    withdrawn = {read.row["person_id"]: read.offset for read in known}
    if len(withdrawn) != len(withdrawals):
        raise LookupError(f"the log has {len(withdrawn)} of {len(withdrawals)} withdrawals")
    with closing(TopicReader(stack.bootstrap, lambda topic: topic.startswith("released."))) as reader:
        releases = [read.row["release"] for read in reader.poll() if "body" in read.row]
    if not releases:
        raise LookupError("no release was read")
    return sum(
        one["basis"] == "consent" and one["position"] > withdrawn.get(one["person_id"], one["position"])
        for one in releases
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr)
