"""The worklist in a real browser: filters in the address, keys, signals that come and go, a list that does not move."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from portal import signal_words
from portal import worklist as worklist_orders
from tests.portal.browsing import live, sign_in
from tests.portal.served import ME, Served, agreement, assigned, enrolled, release, signal, taken_back
from tests.portal.test_feed import events

pytestmark = pytest.mark.browser
LABELS = {"p1": "Alvarez, Mateo", "p2": "Bautista, Liza", "p3": "Chen, Marcus"}
FAFSA = "FAFSA not complete: school year 2027-2028, deadline Mar 2, 2027 (in 98 days)"
SAP = "Aid eligibility lost: academic progress too low, aid year 2026-2027"


def aid(event_id: str, person_id: str, **changed: object) -> dict[str, object]:
    """A release of an aid application."""
    body = {"aid_year": "2027-2028", "application_status": "submitted", "reject_codes": []}
    return release(event_id, person_id, "aid", "csac", body, **changed)


@pytest.fixture
def worklist(portal: Served) -> Served:
    """Three people, of whom the first has a medium and the second a high signal."""
    rows = [assigned(p, label) for p, label in LABELS.items()] + [enrolled(f"e-{p}", p) for p in LABELS]
    rows[2]["body"]["site"] = "Roosevelt High"
    signals = [signal("fafsa_incomplete", "p1", "e-p1", "a1"), signal("sap_lost", "p2", "a2")]
    portal.apply(*rows, aid("a1", "p1"), aid("a2", "p2"), aid("a3", "p3"), signals=signals)
    return portal


def names(page: Page) -> list[str]:
    """Who is listed, from top to bottom."""
    return page.locator("[data-list=clients] > li:visible .tl-client__name").all_inner_texts()


def row(page: Page, label: str) -> Locator:
    """The row of a person."""
    return page.locator("[data-list=clients] > li").filter(has=page.get_by_role("link", name=label, exact=True))


def test_people_stand_by_the_urgency_of_what_is_open_and_each_signal_says_what_it_means_and_why(
    worklist: Served, page: Page
) -> None:
    sign_in(worklist, page)
    assert names(page) == ["Bautista, Liza", "Alvarez, Mateo", "Chen, Marcus"]
    mateo = row(page, "Alvarez, Mateo")
    expect(mateo).to_contain_text(f"Medium {FAFSA}")
    expect(mateo).to_contain_text("Raised Nov 23, 2026, due Mar 2, 2027.")
    mateo.get_by_text("Why shown").click()
    for why in ("none is processed", "California Student Aid Commission", "34 CFR 99.30"):
        expect(mateo.locator("details")).to_contain_text(why)
    mateo.get_by_role("link", name="Student aid", exact=True).click()
    assert page.url == f"{worklist.url}/p/p1#fact-fact-a1"
    expect(page.locator("#fact-fact-a1")).to_be_in_viewport()


def test_a_persons_page_begins_with_the_open_signals_and_links_to_what_they_rest_on(
    worklist: Served, page: Page
) -> None:
    sign_in(worklist, page)
    page.goto(f"{worklist.url}/p/p1")
    live(page)
    signals = page.get_by_role("region", name="Open signals")
    expect(signals.get_by_role("heading", level=3)).to_contain_text(FAFSA)
    expect(signals.get_by_role("link", name="Aid application for 2027-2028: submitted").first).to_be_visible()
    worklist.apply(signals=[signal("fafsa_incomplete", "p1", "e-p1", "a1", offset=2, state="closed")])
    expect(signals).to_be_hidden()


def test_filters_stand_in_the_address_work_without_the_script_and_can_be_cleared(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    page.get_by_label(re.compile("FAFSA not complete")).check()
    page.get_by_label("Order").select_option("Name")
    page.get_by_role("button", name="Apply").click()
    assert page.url == f"{worklist.url}/?rule=fafsa_incomplete&order=name"
    assert names(page) == ["Alvarez, Mateo"]
    expect(page.get_by_label(re.compile("FAFSA not complete"))).to_be_checked()
    expect(page.locator("[data-part=summary]")).to_contain_text("1 of 3 listed")
    page.get_by_role("checkbox", name=re.compile("^High")).check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("heading", name="Nobody fits these filters")).to_be_visible()
    page.get_by_role("link", name="Clear the filters").click()
    assert len(names(page)) == 3


def test_a_filtered_page_stays_filtered_when_changes_come(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    page.goto(f"{worklist.url}/?rule=sap_lost")
    page.mouse.move(1, 1)
    live(page)
    worklist.apply(
        signals=[signal("fafsa_incomplete", "p3", "e-p3", "a3"), signal("sap_lost", "p1", "a1", urgency="high")]
    )
    expect(row(page, "Alvarez, Mateo")).to_contain_text(SAP)
    assert sorted(names(page)) == ["Alvarez, Mateo", "Bautista, Liza"]
    expect(page.locator("[data-part=count-rule-fafsa_incomplete]")).to_have_text("2")


def test_the_feed_takes_the_filters_of_its_page(worklist: Served) -> None:
    with worklist.client().stream("GET", "/feed?rule=sap_lost&standing=x") as answer:
        assert next(events(answer.iter_lines()))["data"]["keep"]["clients"] == ["p2"]


def test_a_signal_comes_to_the_open_page_is_announced_and_goes_again(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    worklist.apply(signals=[signal("sap_lost", "p3", "a3")])
    expect(row(page, "Chen, Marcus")).to_contain_text(SAP)
    assert names(page)[:2] == ["Bautista, Liza", "Chen, Marcus"]
    expect(page.locator("[data-said]")).to_have_text("Just now: 1 new signal.")
    worklist.apply(signals=[signal("sap_lost", "p3", "a3", offset=2, state="closed")])
    expect(row(page, "Chen, Marcus").locator("[data-signal]")).to_have_count(0)
    assert names(page)[2] == "Chen, Marcus"


def test_a_change_that_is_no_signal_is_not_announced_on_the_worklist(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    worklist.apply(enrolled("e9", "p3"))
    expect(row(page, "Chen, Marcus")).to_contain_text("1 new")
    expect(page.locator("[data-said]")).to_have_text("")


@pytest.mark.parametrize("path", ["/", "/p/p1"])
def test_evidence_that_is_withdrawn_takes_its_signal_along_before_the_signals_worker_has_said_so(
    worklist: Served, page: Page, path: str
) -> None:
    sign_in(worklist, page)
    page.goto(f"{worklist.url}{path}")
    live(page)
    expect(page.get_by_text(FAFSA)).to_be_visible()
    worklist.apply(taken_back(aid("a1", "p1")))
    expect(page.get_by_text(FAFSA)).to_have_count(0)
    assert FAFSA not in page.content()


def test_an_agreement_that_ends_takes_the_signals_along_at_once(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    worklist.apply(agreements=(agreement(ME, "consent", version=2, effective_to="2026-11-23"),))
    expect(page.locator("[data-signal]")).to_have_count(0)
    assert worklist.client().get("/api/signals").json() == {"signals": []}


def test_a_signal_that_changed_while_the_connection_was_lost_is_there_afterwards(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    worklist.feed.close()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    worklist.apply(signals=[signal("sap_lost", "p3", "a3")])
    worklist.feed.closed = False
    expect(row(page, "Chen, Marcus")).to_contain_text(SAP)


def test_keys_move_along_the_list_open_a_page_and_go_to_the_field(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    focused = page.locator(":focus")
    for key, label in (("j", 0), ("j", 1), ("ArrowDown", 2), ("j", 2), ("ArrowUp", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(focused).to_have_text(["Bautista, Liza", "Alvarez, Mateo", "Chen, Marcus"][label])
    page.keyboard.press("/")
    expect(page.get_by_label("Find by name")).to_be_focused()
    page.keyboard.type("jk?/")
    expect(page.get_by_label("Find by name")).to_have_value("jk?/")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Chen, Marcus")


def test_the_keys_are_shown_in_a_dialog_that_keeps_the_focus_and_gives_it_back(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    page.keyboard.press("j")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("j")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator(":focus")).to_have_text("Bautista, Liza")


def test_single_keys_can_be_switched_off_and_stay_off_but_arrows_in_the_list_work_on(
    worklist: Served, page: Page
) -> None:
    sign_in(worklist, page)
    page.get_by_label("Single-key shortcuts").uncheck()
    page.reload()
    live(page)
    expect(page.get_by_label("Single-key shortcuts")).not_to_be_checked()
    for key in ("j", "?", "/"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(":focus")).to_have_count(0)
    page.get_by_role("link", name="Bautista, Liza").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(":focus")).to_have_text("Alvarez, Mateo")


def test_nothing_moves_for_whoever_is_in_the_list_and_what_is_new_waits_behind_a_button(
    worklist: Served, page: Page
) -> None:
    sign_in(worklist, page)
    page.get_by_role("link", name="Alvarez, Mateo").first.focus()
    before = row(page, "Alvarez, Mateo").bounding_box()
    worklist.apply(assigned("p0", "Abara, Zoe"), aid("a0", "p0"), signals=[signal("sap_lost", "p0", "a0")])
    button = page.get_by_role("button", name=re.compile("^1 update"))
    expect(button).to_be_visible()
    expect(page.locator("[data-said]")).to_have_text("Just now: 1 new signal.")
    assert names(page) == ["Bautista, Liza", "Alvarez, Mateo", "Chen, Marcus"]
    assert row(page, "Alvarez, Mateo").bounding_box() == before
    expect(page.locator(":focus")).to_have_text("Alvarez, Mateo")
    button.click()
    assert names(page)[0] == "Abara, Zoe"
    expect(page.locator(":focus")).to_have_text("Abara, Zoe")
    expect(button).to_be_hidden()


def test_a_person_who_leaves_goes_at_once_also_under_the_pointer_and_the_rows_stay_where_they_are(
    worklist: Served, page: Page
) -> None:
    sign_in(worklist, page)
    row(page, "Chen, Marcus").hover()
    before = row(page, "Chen, Marcus").bounding_box()
    worklist.apply(assigned("p2", "Bautista, Liza", state="ended", position=2))
    expect(page.get_by_text("No longer listed")).to_be_visible()
    assert "Bautista" not in page.content()
    assert row(page, "Chen, Marcus").bounding_box() == before


def test_what_waits_behind_the_button_goes_too_when_it_is_withdrawn(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    page.get_by_role("link", name="Alvarez, Mateo").first.focus()
    worklist.apply(assigned("p0", "Abara, Zoe"))
    button = page.locator("[data-waiting]")
    expect(button).to_be_visible()
    worklist.apply(assigned("p0", "Abara, Zoe", state="ended", position=2))
    expect(button).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    worklist.apply(enrolled("e9", "p3"))
    expect(row(page, "Chen, Marcus")).to_contain_text("1 new")
    assert "Abara" not in page.content()


def test_an_opened_explanation_of_one_signal_stays_open_while_another_comes(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    summary = row(page, "Alvarez, Mateo").locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    worklist.apply(signals=[signal("sap_lost", "p1", "a1")])
    expect(row(page, "Alvarez, Mateo")).to_contain_text(SAP)
    mine = page.locator("[data-list=clients] [data-signal=fafsa_incomplete-p1]")
    expect(mine.locator("details")).to_have_attribute("open", "")
    expect(mine.locator("summary")).to_be_focused()


CONTRAST = """
() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(e).backgroundColor);
      if (a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const isUnseen = (e) => !e.checkVisibility({ visibilityProperty: true })
    || e.closest(".usa-skipnav, .usa-sr-only, option");
  const isSaid = (e) => !isUnseen(e)
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll("body *")].filter(isSaid).map((e) => {
    const [high, low] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
    return [(high + 0.05) / (low + 0.05), e.className, e.textContent.trim().slice(0, 30)];
  }).filter(([ratio]) => ratio < 4.5);
}
"""
NAMELESS = """
() => [...document.querySelectorAll("a, button, input, select, summary, [role=search], dialog, ul[aria-labelledby]")]
  .filter((e) => !e.textContent.trim() && !(e.labels || []).length && !e.ariaLabel
    && ![...(e.getAttribute("aria-labelledby") || "").split(" ")].some((id) => document.getElementById(id)))
  .map((e) => e.outerHTML.slice(0, 80))
"""
TWICE = """
() => [...document.querySelectorAll("[id]")].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)
"""
UNSEEN_FOCUS = """
() => {
  const e = document.activeElement, style = getComputedStyle(e);
  const isSeen = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1) || style.boxShadow !== "none";
  return isSeen || e === document.body ? null : e.outerHTML.slice(0, 80);
}
"""


@pytest.mark.parametrize("path", ["/", "/?rule=sap_lost&urgency=low", "/p/p1"])
def test_text_has_contrast_controls_have_names_ids_are_unique_and_focus_can_be_seen(
    worklist: Served, page: Page, path: str
) -> None:
    sign_in(worklist, page)
    page.goto(f"{worklist.url}{path}")
    live(page)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(TWICE) == []
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(UNSEEN_FOCUS) is None


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_worklist_fits_the_screen_and_its_targets_are_large_enough(
    worklist: Served, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(worklist, page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.eval_on_selector_all(
        "label.tl-choice, .tl-filters summary, .tl-keys label, button",
        "all => all.map(e => [e.offsetHeight, e.className])",
    )
    assert [h for h in heights if 0 < h[0] < 24] == []


def test_programs_get_the_signals_with_the_filters_of_the_page(worklist: Served) -> None:
    client = worklist.client()
    persons = client.get("/api/caseload", params={"show": "open", "order": "name"}).json()["persons"]
    assert [(p["person_id"], [s["rule"] for s in p["signals"]]) for p in persons] == [
        ("p1", ["fafsa_incomplete"]),
        ("p2", ["sap_lost"]),
    ]
    [one] = client.get("/api/signals", params={"urgency": "medium"}).json()["signals"]
    assert one == {
        "signal_id": "fafsa_incomplete-p1", "person_id": "p1", "rule": "fafsa_incomplete", "about": "2027-2028",
        "urgency": "medium", "raised_at": "2026-11-23T20:00:00+00:00", "due_on": "2027-03-02",
        "evidence_event_ids": ["e-p1", "a1"],
    }  # fmt: skip
    assert worklist.client("u2").get("/api/signals").json() == {"signals": []}
    assert worklist.client(None).get("/api/signals").status_code == 401


def test_a_signal_has_one_name_in_the_list_the_filter_and_on_the_persons_page(worklist: Served, page: Page) -> None:
    sign_in(worklist, page)
    for rule, person_id in (("fafsa_incomplete", "p1"), ("sap_lost", "p2")):
        name = signal_words.NAMES[rule]
        page.goto(worklist.url)
        expect(page.get_by_label(re.compile(name))).to_have_count(1)
        expect(row(page, LABELS[person_id]).locator("[data-signal]")).to_contain_text(f"{name}: ")
        page.goto(f"{worklist.url}/p/{person_id}")
        expect(page.locator("[data-list=signals] h3")).to_contain_text(f"{name}: ")


@pytest.mark.parametrize("order", worklist_orders.ORDERS)
def test_the_page_says_in_which_order_people_stand(worklist: Served, page: Page, order: str) -> None:
    sign_in(worklist, page)
    page.goto(f"{worklist.url}/?order={order}")
    expect(page.locator("[data-order-said]")).to_have_text(worklist_orders.ORDER_TEXTS[order])
