"""``throughline identity explain``: what two records say of each other, in words, as JSON and as a picture."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from support.commands import throughline
from support.linkage import MODEL, said

from deploy.identity.explained import (
    OUTWEIGHED,
    Compared,
    Told,
    as_row,
    cells,
    compared,
    conclusion,
    joined,
    links_among,
    record_row,
    remarks,
    signed,
    strength,
)
from deploy.identity.published import Published
from deploy.identity.waterfall import picture
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import TRAITS
from processors.resolve.matching.model import shipped

NUMBER, STREET, EMAIL = "517482936", "12 Wolkenstein Allee", "quetzalina@example.org"
QUETZALINA = said("Quetzalina Marchetti 19990314", ssn=NUMBER, address=STREET, zip_code="94110", sex="F", email=EMAIL)
AT_COLLEGE = said("Quetzalina Marchetti 19991403", ssn="517482963", address=STREET, zip_code="94110")
TWIN = said("Demetrius Marchetti 19990314", ssn="517482937", sex="M", address=STREET, zip_code="94110")
NAMESAKE = said("Quetzalina Marchetti")
SECRETS = ("quetzalina", "marchetti", "demetrius", NUMBER, "wolkenstein", "94110", "1999", "03-14", EMAIL)
SECRETS_KEPT = (QUETZALINA.number.lower(), QUETZALINA.near.lower())


def told(key: str, *descriptions: Description, person: str = "p1", partner: str = "csac") -> Told:
    """A record of a person."""
    return Told(Published(key, partner, person, 0, (), ""), descriptions)


def erased(key: str, person: str = "p1") -> Told:
    """A record whose key is gone."""
    return replace(told(key, person=person), descriptions=None)


def pair(one: Told, other: Told, **more: Any) -> Compared:
    """Two records compared by the small model."""
    return compared(one, other, MODEL, more.get("decided", {}))


A, B = told("a", QUETZALINA), told("b", AT_COLLEGE, partner="edd")
ELSEWHERE = replace(B, record=replace(B.record, person_id="p2"))


def test_a_pair_is_told_trait_by_trait_with_its_sum_and_thresholds() -> None:
    found = pair(A, told("b", QUETZALINA))
    assert found.evidence is not None
    rows = {trait: (how, bits) for trait, how, bits, _ in cells(found.evidence)}
    assert rows["date of birth"] == ("the same day", "+6.5")
    assert rows["phone"] == ("not told by both", "")
    assert rows["sum"] == ("linked from +9.0 on, to be looked at from +3.0 on", signed(found.evidence.bits))
    assert len(rows) == len(TRAITS) + 1


@pytest.mark.parametrize(
    ("one", "other", "decided", "line"),
    [
        (A, told("b", QUETZALINA), {}, "one person: they are linked"),
        (A, told("b", NAMESAKE), {}, "one person: not by what these two say, but through other records of the person"),
        (A, told("b", TWIN), {("a", "b"): "same"}, "one person: a steward decided so"),
        (A, told("b", TWIN, person="p2"), {}, "two persons: a veto holds, whatever the weight"),
        (A, told("b", NAMESAKE, person="p2"), {}, "two persons: too little tells whether they are one"),
        (A, told("b", QUETZALINA, person="p2"), {}, "two persons: these two would be linked, and are not"),
        (A, told("b", QUETZALINA, person="p2"), {("a", "b"): "different"}, "two persons: a steward decided so"),
        (A, told("b", said("Bo Diaz", email=EMAIL), person="p2"), {}, "two persons: a veto holds, whatever the weight"),
        (A, told("b", person="p2"), {}, "two persons: there is nothing to compare"),
        (A, erased("b", person="p2"), {}, "two persons: there is nothing to compare"),
        (A, erased("b"), {}, "one person: not by what these two say, but through other records of the person"),
    ],
)
def test_what_came_of_two_records_and_why_is_one_line(
    one: Told, other: Told, decided: dict[tuple[str, str], str], line: str
) -> None:
    assert conclusion(pair(one, other, decided=decided)) == line


def test_between_the_thresholds_a_person_should_look_and_below_them_too_little_agrees() -> None:
    one, other = told("a", QUETZALINA), told("b", QUETZALINA, person="p2")
    found = pair(one, other)
    assert found.evidence is not None
    grey, low = (replace(found, evidence=replace(found.evidence, link_bits=99, review_bits=at)) for at in (3, 98))
    assert conclusion(grey) == "two persons: the weight is below a link's, and a person should look"
    assert conclusion(low) == "two persons: too little agrees"


def test_vetoes_doubts_and_what_finds_the_two_are_told_by_name() -> None:
    assert remarks(pair(A, told("b", TWIN)))[0].startswith("veto: twins: ")
    assert remarks(pair(A, told("b", NAMESAKE)))[0].startswith("unclear: namesakes: ")
    [found_by] = remarks(pair(A, told("b", QUETZALINA)))
    assert found_by.startswith("found by: date of birth and given name, date of birth and surname, e-mail, ")
    assert "no blocking rule" in remarks(pair(A, told("b", said("Bo Diaz"))))[-1]


def test_a_link_that_does_not_count_says_what_may_stand_against_it() -> None:
    apart = told("b", QUETZALINA, person="p2")
    assert remarks(pair(A, apart))[-1] == OUTWEIGHED
    assert OUTWEIGHED not in remarks(pair(A, told("b", QUETZALINA)))
    assert OUTWEIGHED not in remarks(pair(A, apart, decided={("a", "b"): "different"}))


def test_an_erased_key_and_a_source_that_took_all_back_are_said_to_be_so() -> None:
    assert remarks(pair(A, erased("b"))) == ["b (csac): its key is erased, so nothing can be said of it"]
    assert remarks(pair(told("c"), erased("b")))[0] == (
        "c (csac): its source says nothing of who it is, or has taken that back"
    )
    assert as_row(pair(A, erased("b")))["evidence"] is None
    assert record_row(erased("b"))["is_erased"] is True


def test_the_strongest_link_comes_first_and_what_cannot_be_compared_last() -> None:
    light, heavy = said("Quetzalina Marchetti 19990314"), QUETZALINA._replace(given="DEMETRIUS", number="", near="")
    others = (erased("z"), told("veto", heavy), told("link", light), told("same", QUETZALINA), told("name", NAMESAKE))
    found = sorted((pair(A, other) for other in others), key=strength, reverse=True)
    assert [p.other.record.record_key for p in found] == ["same", "link", "veto", "name", "z"]
    assert [p.evidence.bits for p in found[1:3] if p.evidence] == sorted(
        p.evidence.bits for p in found[1:3] if p.evidence
    )


def test_records_that_others_join_say_through_which_ones() -> None:
    first, last = told("a", said("Quetzalina Marchetti", ssn=NUMBER)), told("d", said("Q Marchetti", email=EMAIL))
    by_mail, gone = told("c", QUETZALINA), erased("b")
    person = {one.record.record_key: one for one in (first, last, by_mail, gone)}
    links = links_among(person, MODEL, {})
    assert list(links) == [("a", "c"), ("c", "d")]
    found = joined(pair(first, last), person, links)
    assert as_row(found)["through"] == ["c"]
    assert remarks(found)[0] == "through: c (csac)"
    assert joined(pair(first, by_mail), person, links).through == ()
    assert remarks(joined(pair(first, gone), person, links_among(person, MODEL, {("b", "d"): "same"})))[0] == (
        "through: c (csac), then d (csac)"
    )


def test_programs_get_the_same_by_the_names_of_traits_and_levels() -> None:
    row = json.loads(json.dumps(as_row(pair(A, ELSEWHERE))))
    assert (row["one"]["record_key"], row["other"]["partner_id"], row["is_one_person"]) == ("a", "edd", False)
    of = {one["trait"]: one for one in row["evidence"]["traits"]}
    assert of["born"]["level"] == "day_and_month"
    assert of["phone"] == {"trait": "phone", "level": None, "bits": 0.0, "rarity_bits": 0.0}
    assert (row["evidence"]["says"], row["evidence"]["vetoes"]) == ("link", [])
    twins = as_row(pair(A, told("b", TWIN)))["evidence"]
    assert (twins["says"], twins["vetoes"], twins["votes"]) == ("veto", ["twins"], 3)


def everything_told() -> Iterator[str]:
    """All that is ever shown of some pairs, in every form."""
    for other in (AT_COLLEGE, TWIN, NAMESAKE, QUETZALINA):
        found = compared(A, told("b", other), shipped(), {})
        assert found.evidence is not None
        yield from (repr(found), str(as_row(found)), conclusion(found), *remarks(found), picture([found], "m"))
        yield str(cells(found.evidence))


def test_no_value_of_a_trait_and_nothing_that_stands_for_a_number_is_shown() -> None:
    shown = "\n".join(everything_told()).lower()
    assert not [secret for secret in (*SECRETS, *SECRETS_KEPT) if secret in shown]


def test_bits_are_told_to_a_tenth_since_more_would_tell_a_rare_name() -> None:
    found = compared(A, told("b", AT_COLLEGE), shipped(), {})
    row = as_row(found)["evidence"]
    assert all(one["bits"] == round(one["bits"], 1) for one in (row, *row["traits"]))
    assert [signed(bits) for bits in (1.26, -0.04, 0.0, -3.0)] == ["+1.3", "0", "0", "-3.0"]


def test_the_picture_has_a_step_for_each_trait_that_both_tell_and_is_told_in_words_too() -> None:
    found = pair(A, B)
    assert found.evidence is not None
    root = fromstring(picture([found], "abc"))
    texts = [str(one.text) for one in root.iter() if one.tag.endswith("text")]
    steps = [w for w in found.evidence.weights if w.level]
    assert sum(text in {"given name", "surname", "date of birth", "address"} for text in texts) == 4
    assert [signed(w.bits) for w in steps] == [t for t in texts if t[0] in "+-0" and t[1:2].isdigit()][: len(steps)]
    assert {"sum", signed(found.evidence.bits), "linked from +9.0", "weighed by model abc"} <= {*texts}
    named = {one.tag.rpartition("}")[2]: str(one.text) for one in root}
    assert named["title"].startswith("record a of csac and record b of edd: ")
    assert "date of birth, day and month swapped:" in named["desc"]
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "title desc"


def test_what_speaks_against_is_not_told_by_colour_alone() -> None:
    drawn = picture([pair(A, told("b", TWIN))], "m")
    assert 'fill="url(#stripes)"' in drawn
    assert "-" in "".join(str(one.text) for one in fromstring(drawn).iter() if one.tag.endswith("text"))


def test_several_pairs_stand_one_below_the_other_and_nothing_in_them_leaves_the_picture() -> None:
    pairs = [pair(A, B), pair(A, told("t", TWIN)), pair(A, erased("e"))]
    root = fromstring(picture(pairs, "m"))
    panels = [one for one in root if one.tag.endswith("}g")]
    assert len(panels) == 2
    assert len({panel.attrib["transform"] for panel in panels}) == 2
    width = float(root.attrib["width"])
    for shape in root.iter():
        for side in ("x", "x1", "x2"):
            assert 0 <= float(shape.attrib.get(side, 0)) <= width
        assert not shape.tag.endswith("rect") or shape.attrib["width"] == "100%" or float(shape.attrib["width"]) > 0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("a", "a"), "both are one record: name two, or one alone"),
        (("a", "--out", "none/x.svg"), "make it first"),
        (("a", "--model", "none.json"), "`throughline identity train` writes one"),
        (("a",), "no broker is known"),
    ],
)
def test_what_cannot_be_done_so_is_one_line_with_the_remedy(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = throughline(tmp_path, "identity", "explain", *words)
    assert (done.returncode, done.stdout) == (2, "")
    [only] = done.stderr.splitlines()
    assert line in only
