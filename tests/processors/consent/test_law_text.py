"""The words of the law that ship: each says what it is and whose copy it was, and is clean enough to be quoted from."""

import re
from pathlib import Path

import pytest

from processors.consent.law import text

FOLDER = Path(text.__file__).parent
FERPA = ["3", "4", "5", *(str(n) for n in range(30, 38))]
FORM = re.compile(r"(\d+-cfr-[\d.]+|\d+-usc-\w+(-\d+)?|cal-[a-z]+-[\d.]+)")
CITED = {
    "cfr": r"\d+ CFR [\d.]+ \(.+\)",
    "usc": r"\d+ U\.S\.C\. \w+(-\d+)? \(.+\)",
    "cal": r"California .+ Code [\d.]+ \(.+\)",
}


def test_every_file_of_the_folder_is_a_section() -> None:
    assert [f"{s}.txt" for s in text.sections()] == sorted(f.name for f in FOLDER.iterdir() if f.suffix == ".txt")
    assert [s for s in text.sections() if not FORM.fullmatch(s)] == []


def test_the_whole_of_what_ferpa_says_of_disclosure_is_here() -> None:
    assert {f"34-cfr-99.{part}" for part in FERPA} <= set(text.sections())
    assert [part for part in FERPA[3:] if "* * *" in text.words(f"34-cfr-99.{part}")] == []


@pytest.mark.parametrize("section", text.sections())
def test_a_section_says_how_it_is_cited_and_whose_copy_was_read(section: str) -> None:
    kind = "cal" if section.startswith("cal-") else section.split("-")[1]
    assert re.fullmatch(CITED[kind], text.citation(section))
    assert text.citation(section).split(" (")[0].endswith(" " + section.split("-", 2)[2])
    assert len(text.source(section)) > len("Electronic text, 2026")
    assert not re.search(r"https?:|www\.", text.source(section))


@pytest.mark.parametrize("section", text.sections())
def test_words_can_be_quoted_as_they_stand(section: str) -> None:
    words = text.words(section)
    assert {c for c in words if not c.isprintable()} == {"\n"}
    assert not re.search(r"  |\t|[ ]\n|\n\n\n", words)
    assert words.endswith("\n")
    assert not words.endswith("\n\n")
    assert len(words) > len("* * *\n\n* * *\n")


def test_of_a_section_that_nobody_read_nothing_can_be_quoted() -> None:
    with pytest.raises(FileNotFoundError):
        text.words("cal-gov-6207")
