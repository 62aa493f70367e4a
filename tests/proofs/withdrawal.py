"""A consent withdrawn in front of a real browser: the page of the person clears itself, without reload.

Starts the whole stack on made-up people, signs a case manager in, opens a person's page, publishes the withdrawal as
the partner would, and watches. Prints one JSON object as its last line; exits 1 unless the page has cleared.
"""

import json
import shutil
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import PARTNER, run_phase
from deploy.ledger import LiveLedger
from deploy.population import generate
from deploy.stack import Stack
from partners.client import Publisher
from partners.events import key_of
from partners.population import Planned, Population
from partners.population.send import send
from portal.sign_in import make_sign_in_link
from streams.settings import Settings

PEOPLE, SEED = 200, 7
MANAGER, RECIPIENT = "cm-alvarez", "lausd_counseling"
SOURCE = "cde_k12"
ROW = "[data-list='timeline'] > li:not(:has(.tl-fact__card--caseload))"
"""A fact that another agency disclosed; that the person is on one's own caseload is one's own record, and stays."""
CLEARED_SECONDS = 20.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update"]  # fmt: skip


def main() -> int:
    """Run; the exit code."""
    with tempfile.TemporaryDirectory(prefix="throughline-withdrawal-") as folder, ExitStack() as held:
        document = run(Path(folder), held)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if document["rows_before"] and not document["rows_after"] and document["page_cleared"] else 1


def run(folder: Path, held: ExitStack) -> dict[str, Any]:
    """The whole story over a data directory."""
    users = folder / "users.toml"
    users.write_text(f'[[users]]\nid = "{MANAGER}"\nname = "R. Alvarez"\nrecipient = "{RECIPIENT}"\n')
    stack = held.enter_context(Stack(Settings(data_dir=folder / "data", users_file=users, portal_port=0)))
    made = generate(PEOPLE, SEED)
    publisher = held.enter_context(Publisher(stack.bootstrap, PARTNER))
    ledger = LiveLedger(stack.bootstrap)
    held.callback(ledger.close)
    run_phase(stack, publisher, ledger, made.phases["history"], _unheard)
    person_id, withdrawal = _withdrawal(made, held.enter_context(Reader(_link(stack))))
    page = _signed_in(held, _link(stack))
    page.goto(f"{stack.portal}/p/{person_id}")
    page.locator(ROW).first.wait_for(timeout=20_000)
    before = page.locator(ROW).count()
    page.evaluate("window.notReloaded = true")
    send(publisher, [withdrawal])
    after = _count_when_cleared(page)
    return {
        "rows_before": before,
        "rows_after": after,
        "page_cleared": after == 0 and page.evaluate("window.notReloaded"),
    }


def _unheard(done: int) -> None:
    del done


def _link(stack: Stack) -> str:
    return make_sign_in_link(stack.portal, portal_secret(stack.settings), MANAGER)


def _withdrawal(made: Population, reader: Reader) -> tuple[str, Planned]:
    """A person whose page shows facts under consent, and the event that withdraws everything for that person."""
    sent = {event.event_id: event for event in made.phases["history"]}
    given = {e.key: e for e in sent.values() if (e.partner, e.family) == (SOURCE, "consent") and e.row is not None}
    for person_id in reader.persons():
        for event_id in reader.event_ids(person_id):
            fact = sent[event_id]
            if fact.partner == SOURCE and fact.key in given:
                return person_id, _withdrawn(given[fact.key])
    raise LookupError("nobody on the caseload is seen by consent")


def _withdrawn(given: Planned) -> Planned:
    """What the school sends when the family takes its consent back: of everything, for everybody."""
    row = given.row or {}
    now = time.time_ns() // 1_000
    name = f"withdrawal of {given.event_id}"
    envelope = {
        **row["envelope"], "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)), "source_record_id": name,
        "observed_at": now, "published_at": now,
    }  # fmt: skip
    nothing_named: dict[str, Any] = {"controllers": [], "records_covered": [], "purposes": [], "recipients": []}
    body = {**row["body"], **nothing_named, "event_state": "withdrawn", "given_at": now}
    changed = {"envelope": envelope, "body": body}
    return Planned(envelope["event_id"], given.partner, "consent", key_of(changed), changed)


def chromium() -> str | None:
    """Path of a Chromium, where this machine has one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


def _signed_in(held: ExitStack, link: str) -> Page:
    browser = held.enter_context(sync_playwright()).chromium.launch(executable_path=chromium(), args=FLAGS)
    held.callback(browser.close)
    page = browser.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="My caseload").wait_for()
    return page


def _count_when_cleared(page: Page) -> int:
    """Rows on the page once it has none, or when the time is up."""
    deadline = time.monotonic() + CLEARED_SECONDS
    while (count := page.locator(ROW).count()) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return int(count)


if __name__ == "__main__":
    sys.exit(main())
