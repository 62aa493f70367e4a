"""From publishing a withdrawal until the person's open page is empty: the real stack, one page at a time.

Five facts of the person are published right before the withdrawal and five right behind it, in the same breath. Then
people withdraw amid a thousand facts each. At the end the topics are read: no release of what a withdrawal covers
stands at a place of the log behind it, or in the recipient's topic behind what took it back.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition

from bench import made_up
from bench.carrying import send, settings, until
from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import percentile
from deploy.ledger import LiveLedger
from deploy.stack import Stack
from deploy.topic_reader import Read, all_of
from partners.client import Publisher
from portal.sign_in import make_sign_in_link
from processors import names
from streams import clients

Row = dict[str, Any]
FACTS, AROUND = 5, 5
"""Facts that a page shows at first; and more of them, before the withdrawal and behind it."""
RACES, IN_RACE = (0, 250, 500, 750, 1_000), 1_000
"""Of each person who withdraws amid so many facts: how many of them are published before."""
OWN = "tl-fact__card--caseload"
"""A recipient's own record is nobody's disclosure: it stays on the page."""
REST_SECONDS = 0.3
"""A page is told something at most four times a second: so long nothing happens before the withdrawal."""


def figures(count: int) -> Row:
    """So many withdrawals, one after the other; then those amid a thousand facts."""
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder, ExitStack() as held:
        stack = held.enter_context(Stack(settings(Path(folder)), _say))
        publisher = held.enter_context(Publisher(stack.bootstrap, made_up.PARTNER))
        everyone = _watched(count + len(RACES))
        people, racing = everyone[:count], everyone[count:]
        _set_up(stack, publisher, everyone)
        reader = held.enter_context(Reader(_link(stack)))
        shown = _persons(reader, everyone)
        took = sorted(_until_empty(reader, publisher, shown[person], person) for person in people)
        _say(f"{len(racing)} people withdraw amid {IN_RACE} facts each")
        for person, before in zip(racing, RACES, strict=True):
            _race(stack, publisher, person, before)
        _settle(stack, publisher)
        left = sum(len(set(reader.event_ids(one)) - _own(person)) for person, one in shown.items())
        withdrawn, behind = _withdrawn(stack, everyone)
        released = _released_after(stack, withdrawn)
    return {
        "withdrawal_to_empty_page_ms": {"p50": percentile(took, 50), "p99": percentile(took, 99)},
        "withdrawals": count, "races": len(racing), "facts_behind_in_races": behind,
        "rows_left": left, "released_after_commit": released,
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


def _race(stack: Stack, publisher: Publisher, person: int, before: int) -> None:
    """The withdrawal is published as soon as the log has so many of the facts; the others in the same breath.

    Of what waits for it at one time resolve takes the withdrawal first, so where it stands in the log is a race too.
    """
    facts = [made_up.fact(person, f"race {person} {n}") for n in range(IN_RACE)]
    log = TopicPartition(names.RESOLVED_EVENTS, 0)
    with closing(clients.consumer(stack.bootstrap, "bench-race")) as outsider:
        start = outsider.get_watermark_offsets(log, timeout=10)[1]
        publisher.publish_many(facts[:before], "enrollment")
        publisher.flush()
        while outsider.get_watermark_offsets(log, timeout=10)[1] - start < before:
            stack.check()
    publisher.publish_many([made_up.withdrawal(person)], "consent")
    publisher.publish_many(facts[before:], "enrollment")
    publisher.flush()


def _withdrawn(stack: Stack, people: list[int]) -> tuple[dict[str, int], int]:
    """By person, where the withdrawal stands in the log; and how many facts of races stand behind theirs."""
    log = [read for read in all_of(stack.bootstrap, names.RESOLVED_EVENTS.__eq__) if "event_id" in read.row]
    withdrawals = {made_up.event_id(f"withdrawal {person}") for person in people}
    withdrawn = {read.row["person_id"]: read.offset for read in log if read.row["event_id"] in withdrawals}
    if len(withdrawn) != len(people):
        raise LookupError(f"the log has {len(withdrawn)} of {len(people)} withdrawals")
    racing = {made_up.event_id(f"race {person} {n}") for person in people[-len(RACES) :] for n in range(IN_RACE)}
    raced = [read for read in log if read.row["event_id"] in racing]
    if len(raced) != len(racing):
        raise LookupError(f"the log has {len(raced)} of {len(racing)} facts of races")
    return withdrawn, sum(read.offset > withdrawn[read.row["person_id"]] for read in raced)


def _released_after(stack: Stack, withdrawn: Mapping[str, int]) -> int:
    """Releases by consent of persons whose withdrawal stands before them, in the log or in the topic."""
    sent = all_of(stack.bootstrap, lambda topic: topic.startswith("released."))
    if not any("body" in read.row for read in sent):
        raise LookupError("no release was read")
    return released_behind(sent, withdrawn)


def released_behind(sent: Iterable[Read], withdrawn: Mapping[str, int]) -> int:
    """Releases by consent behind a withdrawal.

    Args:
        sent: what recipients were sent.
        withdrawn: by person, the withdrawal's place in the log.
    """
    known = [read for read in sent if "release" in read.row and read.row["release"]["person_id"] in withdrawn]
    cuts: dict[tuple[str, str], int] = {}
    for read in known:
        head = read.row["release"]
        if "reason" in read.row and head["position"] == withdrawn[head["person_id"]]:
            place = (read.topic, head["person_id"])
            cuts[place] = min(read.offset, cuts.get(place, read.offset))
    return sum(_is_behind(read, withdrawn, cuts) for read in known if "body" in read.row)


def _is_behind(read: Read, withdrawn: Mapping[str, int], cuts: Mapping[tuple[str, str], int]) -> bool:
    """A person's releases to one recipient are in one partition, so their offsets say what came first."""
    head = read.row["release"]
    is_late = read.offset > cuts.get((read.topic, head["person_id"]), read.offset)
    return head["basis"] == "consent" and (head["position"] > withdrawn[head["person_id"]] or is_late)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
