"""Tabs and ways back: who returns from a person goes on at that person, and no tab's title names anybody."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.portal.browsing import live, sign_in
from tests.portal.served import Served, assigned, enrolled, release

LABELS = {"p1": "Alvarez, Mateo", "p2": "Bautista, Liza", "p3": "Chen, Marcus"}

ASKED_FOR_ANEW = "['reload', 'back_forward'].includes(performance.getEntriesByType('navigation')[0].type)"
"""Whether a page that one went back to has come from the server: one that the browser had kept is loaded again."""


@pytest.fixture
def people(portal: Served) -> Served:
    """Three people, one of them at another site."""
    rows = [assigned(p, label) for p, label in LABELS.items()]
    rows[2]["body"]["site"] = "Roosevelt High"
    portal.apply(*rows, *(enrolled(f"e-{p}", p) for p in LABELS))
    return portal


def open_person(page: Page, label: str) -> None:
    """Follow the link of a person by keyboard."""
    page.get_by_role("list", name="Worklist").get_by_role("link", name=label, exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(label)


def press_until_at_end(page: Page, last: str) -> None:
    """Go on in the list to its last person, where the key does no more; a browser drops keys before its first frame."""
    for _ in range(10):
        page.keyboard.press("j")
        page.wait_for_timeout(100)
        if page.locator(":focus").text_content() == last:
            return
    expect(page.locator(":focus")).to_have_text(last)


@pytest.mark.browser
@pytest.mark.parametrize("way", ["back", "link"])
def test_whoever_comes_back_to_the_list_is_at_the_person_that_was_opened(people: Served, page: Page, way: str) -> None:
    sign_in(people, page)
    expect(page.locator(":focus")).to_have_count(0)
    open_person(page, "Bautista, Liza")
    if way == "back":
        page.go_back()
        page.wait_for_function(ASKED_FOR_ANEW)
    else:
        page.get_by_role("link", name="My caseload").click()
    expect(page.locator(":focus")).to_have_text("Bautista, Liza")
    assert page.url == f"{people.url}/"
    press_until_at_end(page, "Chen, Marcus")
    page.reload()
    live(page)
    expect(page.locator(":focus")).to_have_count(0)


@pytest.mark.browser
def test_a_list_without_the_person_that_was_opened_begins_at_its_top(people: Served, page: Page) -> None:
    sign_in(people, page)
    open_person(page, "Bautista, Liza")
    page.goto(f"{people.url}/?rule=sap_lost")
    live(page)
    expect(page.locator(":focus")).to_have_count(0)


@pytest.mark.browser
def test_signing_out_forgets_who_was_opened(people: Served, page: Page) -> None:
    sign_in(people, page)
    open_person(page, "Bautista, Liza")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert page.evaluate("Object.values(sessionStorage).join('')") == ""


@pytest.mark.browser
def test_a_page_that_the_browser_had_kept_is_asked_for_anew(people: Served, page: Page) -> None:
    sign_in(people, page)
    page.evaluate("window.sameDocument = true")
    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    live(page)
    assert page.evaluate("window.sameDocument") is None


def test_tabs_of_different_people_have_different_titles_and_none_has_a_name_or_what_was_said_of_them(
    people: Served,
) -> None:
    titles = []
    for person in LABELS:
        text = people.client().get(f"/p/{person}").text
        titles.append(re.findall("<title>(.*) . Throughline</title>", text)[0])
    assert titles == [
        "Person 1 of 3, Lincoln High",
        "Person 2 of 3, Lincoln High",
        "Person 3 of 3, Roosevelt High",
    ]


def test_a_person_without_a_site_has_the_role_in_the_title(people: Served) -> None:
    last = assigned("p4", "Diaz, Ana")
    last["body"]["site"] = None
    people.apply(last)
    assert "<title>Person 4 of 4, Counselor " in people.client().get("/p/p4").text


def test_a_phone_number_is_written_as_people_do_and_is_in_no_address(people: Served) -> None:
    body = {"preferred_name": "Mateo", "phone": "5555550123"}
    people.apply(release("e9", "p1", "contact", "cde_k12", body))
    text = people.client().get("/p/p1").text
    assert text.count("(555) 555-0123") == 2
    assert "5555550123" not in text
    assert "tel:" not in text
