"""``throughline partner new``: a folder of drafts and made-up rows, whose own plan holds for every family."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.commands import throughline

from deploy.onboarding import agreement, folder, made_up, plan
from deploy.onboarding.drafts import example_of
from deploy.onboarding.plan import Case, Plan
from deploy.onboarding.trial import compared
from partners.events import framed, headers_of_row, key_of
from partners.formats import Bad, Good, reader_of, rows
from partners.mapping import load as load_mapping
from processors import names
from processors.consent.agreements import number_of
from processors.records import Arrival, Arrivals
from processors.resolve import gate
from schemas_avro import catalog
from streams.errors import ThroughlineError
from streams.topics import table

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PARTNER = "oak_valley"
EXPORT = "Student ID,School Code,Enroll Dt,Grade,Notes\ncanary-1,255901001,8/20/2025,11,canary-2\n"


def written(place: Path, *families: str) -> Path:
    """A folder with example mappings."""
    made = folder.files_of(PARTNER, families, {f: example_of(PARTNER, f) for f in families}, {}, NOW)
    folder.write(place / PARTNER, made)
    return place / PARTNER


def came_to(place: Path, case: Case) -> tuple[dict[int, str], int]:
    """What becomes of a case's rows: the code by line of those that the client or the gate rejects, how many pass."""
    path, sent, codes = place / case.file, dict[int, Good](), dict[int, str]()
    for row in rows(path, PARTNER, case.family, case.as_of, reader_of(path, case.family)):
        if isinstance(row, Good):
            sent[row.place] = row
        elif isinstance(row, Bad):
            codes[row.place] = row.code.value
    goods = list(sent.values())
    at, topic = int(NOW.timestamp() * 1_000), names.sandbox_topic(PARTNER, case.family)
    values = framed(case.family, [good.row for good in goods])
    arrivals = [
        Arrival(topic, 0, n, at, key_of(good.row), value, dict(headers_of_row(good.row)))
        for n, (good, value) in enumerate(zip(goods, values, strict=True))
    ]
    mou = agreement.as_if_in_force(agreement.load(place, PARTNER))
    _, rejected = gate.admit(
        Arrivals.of(arrivals), {PARTNER: mou.model_copy(update={"effective_from": date(2026, 1, 1)})}
    )
    by_gate = {goods[place].place: one.code.value for place, one in rejected.items()}
    return codes | by_gate, len(goods) - len(by_gate)


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_the_rows_of_every_family_come_to_what_its_plan_says(tmp_path: Path, family: str) -> None:
    place = written(tmp_path, family)
    found = plan.load(place)
    assert [case.kind for case in found.case] == ["rows", "same_again", "rows", "rows", "other_key"]
    for case in found.case:
        if case.kind == "rows":
            check = compared(case, *came_to(place, case))
            assert check.status == "ok", check
    planted = set(found.case[3].rejected.values())
    assert planted == {"not_in_code_set", "bad_date", "missing_field", "ssn_in_text", "date_out_of_range"}


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_every_row_says_that_it_is_of_nobody_and_an_example_of_a_mapping_can_be_read(
    tmp_path: Path, family: str
) -> None:
    place = written(tmp_path, family)
    for text in made_up.files(PARTNER, family).values():
        assert all(
            ("made-up-" in line and "made up" in line) or made_up.VOID_SSN in line for line in text.splitlines()[1:]
        )
    assert load_mapping(place / f"mapping.{family}.toml").family == family


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    place = written(tmp_path, "enrollment", "aid")
    found = plan.load(place)
    assert found.families == ("enrollment", "aid")
    assert found.exports == {"enrollment": "exports/enrollment.csv", "aid": "exports/aid.csv"}
    assert Plan.model_validate(tomllib.loads(plan.to_toml(found))) == found


def test_a_draft_of_an_agreement_is_told_as_such_shares_nothing_and_never_comes_into_force(tmp_path: Path) -> None:
    place = written(tmp_path, "enrollment", "consent")
    mou = agreement.load(place, PARTNER)
    done = throughline(tmp_path / "data", "agreements", "check", str(place / "agreement"), "--json")
    assert (done.returncode, orjson.loads(done.stdout)) == (1, {"agreements": 1, "problems": agreement.left_in([mou])})
    assert (mou.families, mou.consent_for, mou.grants) == (("enrollment", "consent"), (PARTNER,), ())
    assert not mou.in_force(number_of(date(2190, 1, 1)))
    assert agreement.left_open(mou) == ["title", "citation", "effective_from"]
    assert agreement.as_if_in_force(mou).in_force(number_of(datetime.now(UTC).date()))


def test_the_request_names_user_and_topics_and_holds_no_secret(tmp_path: Path) -> None:
    place = written(tmp_path, "aid")
    text = (place / "credentials-request.md").read_text()
    mou = agreement.load(place, PARTNER)
    topics = [spec.name for spec in table([mou], 1, 1) if spec.name.startswith(("partner.", "sandbox."))]
    assert all(f"`{topic}`" in text for topic in [*topics, f"partner.{PARTNER}"])
    assert "throughline acl apply" in text
    assert "FILL IN" in text


def test_a_mapping_is_drafted_from_an_export_and_no_cell_of_it_is_written_or_shown(tmp_path: Path) -> None:
    (tmp_path / "sis.csv").write_text(EXPORT)
    words = (
        "partner",
        "new",
        PARTNER,
        "--family",
        "enrollment",
        "--family",
        "aid",
        "--file",
        str(tmp_path / "sis.csv"),
    )
    done = throughline(tmp_path / "data", *words, "--dir", str(tmp_path / "in"), "--json")
    assert done.returncode == 0, done.stderr
    told, place = orjson.loads(done.stdout), tmp_path / "in" / PARTNER
    assert (told["partner"], told["lacking"]) == (PARTNER, {"enrollment": ["organization_id_system"]})
    assert told["files"] == sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    assert 'subject_token = "Student ID"' in (place / "mapping.enrollment.toml").read_text()
    assert (place / plan.load(place).exports["enrollment"]).resolve() == tmp_path / "sis.csv"
    everything = done.stdout + done.stderr + "".join((place / name).read_text() for name in told["files"])
    assert "canary" not in everything
    assert str(tmp_path) not in everything.replace(told["folder"], "")


@pytest.mark.parametrize("name", ["", "..", "../oak", "/oak", "Oak", "oak valley", "oak.valley", "oak-valley", "_oak", "1oak", "oak_", "o__k", "o" * 61])  # fmt: skip  # noqa: E501
def test_a_name_that_topics_users_or_folders_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(ThroughlineError, match=r"^a new partner's name is lower-case words"):
        folder.check_name(name)


@given(st.from_regex(folder.NAME, fullmatch=True))
def test_a_name_that_is_taken_makes_topics_that_kafka_takes(name: str) -> None:
    if len(name) > folder.LONGEST:
        return
    folder.check_name(name)
    topic = names.sandbox_topic(name, max(catalog.FAMILIES, key=len))
    assert len(topic) <= 249
    assert topic.count(".") == 2
    assert topic.isascii()


def test_what_is_there_is_never_written_over_but_an_empty_folder_is_taken(tmp_path: Path) -> None:
    words = ("partner", "new", PARTNER, "--family", "aid", "--dir", str(tmp_path))
    (tmp_path / PARTNER).mkdir()
    assert throughline(tmp_path / "data", *words).returncode == 0
    mine = tmp_path / PARTNER / "mapping.aid.toml"
    mine.write_text("mine")
    done = throughline(tmp_path / "data", *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "not empty: nothing in it is written over" in done.stderr
    assert mine.read_text() == "mine"
    with pytest.raises(ThroughlineError, match="cannot write"):
        folder.write(tmp_path / PARTNER, {"README.md": ""})
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_file_or_a_link_in_the_place_of_the_folder_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    (tmp_path / "b").symlink_to(tmp_path)
    for name in "ab":
        with pytest.raises(ThroughlineError, match="is there and no folder"):
            folder.check_is_free(tmp_path / name)


def test_what_cannot_be_is_told_in_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "sis.csv").write_text("1,2\n3,4\n")
    done = throughline(tmp_path / "data", "partner", "new", "../oak", "--family", "aid", "--dir", str(tmp_path / "in"))
    assert (done.returncode, done.stderr.count("\n"), list(tmp_path.glob("in*"))) == (2, 1, [])
    for more, said in (
        (("--family", "aids"), "no such family"),
        (("--family", "aid", "--file", "a.csv", "--file", "b.csv"), "2 files for 1 families"),
        (("--family", "aid", "--file", "absent.csv"), "no file absent.csv there"),
        (("--family", "aid", "--file", str(tmp_path / "sis.csv")), "write names of columns there"),
    ):
        done = throughline(tmp_path / "data", "partner", "new", PARTNER, *more, "--dir", str(tmp_path))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert said in done.stderr
    assert not (tmp_path / PARTNER).exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('kind = "same_again"', 'kind = "twice"', r"case\.2\.kind: kind is one of rows, same_again, other_key"),
        ('partner = "oak_valley"', "partner = oak", "is no TOML"),
        ("carried = 3", "carry = 3", r"case\.1\.carry: Extra inputs"),
        ('"bad_date"', '"worse_date"', r"case\.4: no code 'worse_date'"),
        ('file = "rows/aid.csv"', 'file = "../aid.csv"', r"case\.1: file is one in this folder"),
        ('family = "aid"', 'family = "aids"', r"case\.1: family is one of"),
        ("as_of = 2026", "as_of = 2126", r"case\.1: as_of lies ahead"),
        (
            'kind = "other_key"',
            'kind = "other_key"\ncarried = 1',
            r"case\.5: carried and rejected are words of kind rows",
        ),
    ],
)
def test_a_plan_that_is_broken_is_told_with_its_place(tmp_path: Path, before: str, after: str, said: str) -> None:
    path = written(tmp_path, "aid") / plan.PLAN
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(ThroughlineError, match=said):
        plan.load(path.parent)


def test_a_folder_without_a_plan_is_told(tmp_path: Path) -> None:
    with pytest.raises(ThroughlineError, match=r"^no test-plan\.toml in .*`throughline partner new NAME` writes one"):
        plan.load(tmp_path)


def test_rows_that_come_to_something_else_are_told_by_line_and_code() -> None:
    case = Case(
        name="x",
        kind="rows",
        family="aid",
        file="x.csv",
        as_of=NOW - timedelta(1),
        carried=1,
        rejected={"3": "bad_date"},
    )
    assert compared(case, {3: "bad_date"}, 1).told == "1 carried, 1 rejected as planned: bad_date"
    wrong = compared(case, {4: "ssn_in_text"}, 2)
    assert wrong.status == "failed"
    assert wrong.told == (
        "line 3: planned bad_date, it came to carried; line 4: planned carried, it came to ssn_in_text; "
        "2 carried, planned 1"
    )
