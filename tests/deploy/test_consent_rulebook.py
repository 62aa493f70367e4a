"""``throughline consent rulebook``: one page that counsel reads, prints, and can find everything in."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from support.commands import throughline

from deploy.rulebook import page_of
from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.rules import RuleSet
from processors.consent.law.shipped import SHIPPED

VOID = {"meta", "br", "hr", "link", "img"}


class Page(HTMLParser):
    """A page taken apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it, and what is open."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It closes what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words.append(data)

    def values(self, name: str) -> list[str]:
        """Values of an attribute, wherever it stands."""
        return [found for _, attrs in self.tags if (found := attrs.get(name)) is not None]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(page_of(SHIPPED))


def test_every_law_and_rule_is_there_with_section_words_and_quote(page: Page) -> None:
    for law in SHIPPED.laws:
        assert law.title in page.text
    for rule in SHIPPED.rules:
        for said in (rule.says, rule.cites.section, rule.cites.quote, rule.rule_id):
            assert " ".join(said.split()) in page.text
    assert hash_of(document_of(SHIPPED)) in page.text


def test_a_text_that_was_not_read_is_said_to_be_so(page: Page) -> None:
    unread = [rule for rule in SHIPPED.rules if rule.cites.text is None]
    assert unread
    assert page.text.count("Not read.") == len(unread)
    assert [tag for tag, _ in page.tags].count("blockquote") == len(SHIPPED.rules) - len(unread)


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"}
    assert not page.values("src")
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert not re.search(r"@import|url\(|https?:", page.source)


def test_every_link_leads_to_a_place_on_the_page_and_places_have_names_of_their_own(page: Page) -> None:
    places = page.values("id")
    assert len(set(places)) == len(places)
    assert {link.removeprefix("#") for link in page.values("href")} <= set(places)
    assert {law.law_id for law in SHIPPED.laws} <= {link.removeprefix("#") for link in page.values("href")}


def test_a_reader_of_screens_can_follow_it(page: Page) -> None:
    """A language, one title, headings that skip no level, regions that are named, and nothing left open."""
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert ("html", {"lang": "en"}) in page.tags
    assert {"main", "nav", "header"} <= {tag for tag, _ in page.tags}
    assert set(page.values("aria-labelledby")) <= set(page.values("id"))
    assert page.open == []


def test_it_can_be_printed(page: Page) -> None:
    assert "@media print" in page.source
    assert "break-inside: avoid" in page.source
    assert "@page" in page.text


def test_what_a_file_of_rules_says_is_text_and_no_markup() -> None:
    [law, *_] = SHIPPED.laws
    odd = replace(law, title="<b>Odd</b>", rules=(replace(law.rules[0], says="<script>x</script> & so on"),))
    found = page_of(RuleSet([odd]))
    assert "<script>" not in found
    assert "&lt;b&gt;Odd" in found
    assert Page(found).open == []


def test_the_command_writes_the_same_page_every_time(tmp_path: Path, page: Page) -> None:
    out = tmp_path / "rulebook.html"
    done = throughline(tmp_path, "consent", "rulebook", "--out", str(out))
    assert (done.returncode, done.stdout) == (0, f"rulebook.html: {len(SHIPPED.rules)} rules of 15 laws\n")
    assert out.read_text(encoding="utf-8") == page.source


def test_rules_of_a_file_are_shown_in_place_of_those_that_ship(tmp_path: Path) -> None:
    proposed, out = tmp_path / "proposed.json", tmp_path / "proposed.html"
    proposed.write_bytes(document_of(RuleSet(SHIPPED.laws[:2])))
    throughline(tmp_path, "consent", "rulebook", "--out", str(out), "--rules", str(proposed))
    assert out.read_text(encoding="utf-8") == page_of(RuleSet(SHIPPED.laws[:2]))


def test_a_folder_that_is_not_there_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    done = throughline(tmp_path, "consent", "rulebook", "--out", str(tmp_path / "none" / "rulebook.html"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "make it first" in done.stderr
