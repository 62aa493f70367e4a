"""A marked value in every event that somebody may not see; then everything that anybody can read is searched for them.

Publishes made-up people of every kind of reason to withhold (nobody was asked, withdrawn, refused, expired, not on the
caseload, no agreement, a child's own word, foster care, a confidential address, ...), each text and sum of each event a
canary, and events that are rejected, with a canary in the field that is wrong. The whole stack carries them. Whom which
canary may reach says an independent oracle, which agrees with what was written by hand of each kind.

Searched are recipients' topics and views, all other topics but the partners' own, logs, stores, keys and all files,
metrics, dead letters, the audit and its export, explanations, and every page and answer of the portal to every reader
about everybody. Found are canaries that may not be where they are, and answers that tell somebody else's client from
nobody; missing are those that a recipient may see and does not. Prints one JSON object as its last line; exits 1 unless
nothing is found, and nothing missing.
"""

import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from support.canaries import asking, rejected, searching
from support.canaries.kinds import KINDS, RECIPIENTS, people
from support.canaries.marks import Mint, Search
from support.canaries.people import MANAGERS, MORE, PHASES, Book
from support.canaries.searching import Findings
from support.canaries.truth import Truth, truth_of, unlike
from support.chaos.found import arrivals_of, wait_until_read
from support.chaos.kept import view_path
from support.events import Message
from support.proving import over_people, say

from deploy.agreements_folder import load_agreements
from deploy.commands.worker import keys_dir
from deploy.demo_run import wait_until_ended
from deploy.identity import published
from deploy.ledger import REJECTED, WITHHELD, LiveLedger
from deploy.stack import SERVE, WORKERS, Stack
from streams import clients
from streams.settings import Settings

ROLES = (*WORKERS, SERVE)
FORGED = 10
"""One message in so many has canaries in headers of its own."""
MOST_SHOWN = 3
SECONDS_PER_DAY = 86_400
THERE = ("planted", "seen", "on_pages", "withheld_events", "rejected_events")
WRONG = ("found", "missing", "unlike")
OVER = """
agreement_id = "{}"
version = 1
tier = "{}"
title = "What is over"
party = "csu_advising"
citation = "34 CFR 99.30"
effective_from = 2024-07-01
effective_to = 2025-06-30
{}
"""


def main() -> int:
    """Run; the exit code."""
    return over_people(__doc__, "canaries", (2 * len(KINDS), "of every kind in turn"), prove, is_sound)


def is_sound(document: dict[str, Any]) -> bool:
    """Whether something was withheld, rejected and seen, and nothing is wrong."""
    there = all(document[name] for name in THERE)
    return there and not any(document[name] for name in WRONG)


def prove(folder: Path, count: int, seed: int, sampled: int = 8, readers: int = MANAGERS) -> dict[str, Any]:
    """Run and search; the figures.

    Args:
        folder: for everything.
        count: of people.
        seed: of the values.
        sampled: events, and as many dead letters, about which commands are run as processes.
        readers: of each recipient, who ask the portal.
    """
    mint = Mint(random.Random(seed))  # noqa: S311  # of a test's people
    book = Book(mint)
    told = people(book, count)
    chosen = Settings(
        data_dir=folder / "data", users_file=asking.users_file(folder / "users.toml"), portal_port=0, bootstrap=None,
        broker="native", agreements_dir=_agreements(folder / "agreements"), log_level="debug",
    )  # fmt: skip
    truth = truth_of(book, told, load_agreements(chosen.agreements), int(time.time()) // SECONDS_PER_DAY)
    with Stack(chosen) as stack:
        proof = Proof(stack, book, truth)
        proof.publish_all(max(1, count // len(KINDS)))
        findings = Findings(Search(book.origins.keys()), book.origins)
        asked = proof.ask(findings, sampled, readers, folder)
        document = proof.search(findings)
    told_by_hand = unlike(book, truth, told)
    for line in [*_some(findings.found), *told_by_hand[:MOST_SHOWN]]:
        say(line)  # places, families and names of kinds only
    wrong = {"found": len(findings.found), "missing": document.pop("missing"), "unlike": len(told_by_hand)}
    found_in = Counter(one.partition(" ")[0] for one in findings.found)
    return {"planted": document.pop("planted"), **wrong, **document, **asked, "found_in": found_in, "seed": seed}


def _some(found: Sequence[str]) -> Iterator[str]:
    """A few of each kind of place."""
    shown = Counter[str]()
    for one in found:
        shown[kind := one.partition(" ")[0]] += 1
        if shown[kind] <= MOST_SHOWN:
            yield one


def _agreements(folder: Path) -> Path:
    """Those that ship, and one that is over with its licence."""
    shutil.copytree(Settings(agreements_dir=None).agreements, folder)
    grant = '[[grants]]\npartner_id = "csu"\nfamily = "contact"\ngroups = ["core", "reach"]'
    dsa = f'purpose = "academic_advising"\nbasis = "consent"\nrelation = "caseload"\n{grant}'
    dul = 'licenses = ["dsa-over"]\npurposes = ["academic_advising"]'
    for name, tier, more in (("dsa-over", "dsa", dsa), ("dul-over", "dul", dul)):
        (folder / f"{name}.toml").write_text(OVER.format(name, tier, more), encoding="utf-8")
    return folder


class Proof:
    """A run over a stack."""

    def __init__(self, stack: Stack, book: Book, truth: Truth) -> None:
        self.stack, self.book, self.truth = stack, book, truth
        self._producer = clients.producer(stack.bootstrap)
        self._ids: set[str] = set()

    def publish_all(self, of_each: int) -> None:
        """Publish phase by phase, what is to be rejected amid facts; wait until each event has ended."""
        for phase in PHASES:
            sent = [fact.sent for fact in self.book.facts if fact.phase == phase]
            sent = [self._forged(n, one) for n, one in enumerate(sent)]
            if phase == MORE:
                sent += [message for _, message in rejected.rejected(self.book, of_each)]
                sent.append(rejected.repeated(self.book, sent[0]))
            self._publish(sent)
            self._wait()
        for role in ROLES:
            wait_until_read(self.stack, role)
        say(f"{len(self._ids)} events")

    def _forged(self, place: int, sent: Message) -> Message:
        return sent if place % FORGED else rejected.with_headers(self.book, sent)

    def _publish(self, messages: Sequence[Message]) -> None:
        for sent in messages:
            self._producer.produce(sent.topic, sent.value, sent.key, headers=list(sent.headers.items()))
            self._producer.poll(0)
            self._ids.add(sent.event_id)
        assert self._producer.flush(60) == 0

    def _wait(self) -> None:
        with closing(LiveLedger(self.stack.bootstrap)) as ledger:
            wait_until_ended(self.stack, ledger, set(self._ids), lambda _: None)
            self.outcomes = dict(ledger.book.outcomes)

    def ask(self, findings: Findings, sampled: int, readers: int, folder: Path) -> dict[str, int]:
        """Ask as everybody who may; how many canaries pages show, and how many explanations were read."""
        persons = self._persons()
        portal = asking.Portal(self.stack, findings, self.truth, persons)
        portal.ask_everything(readers)
        say("every page is read")
        asking.scrape(findings, self.stack)
        staff, facts = asking.Staff(self.stack, findings, persons), self.book.facts
        projected = [fact for fact in facts if fact.row["family"] not in ("identity", "consent")]
        staff.run_commands(projected[:: len(projected) // max(1, sampled)][:sampled], folder)
        say("every command is run")
        explained = staff.explain_all(facts, keys_dir(self.stack.settings))
        return {"on_pages": len(portal.shown), "explained": explained}

    def _persons(self) -> dict[str, str]:
        """Ids of the people; each must be one person, and nobody else's."""
        identities = {f.row["event_id"]: f.row["person_id"] for f in self.book.facts if f.row["family"] == "identity"}
        rows = published.newest(self.stack.bootstrap, lambda row: not identities.keys().isdisjoint(row["event_ids"]))
        found = {(identities[id_], record.person_id) for record in rows.values() for id_ in record.event_ids}
        persons = dict(found)
        assert len(found) == len(persons) == len({*persons.values()}), "people are not each one person"
        return persons

    def search(self, findings: Findings) -> dict[str, Any]:
        """Search what is left when all have ended; the figures."""
        for role in ROLES:
            self.stack.stop(role)
        arrivals, data = arrivals_of(self.stack.bootstrap), self.stack.data_dir
        planted = searching.in_partners_topics(findings.search, arrivals)
        in_topics = searching.in_topics(findings, self.truth, arrivals)
        views = view_path(data)
        in_views = searching.in_views(findings, self.truth, views)
        searching.in_files(findings, self.truth, data, [views, views.with_suffix(f"{views.suffix}.wal")])
        searching.in_files(findings, self.truth, self.stack.settings.heads.parent)
        searching.in_stores(findings, self.truth, data, WORKERS)
        seen, missing = self._compared(planted, in_topics, in_views)
        ended = list(self.outcomes.values())
        return {
            "planted": len([one for one in planted if not self._may_anybody(one)]),
            "seen": seen, "missing": missing, "events": len(self._ids),
            "withheld_events": ended.count(WITHHELD), "rejected_events": ended.count(REJECTED),
            "searched_mb": {kind: round(size / 1e6, 1) for kind, size in sorted(findings.places.items())},
        }  # fmt: skip

    def _may_anybody(self, canary: str) -> bool:
        return any(self.truth.may_see(self.book.origins[canary], one, ever=True) for one in RECIPIENTS)

    def _compared(
        self, planted: set[str], in_topics: dict[str, set[str]], in_views: dict[str, set[str]]
    ) -> tuple[int, int]:
        """How many canaries recipients see now, in topic and view, and how many they do not that they may see."""
        seen = missing = 0
        for recipient in RECIPIENTS:
            may = {one for one in planted if self.truth.may_see(self.book.origins[one], recipient)}
            there = may & in_topics[recipient] & in_views[recipient]
            seen, missing = seen + len(there), missing + len(may - there)
            for one in sorted(may - there)[:3]:
                say(f"missing: {self.book.origins[one]}, of {recipient}")
        return seen, missing


if __name__ == "__main__":
    sys.exit(main())
