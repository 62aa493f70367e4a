"""People erased while events flow and workers are killed; then everything that is kept is searched for them.

Publishes made-up people of whom every partner says something that nobody else has, over the whole stack. Erases half of
them with ``throughline erase`` while more comes of everybody, and meanwhile kills resolve, consent, signals and serve
with kill -9 while each has an erasure before it. Then more comes of the erased.

In the end: no key that is left opens a body or a trait of theirs (readable), every release is taken back (released), no
view or signal tells of them (shown), no file, store or topic holds a value of theirs but partners' and recipients'
topics, which do for days (plain), and what came last is withheld (let through). Everything of everybody else is seen
(lost), both stages rebuilt from topics equal what is there, and the disclosure log is whole. Prints one JSON object as
its last line; exits 1 unless all is so.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from support.chaos.found import arrivals_of
from support.chaos.kept import view_path
from support.erasing import search
from support.erasing.people import Planted, planted
from support.erasing.search import AllKeys, Known
from support.events import Message
from support.proving import over_people, say

from deploy.commands.worker import keys_dir
from deploy.demo_run import wait_until_ended
from deploy.identity import published
from deploy.ledger import WITHHELD, LiveLedger
from deploy.stack import SERVE, WORKERS, Stack
from streams import clients
from streams.keyring import Keyring
from streams.settings import Settings
from streams.store import path_of

ROLES = (*WORKERS, SERVE)
LONGEST_SECONDS = 0.3
"""That a worker works on an erasure before it is killed."""
PAUSE_SECONDS = 0.02
"""Between events of those that come meanwhile."""
DONE_SECONDS = 120.0
WRONG = ("readable", "released", "shown", "plain", "let_through", "lost")


def main() -> int:
    """Run; the exit code."""
    return over_people(__doc__, "erase", (40, "of whom half are erased; default 40"), prove, is_sound)


def is_sound(document: dict[str, Any]) -> bool:
    """Whether somebody was erased, and nothing is wrong."""
    wanted = {**dict.fromkeys(WRONG, 0), "rebuilt_equal": True, "audit_whole": True}
    return bool(document["erased"] and document["withheld"]) and {**document, **wanted} == document


def prove(folder: Path, count: int, seed: int) -> dict[str, Any]:
    """Run and search; the figures."""
    chance = random.Random(seed)  # noqa: S311  # of a test's people
    people = planted(count, chance)
    gone, kept = people[::2], people[1::2]
    with Stack(Settings(data_dir=folder / "data", portal_port=0, bootstrap=None, broker="native")) as stack:
        proof = Proof(stack, chance)
        proof.publish([sent for person in people for sent in person.before])
        proof.wait()
        known = proof.know(gone)
        proof.restart()
        proof.erase_amid(people)
        proof.wait()
        proof.wait_for_keys(known)
        proof.publish([sent for person in people for sent in person.last])
        proof.wait()
        proof.stop()
        return {"erased": len(gone), **proof.found(known, gone, kept), "kills": proof.kills, "seed": seed}


class Proof:
    """A run over a stack."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        self.stack, self._chance = stack, chance
        self.kills = dict.fromkeys(ROLES, 0)
        self._producer = clients.producer(stack.bootstrap)
        self._ids: set[str] = set()

    def publish(self, messages: Sequence[Message], pause: float = 0.0) -> None:
        """Publish, as partners do."""
        for sent in messages:
            self._producer.produce(sent.topic, sent.value, sent.key, headers=list(sent.headers.items()))
            self._producer.poll(0)
            self._ids.add(sent.event_id)
            time.sleep(pause)
        assert self._producer.flush(60) == 0

    def wait(self) -> None:
        """Wait until every event has ended."""
        with closing(LiveLedger(self.stack.bootstrap)) as ledger:
            wait_until_ended(self.stack, ledger, set(self._ids), lambda _: None)
            self.outcomes = dict(ledger.book.outcomes)

    def know(self, gone: Sequence[Planted]) -> Known:
        """What there is of those who will be erased."""
        identities = {sent.event_id for person in gone for sent in person.before if sent.topic.endswith(".identity")}
        address, data = self.stack.bootstrap, self.stack.data_dir
        named = published.newest(address, lambda row: not identities.isdisjoint(row["event_ids"]))
        self.persons = sorted({record.person_id for record in named.values()})
        assert len(self.persons) == len(gone)
        records = published.newest(address, lambda row: row["person_id"] in self.persons)
        keys = frozenset(records)
        events = frozenset(s.event_id for person in gone for s in (*person.before, *person.after, *person.last))
        known = Known(
            keys, events, [needle for person in gone for needle in person.needles],
            search.wrapped(keys_dir(self.stack.settings), keys), search.compared(path_of(data, "resolve"), keys),
        )  # fmt: skip
        assert len(known.wrapped) == len(keys)
        assert known.compared
        say(f"{len(gone)} people, {len(keys)} records")
        return known

    def restart(self) -> None:
        """Have every worker start again, so that what it has is in files and no more in its store's log."""
        for role in ROLES:
            self.stack.stop(role)
            self.stack.start(role)

    def erase_amid(self, people: Sequence[Planted]) -> None:
        """Erase them while more comes of everybody and workers are killed."""
        coming = [sent for person in people for sent in person.after]
        self._chance.shuffle(coming)
        flow = threading.Thread(target=lambda: self.publish(coming, PAUSE_SECONDS))
        flow.start()
        for place, person_id in enumerate(self.persons):
            self._erase_and_kill(person_id, ROLES[place % len(ROLES)])
            self.stack.check()
        flow.join()
        say(f"erased {len(self.persons)}, killed amid it {self.kills}")

    def _erase_and_kill(self, person_id: str, role: str) -> None:
        """The role sleeps while it is asked for, so that it has it before it; then it is killed, and starts again."""
        pid = self.stack.running[role].pid
        os.kill(pid, signal.SIGSTOP)
        self._command("erase", person_id, "--reason", "student_request", "--by", "proof", "--yes", "--wait", "0")
        time.sleep(self._chance.uniform(0, LONGEST_SECONDS))
        os.kill(pid, signal.SIGCONT)
        time.sleep(self._chance.uniform(0, LONGEST_SECONDS))
        self.stack.kill(role)
        self.kills[role] += 1
        self.stack.start(role)

    def wait_for_keys(self, known: Known) -> None:
        """Wait until consent has destroyed all keys."""
        deadline = time.monotonic() + DONE_SECONDS
        with closing(Keyring(keys_dir(self.stack.settings))) as ring:
            while not known.record_keys <= ring.erased():
                self.stack.check()
                assert time.monotonic() < deadline, "keys of erased records are still there"
                time.sleep(0.1)

    def stop(self) -> None:
        """Let everything finish, and start ``serve`` once more: it writes the views anew."""
        done = self._command("drain")
        assert done.returncode == 0, done.stderr
        for role in ROLES:
            self.stack.stop(role)
        self.stack.start(SERVE)
        self.stack.wait_for_portal()
        self.stack.stop(SERVE)

    def found(self, known: Known, gone: Sequence[Planted], kept: Sequence[Planted]) -> dict[str, Any]:
        """What a search finds."""
        data = self.stack.data_dir
        arrivals = arrivals_of(self.stack.bootstrap)
        reads = search.ours(arrivals)
        with closing(Keyring(keys_dir(self.stack.settings))) as ring:
            keys = AllKeys(ring, {read.row["record_key"] for read in reads if "record_key" in read.row})
        topics = search.plain_in_topics(arrivals, known)
        plain = [topic for topic in topics if not f"{topic}.".startswith(search.PLAIN_FOR_DAYS)]
        plain += search.plain_in_files(data, known) + search.rows_in_stores(data, known)
        views = view_path(data)
        last = {sent.event_id for person in gone for sent in person.last}
        withheld = {event_id for event_id in last if self.outcomes[event_id] == WITHHELD}
        wanted = {event_id for person in kept for event_id in person.shown}
        wrong = {
            "readable": search.readable(reads, known, keys),
            "released": search.released(reads, known),
            "shown": [*search.shown(views, known), *search.signalled(reads, known)],
            "plain": plain,
            "let_through": sorted(last - withheld),
            "lost": sorted(wanted - search.seen(views)),
        }
        for name, things in wrong.items():
            for thing in things[:5]:
                say(f"{name}: {thing}")  # ids and names of files only
        told = {name: len(things) for name, things in wrong.items()}
        counted = {"records": len(known.record_keys), "withheld": len(withheld)}
        rebuilt = [json.loads(self._command("rebuild", role, "--check", "--json").stdout) for role in WORKERS[:2]]
        audit = self._command("audit", "verify", "--json")
        sound = {"rebuilt_equal": all(one["equal"] for one in rebuilt), "audit_whole": audit.returncode == 0}
        return {**counted, **told, "skipped": rebuilt[1]["skipped"], **sound, "plain_for_days": topics}

    def _command(self, *words: str) -> Any:
        env = self.stack.environment()
        command = [sys.executable, "-m", "deploy", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)


if __name__ == "__main__":
    sys.exit(main())
