"""What would not fit into memory is one bad row; what stands behind it is read, and nothing of it is kept."""

import itertools
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from support.sets import AS_OF, looked_at

from partners import formats
from partners.district import DistrictOutcome
from partners.formats import Bad, Code, Good, edfi, json_array, xml_elements

LIMIT = 4_096
"""Bytes of an element or a value, in place of millions."""
BLOCK = 1_024
STUDENT = "<StudentReference><StudentIdentity><StudentUniqueId>7</StudentUniqueId></StudentIdentity></StudentReference>"
SCHOOL = "<SchoolReference><SchoolIdentity><SchoolId>9</SchoolId></SchoolIdentity></SchoolReference>"
GOOD = "<StudentSchoolAssociation>{}<EntryDate>2021-08-23</EntryDate></StudentSchoolAssociation>".format
ENROLLED = GOOD(STUDENT + SCHOOL)


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_elements, "MOST_BYTES", LIMIT)
    monkeypatch.setattr(xml_elements, "MOST_MARK_BYTES", LIMIT)
    monkeypatch.setattr(xml_elements, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(json_array, "MOST_CHARACTERS", LIMIT)
    monkeypatch.setattr(json_array, "BLOCK_BYTES", BLOCK)


def interchange(folder: Path, *parts: str) -> Path:
    """A file with these elements."""
    path = folder / "Any.xml"
    path.write_text(f'<InterchangeAny xmlns="http://ed-fi.org/5.2.0">{"".join(parts)}</InterchangeAny>')
    return path


def told(outcome: DistrictOutcome) -> tuple[int, int, dict[str, int]]:
    """Rows, those that are sound, and codes of the others."""
    return outcome.rows, outcome.total("valid"), dict(outcome.codes)


GIANTS = [
    "y" * 3 * LIMIT,
    "<![CDATA[" + "<" * 3 * LIMIT + "]]>",
    "<x/>" * 3 * LIMIT,
    "<x>" * LIMIT + "</x>" * LIMIT,
    "<x>y</x> " * LIMIT,
]


@pytest.mark.parametrize("giant", GIANTS)
def test_a_giant_element_is_one_bad_row_and_its_neighbours_flow(tmp_path: Path, giant: str) -> None:
    path = interchange(tmp_path, ENROLLED, GOOD(STUDENT + giant + SCHOOL), ENROLLED, GOOD(""), ENROLLED)
    outcome = looked_at(path)
    assert told(outcome) == (5, 3, {"too_large": 1, "missing_field": 1})
    [part] = outcome.by_part.values()
    assert [(bad.place, bad.code) for bad in part.bad] == [(2, Code.TOO_LARGE), (4, Code.MISSING_FIELD)]
    alone = list(formats.rows(path, "lea_grand_bend", "enrollment", AS_OF))
    assert [one.code if isinstance(one, Bad) else "" for one in alone] == ["", "too_large", "", "missing_field", ""]


@pytest.mark.parametrize("giant", GIANTS)
def test_a_giant_that_is_of_no_family_is_one_bad_row_too(tmp_path: Path, giant: str) -> None:
    parts = (ENROLLED, f"<School>{giant}</School>", "<School/>", f"<Made>{giant}</Made>", "<Made/>", ENROLLED)
    outcome = looked_at(interchange(tmp_path, *parts))
    assert told(outcome) == (6, 2, {"too_large": 2, "no_family": 1})
    assert outcome.reference == 1


def test_giants_one_behind_the_other_are_a_row_each(tmp_path: Path) -> None:
    parts = [ENROLLED, *(GOOD(giant) for giant in GIANTS), ENROLLED]
    assert told(looked_at(interchange(tmp_path, *parts))) == (7, 2, {"too_large": 5})


def test_a_giant_that_is_cut_off_is_one_row_that_is_no_xml(tmp_path: Path) -> None:
    path = interchange(tmp_path, ENROLLED)
    path.write_text(path.read_text().replace("</InterchangeAny>", "<StudentSchoolAssociation>" + "y" * 3 * LIMIT))
    assert told(looked_at(path)) == (2, 1, {"not_xml": 1})


@pytest.mark.parametrize("mark", [f'<School a="{"y" * 3 * LIMIT}"/>', f"<!--{'y' * 3 * LIMIT}-->", "<?x " + "y" * 9999])
def test_a_tag_or_comment_that_fills_the_memory_ends_the_reading(tmp_path: Path, mark: str) -> None:
    assert told(looked_at(interchange(tmp_path, ENROLLED, mark, ENROLLED))) == (2, 1, {"too_large": 1})


def test_elements_within_each_other_without_end_end_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_elements, "MOST_OPEN", 500)
    for deep, expected in ((490, (3, 2, {"too_large": 1})), (510, (2, 1, {"too_large": 1}))):
        assert told(looked_at(interchange(tmp_path, ENROLLED, "<x>" * deep, "</x>" * deep, ENROLLED))) == expected


def test_space_between_elements_may_be_of_any_length(tmp_path: Path) -> None:
    assert told(looked_at(interchange(tmp_path, ENROLLED, " " * 9 * LIMIT, ENROLLED))) == (2, 2, {})


def most_memory(work: Callable[[], object]) -> int:
    """The most that some work had at once, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def written(path: Path, parts: Iterable[str]) -> Path:
    """A file of these texts."""
    with path.open("w") as file:
        file.writelines(parts)
    return path


@pytest.mark.parametrize("piece", ["y" * 1_000, "<x>y</x>" * 100, "<![CDATA[" + "<" * 1_000 + "]]>"])
def test_a_giant_element_takes_no_more_memory_however_large_it_is(tmp_path: Path, piece: str) -> None:
    def parts(times: int) -> Iterator[str]:
        yield "<InterchangeAny><StudentSchoolAssociation>"
        yield from itertools.repeat(piece, times)
        yield f"</StudentSchoolAssociation>{ENROLLED}</InterchangeAny>"

    small, large = (written(tmp_path / f"{times}.xml", parts(times)) for times in (50, 5_000))
    list(edfi.documents(small, "enrollment"))
    begun, most = (most_memory(lambda path=path: list(edfi.documents(path, "enrollment"))) for path in (small, large))
    assert most < 2 * begun + BLOCK * 100


@pytest.mark.parametrize("piece", ['"y",', "[{}],", '"\\"[",', "123456,"])
def test_a_giant_value_takes_no_more_memory_however_large_it_is(tmp_path: Path, piece: str) -> None:
    def parts(times: int) -> Iterator[str]:
        yield '[{"studentUniqueId": "1"}, {"x": ['
        yield from itertools.repeat(piece, times)
        yield '1]}, {"studentUniqueId": "3"}]'

    path = written(tmp_path / "students.json", parts(20_000))
    most = most_memory(lambda: [None for _ in formats.rows(path, "lea_grand_bend", "identity", AS_OF)])
    assert most < 500_000
    found = formats.rows(path, "lea_grand_bend", "identity", AS_OF)
    assert [one.place if isinstance(one, Good) else one for one in found] == [1, Bad(2, Code.TOO_LARGE), 3]


PASSED_OVER = [
    ('{"x": "' + "y" * 3 * LIMIT + '"}', Code.TOO_LARGE),
    ('{"x": "' + '\\"}{\\\\' * LIMIT + '"}', Code.TOO_LARGE),
    ('{"x": [' + "[]," * 3 * LIMIT + "1]}", Code.TOO_LARGE),
    ('"' + "y" * 3 * LIMIT + '"', Code.TOO_LARGE),
    ("[" * 100_000 + "]" * 100_000, Code.TOO_LARGE),
    ('{"x":' * 50_000 + "1" + "}" * 50_000, Code.TOO_LARGE),
    ('{"x": NaN, "y": "]"}', Code.NOT_JSON),
    ("-Infinity", Code.NOT_JSON),
    ('{"x": ' + "9" * 10_000 + "}", Code.NOT_JSON),
]


@pytest.mark.parametrize(("value", "code"), PASSED_OVER)
@pytest.mark.parametrize("block", [7, BLOCK])
def test_a_value_that_is_not_read_is_one_bad_row_and_its_neighbours_flow(
    tmp_path: Path, value: str, code: Code, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_array, "BLOCK_BYTES", block)
    person = '{"studentUniqueId": "1"}'
    path = written(tmp_path / "students.json", [f"[{person},{value},{person}, {value} ,{person}]"])
    found = list(formats.rows(path, "lea_grand_bend", "identity", AS_OF))
    assert [one.place if isinstance(one, Good) else one for one in found] == [1, Bad(2, code), 3, Bad(4, code), 5]
    assert told(looked_at(tmp_path)) == (5, 3, {code.value: 2})


@pytest.mark.parametrize("value", [value for value, _ in PASSED_OVER])
def test_such_a_value_that_is_cut_off_ends_the_reading(tmp_path: Path, value: str) -> None:
    path = written(tmp_path / "students.json", ['[{"studentUniqueId": "1"},', value[:-1]])
    found = list(formats.rows(path, "lea_grand_bend", "identity", AS_OF))
    assert [one.place if isinstance(one, Good) else one for one in found] == [1, Bad(2, Code.NOT_JSON)]


def test_behind_a_word_that_is_not_read_nothing_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "students.json", ['[-Infinity {"studentUniqueId": "1"}]'])
    found = list(formats.rows(path, "lea_grand_bend", "identity", AS_OF))
    assert found == [Bad(1, Code.NOT_JSON), Bad(2, Code.NOT_JSON)]


def test_a_bad_row_of_xml_is_named_by_its_line_too(tmp_path: Path) -> None:
    person = f"<Student>\n{'<Name/>' * 30}</Student>\n"
    path = interchange(tmp_path, "\n", person, ENROLLED, "\n\n", GOOD(STUDENT), GOOD("\n" * 3 * LIMIT), "<x>")
    found = list(formats.rows(path, "lea_grand_bend", "enrollment", AS_OF))
    lines = [(one.place, one.code, one.line) for one in found if isinstance(one, Bad)]
    end = 3 * LIMIT + 6
    assert lines == [(2, "missing_field", 6), (3, "too_large", 6), (4, "not_xml", end)]
    outcome = looked_at(path)
    [part] = [part for part in outcome.by_part if part.family == "enrollment"]
    assert {fault.fault.code: fault.lines for fault in outcome.by_part[part].faults} == {
        Code.MISSING_FIELD: [6],
        Code.TOO_LARGE: [6],
    }
