"""A real browser on a portal, as a person uses it."""

import os

from playwright.sync_api import Page, expect

from tests.portal.served import Served

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
REQUIRED = os.environ.get("THROUGHLINE_REQUIRE_BROWSER") == "1"


def sign_in(portal: Served, page: Page, user_id: str = "u1") -> None:
    """Use a link, as a person does."""
    page.goto(portal.link(user_id))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.mouse.move(1, 1)  # a list does not move under the pointer
    live(page)


def live(page: Page) -> None:
    """Wait until the page hears the feed and has all its scripts, of which the keys' comes last."""
    page.wait_for_load_state("load")
    expect(page.locator("[data-connection]")).to_have_text("Live")
