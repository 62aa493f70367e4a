"""What a case manager sees in a real browser, while events arrive."""

import pytest
from playwright.sync_api import Page, expect

from tests.portal.browsing import live, sign_in
from tests.portal.served import NOON, Served, assigned, enrolled, release, taken_back

pytestmark = pytest.mark.browser


def open_person(portal: Served, page: Page, label: str = "Alvarez, Mateo") -> None:
    """Sign in and follow the link on the caseload."""
    sign_in(portal, page)
    page.get_by_role("link", name=label, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(label)
    live(page)


def timeline(page: Page) -> list[str]:
    """Headlines of the timeline, from top to bottom."""
    return page.locator("[data-list=timeline] h3").all_inner_texts()


@pytest.fixture
def person(portal: Served) -> Served:
    """A portal with one person and one fact."""
    portal.apply(assigned("p1", "Alvarez, Mateo"), enrolled("e1", "p1"))
    return portal


def award(event_id: str, **changed: object) -> dict[str, object]:
    """A release of a Cal Grant."""
    body = {"aid_year": "2026-2027", "state_programme": "CAL_GRANT_A", "award_amount_cents": 614_700}
    return release(event_id, "p1", "aid", "csac", {**body, "award_status": "awarded", "reject_codes": []}, **changed)


def test_a_case_manager_signs_in_and_sees_the_own_caseload_at_a_clean_address(person: Served, page: Page) -> None:
    sign_in(person, page)
    assert page.url == f"{person.url}/"
    expect(page.get_by_role("heading", name="My caseload")).to_be_visible()
    expect(page.locator("[data-list=clients] > li")).to_have_count(1)
    expect(page.get_by_text("Los Angeles Unified, college counseling")).to_be_visible()


def test_a_new_row_appears_on_the_open_page_in_its_place_and_is_told_politely(person: Served, page: Page) -> None:
    open_person(person, page)
    page.evaluate("window.sameDocument = true")
    person.apply(award("e2", effective_from=NOON // 86_400_000_000 - 1))
    expect(page.get_by_text("Cal Grant A of $6,147 for 2026-2027, awarded")).to_be_visible()
    assert timeline(page)[0].startswith("Cal Grant A")
    expect(page.locator("[data-said]")).to_have_text("Just now: 1 new.")
    expect(page.get_by_role("cell", name="Nov 21, 2026").first).to_be_visible()
    assert page.evaluate("window.sameDocument") is True


def test_a_retracted_row_goes_from_the_open_page(person: Served, page: Page) -> None:
    person.apply(award("e2"))
    open_person(person, page)
    page.evaluate("window.sameDocument = true")
    person.apply(taken_back(award("e2")))
    expect(page.get_by_text("Cal Grant A")).to_have_count(0)
    expect(page.locator("[data-said]")).to_have_text("Just now: 1 removed.")
    assert page.evaluate("window.sameDocument") is True


def test_a_correction_takes_the_place_of_what_it_corrects_and_strikes_it_through(person: Served, page: Page) -> None:
    open_person(person, page)
    person.apply(enrolled("e2", "p1", "G11", fact_id="fact-e1", published_at=NOON, operation="correct"))
    expect(page.get_by_role("heading", name="grade 11")).to_be_visible()
    assert page.locator(".tl-earlier s").first.inner_text().endswith("grade 12")
    expect(page.locator("[data-list=timeline] > li")).to_have_count(2)


def test_an_opened_explanation_stays_open_and_focused_while_its_row_changes(person: Served, page: Page) -> None:
    open_person(person, page)
    summary = page.locator("[data-key=fact-e1] summary")
    summary.focus()
    page.keyboard.press("Enter")
    person.apply(enrolled("e2", "p1", "G11", fact_id="fact-e1", published_at=NOON, operation="correct"))
    expect(page.get_by_role("heading", name="grade 11")).to_be_visible()
    expect(page.locator("[data-key=fact-e1] details")).to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_every_row_says_why_it_is_shown(person: Served, page: Page) -> None:
    open_person(person, page)
    page.locator("[data-key=fact-e1] summary").click()
    why = page.locator("[data-key=fact-e1] details")
    for told in ("Counseling toward college, with consent", "34 CFR 99.30", "consent-1", "College counseling", "99.33"):
        expect(why.get_by_text(told).first).to_be_visible()


def test_what_is_not_shown_is_told_by_rule_and_reads_the_same_with_and_without_events(
    person: Served, page: Page
) -> None:
    open_person(person, page)
    panel = page.locator("[data-part=withheld]")
    expect(panel).to_contain_text("You may see only if this person consents")
    expect(panel).to_contain_text("You may not see: no agreement allows it")
    expect(panel).to_contain_text("Nothing here tells whether this person has such a record")
    before = panel.inner_text()
    person.apply(taken_back(award("e7"), 5), release("e8", "p1", "employment", "edd", {"jobs_count": 1}))
    person.apply(enrolled("e9", "p1"))
    expect(page.locator("[data-key=fact-e9]")).to_be_visible()
    assert panel.inner_text() == before


def test_a_page_clears_itself_when_the_person_leaves_the_caseload(person: Served, page: Page) -> None:
    open_person(person, page)
    person.apply(assigned("p1", "Alvarez, Mateo", state="ended", position=2))
    expect(page.get_by_role("heading", name="This page is closed")).to_be_visible()
    for gone in ("Alvarez", "Enrolled", "Dana Whitfield"):
        assert gone not in page.content()


def test_the_caseload_lists_new_persons_and_changes_as_they_come(person: Served, page: Page) -> None:
    sign_in(person, page)
    person.apply(assigned("p2", "Bautista, Liza"), enrolled("e2", "p2"))
    expect(page.locator("[data-list=clients] > li")).to_have_count(2)
    expect(page.locator("[data-list=changes] > li").first).to_contain_text("Bautista, Liza")
    expect(page.locator("[data-list=clients] > li").nth(1)).to_contain_text("1 new")
    expect(page.locator("[data-part=summary]")).to_contain_text("2 people, 1 with something new")


def test_the_filter_works_by_keyboard_alone_and_says_how_many_are_left(person: Served, page: Page) -> None:
    person.apply(assigned("p2", "Bautista, Liza"))
    sign_in(person, page)
    page.get_by_label("Find by name, site or role").focus()
    page.keyboard.type("lincoln baut")
    expect(page.locator("[data-list=clients] > li:visible")).to_have_count(1)
    expect(page.locator("[data-filter-said]")).to_have_text("1 of 2 shown")
    page.keyboard.press("Escape")
    expect(page.locator("[data-list=clients] > li:visible")).to_have_count(2)


def test_an_empty_caseload_says_so_and_fills_itself(portal: Served, page: Page) -> None:
    sign_in(portal, page)
    expect(page.get_by_role("heading", name="Nobody is on your caseload yet")).to_be_visible()
    portal.apply(assigned("p1", "Alvarez, Mateo"))
    expect(page.get_by_role("link", name="Alvarez, Mateo")).to_be_visible()
    expect(page.get_by_role("heading", name="Nobody is on your caseload yet")).to_be_hidden()


def test_script_in_a_label_does_nothing_at_first_and_when_it_comes_by_the_feed(person: Served, page: Page) -> None:
    hostile = "<img src=/x onerror=window.owned=1><script>window.owned=1</script>"
    person.apply(assigned("p2", hostile))
    sign_in(person, page)
    person.apply(assigned("p3", f"{hostile}3"), enrolled("e3", "p3"))
    expect(page.get_by_role("link", name=f"{hostile}3", exact=True).first).to_be_visible()
    assert page.evaluate("window.owned") is None
    assert page.locator("main img").count() == 0


def test_a_lost_connection_is_told_and_the_page_catches_up_afterwards(person: Served, page: Page) -> None:
    open_person(person, page)
    banner = page.get_by_text("Connection lost. Data as of Nov 24, 2026, 12:00 PM PST")
    expect(banner).to_be_hidden()
    person.feed.close()
    expect(banner).to_be_visible()
    person.apply(award("e2"))
    person.feed.closed = False
    expect(page.get_by_text("Cal Grant A of $6,147")).to_be_visible()
    expect(banner).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_the_screen(person: Served, page: Page, width: int) -> None:
    long_label = "Martínez-Delgado-Fernández-Gutiérrez, Guadalupe-Fernanda-Alejandra"
    person.apply(assigned("p2", long_label), enrolled("e2", "p2"))
    page.set_viewport_size({"width": width, "height": 800})
    open_person(person, page, long_label)
    for path in ("/p/p2", "/"):
        page.goto(f"{person.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_pages_have_landmarks_one_first_heading_and_named_controls(person: Served, page: Page) -> None:
    open_person(person, page)
    for role in ("banner", "main", "contentinfo", "navigation"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    names = page.eval_on_selector_all(
        "input, button, a", "all => all.map(e => e.innerText || e.labels?.[0]?.innerText)"
    )
    assert all(names)


def test_the_keys_are_shown_and_move_along_the_records_of_a_persons_page_too(person: Served, page: Page) -> None:
    open_person(person, page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("[data-list=timeline] > li").first.locator("summary")).to_be_focused()


def test_only_what_has_happened_or_is_over_is_said_to_be_told_late(person: Served, page: Page) -> None:
    day = NOON // 86_400_000_000
    person.apply(
        enrolled("e2", "p1", occurred_on=day - 130, effective_from=day - 130),
        enrolled("e3", "p1", effective_from=day - 130, effective_to=day - 43),
        award("e4", occurred_on=day - 63, effective_from=None),
    )
    open_person(person, page)
    expect(page.locator("[data-key=fact-e2] .tl-fact__fresh")).not_to_contain_text("after")
    for key, said in (("e3", "40 days after it ended"), ("e4", "60 days after it happened")):
        expect(page.locator(f"[data-key=fact-{key}] .tl-fact__fresh")).to_contain_text(said)


def test_newest_changes_stand_by_when_they_were_published_whenever_they_came(person: Served, page: Page) -> None:
    person.apply(award("e2", published_at=NOON))
    person.apply(award("e3", published_at=NOON - 9 * 86_400_000_000))
    sign_in(person, page)
    keys = page.eval_on_selector_all("[data-list=changes] > li", "all => all.map(e => e.dataset.key)")
    assert keys == ["e2", "e1", "e3"]


def test_codes_stand_behind_words_in_a_title(person: Served, page: Page) -> None:
    body = {"organization_id": "1", "organization_id_system": "UNITID", "cip_code": "11.0701"}
    person.apply(release("e2", "p1", "enrollment", "cde_k12", body))
    open_person(person, page)
    program = page.get_by_text("Computer and information sciences")
    expect(program).to_have_attribute("title", "cip_code: 11.0701")
