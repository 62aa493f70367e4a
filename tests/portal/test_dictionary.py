"""The data dictionary has all of the contract, obeys agreements in force, is open to all, and reads on any screen."""

import html
import itertools
import re
from datetime import date

import pytest
from playwright.sync_api import Page
from support.worlds import shipped_agreements

from partners.formats.csv_forms import told_of
from portal.dictionary import ENVELOPE, PAGES, FamilyView, dictionary
from portal.dictionary_pages import files
from processors.consent.agreements import Agreement
from schemas_avro import catalog, examples
from schemas_avro.codes import code_sets, crosswalks
from tests.portal.served import ME, Served, agreement

DAY = date(2026, 11, 24)
AGREEMENTS = shipped_agreements()
VIEWS = {view.name: view for view in dictionary(AGREEMENTS, DAY)}
FILES = files(list(VIEWS.values()), {})


def shown(name: str) -> str:
    """What a page says, without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", " ", FILES[f"{name}.html"]))


def received(view: FamilyView) -> set[tuple[str, str, str, str]]:
    """Recipient, partner, field group and agreement."""
    return {(one.recipient, one.partner_id, group, one.agreement_id) for one in view.receivers for group in one.groups}


def test_every_family_and_the_envelope_have_a_page() -> None:
    assert set(FILES) == {"index.html", *(f"{name}.html" for name in (*catalog.FAMILIES, ENVELOPE))}


@pytest.mark.parametrize("name", PAGES)
def test_every_field_is_on_its_page_with_what_the_schema_says_of_it(name: str) -> None:
    schema = catalog.read(name if name == ENVELOPE else f"families/{name}")
    page = FILES[f"{name}.html"]
    for field in schema["fields"]:
        [part] = re.findall(rf'<li class="tl-field" id="{field["name"]}">(.*?)\n      </li>', page, re.DOTALL)
        told = html.unescape(part)
        assert field["doc"] in told
        assert f"<code>{field['classification']}</code>" in told
        assert "ceds_id" not in field or f"CEDS {field['ceds_id']}" in told
        for symbol in catalog.symbols_of("envelope" if name == ENVELOPE else f"families/{name}", field["name"])[1]:
            assert f"<dt><code>{symbol}</code></dt>" in told


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_how_a_cell_is_written_as_the_reader_of_files_has_it(name: str) -> None:
    told = {one.name: one for one in told_of(catalog.FAMILIES[0] if name == ENVELOPE else name)}
    for field in VIEWS[name].fields:
        for column in field.columns:
            expected = told[column]
            assert expected.is_needed == field.is_needed
            listed = expected.form.partition("one of ")
            assert field.cell == (f"{listed[0]}one of the codes below" if listed[1] else expected.form)
    assert name == ENVELOPE or {c for f in VIEWS[name].fields for c in f.columns} <= set(told)


def test_every_code_set_is_there_with_every_code_its_source_and_its_crosswalks() -> None:
    everything = " ".join(shown(name) for name in PAGES)
    for table in code_sets().values():
        assert table.source in everything
        for code, meaning in table.codes.items():
            assert re.search(rf"\b{re.escape(code)}\s+{re.escape(meaning)}", everything), code
    assert [walk for walk in crosswalks() if walk not in everything] == []


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_agreement_in_force_is_on_the_pages_of_what_it_grants(family: str) -> None:
    granted = {
        (one.party, grant.partner_id, group, one.agreement_id)
        for one in AGREEMENTS
        for grant in one.grants
        for group in grant.groups
        if grant.family == family
    }
    assert received(VIEWS[family]) == granted
    assert {agreement_id for *_, agreement_id in granted if agreement_id not in shown(family)} == set()
    assert set(VIEWS[family].publishers) == {one.party for one in AGREEMENTS if family in one.families}


def test_an_agreement_that_is_over_or_without_its_licence_gives_nobody_anything() -> None:
    over = [one.model_copy(update={"effective_to": date(2026, 11, 23)}) for one in AGREEMENTS if one.tier == "dsa"]
    rest = [one for one in AGREEMENTS if one.tier != "dsa"]
    unlicensed: list[Agreement] = [one for one in AGREEMENTS if one.tier != "dul"]
    for known in ([*over, *rest], unlicensed):
        assert all(not view.receivers for view in dictionary(known, DAY))
    assert all(not view.receivers and not view.publishers for view in dictionary(AGREEMENTS, None))


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_page_has_the_example_of_its_family(family: str) -> None:
    assert examples.csv_of(family).strip() in html.unescape(FILES[f"{family}.html"])
    assert VIEWS[family].example in html.unescape(FILES[f"{family}.html"])


def test_files_lead_to_one_another_and_to_nothing_outside_of_their_folder() -> None:
    for page in FILES.values():
        for address in re.findall(r'(?:href|src)="([^"]*)"', page):
            name, _, part = address.partition("#")
            target = FILES.get(name) if name else page
            assert target or name.startswith("static/"), address
            assert not part or f'id="{part}"' in (target or ""), address


def test_whoever_asks_sees_the_dictionary_and_it_obeys_agreements_as_they_change(portal: Served) -> None:
    anybody = portal.client(None)
    assert anybody.get("/dictionary").status_code == 200
    assert "dsa-consent-lausd_counseling" in anybody.get("/dictionary/aid").text
    portal.apply(agreements=(agreement(ME, "consent", version=2, effective_to="2026-11-23"),), position=5)
    assert "dsa-consent-lausd_counseling" not in anybody.get("/dictionary/aid").text
    assert "Dana Whitfield" in portal.client().get("/dictionary/aid").text
    assert anybody.get("/dictionary/nothing").status_code == 401
    assert portal.client().get("/dictionary/nothing").status_code == 404


def test_pages_are_no_wider_than_the_screen_with_all_codes_open(page: Page, portal: Served) -> None:
    for name in ("", "/enrollment", "/social_service", "/envelope"):
        page.goto(f"{portal.url}/dictionary{name}")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in (320, 390, 1200):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_a_page_can_be_used_by_keys_alone_and_its_headings_skip_no_level(page: Page, portal: Served) -> None:
    for name in ("", "/envelope", "/aid"):
        page.goto(f"{portal.url}/dictionary{name}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => Number(one.tagName[1]))")
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert levels.count(1) == 1
    page.locator("#award_type summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#award_type details").evaluate("one => one.open") is True
