"""``throughline identity person``: a person's records, history, conflicts and golden record; policies as files."""

from pathlib import Path
from typing import Any

import pytest
from support.commands import throughline
from support.linkage import said
from support.pages import blocks_of
from support.worlds import shipped_agreements

from deploy.identity.known import Known
from deploy.identity.persons import Person, as_row, moved_to, person_of, shown, trait_words
from deploy.identity.policies import SHIPPED, policy_in
from deploy.identity.published import Published
from deploy.topic_reader import Read
from processors.resolve.golden import TRAITS, Policy
from processors.resolve.matching.words import CHOSEN_BY
from processors.resolve.said import Rows
from streams.errors import ThroughlineError

NUMBER = "517482936"
PARTNERS = {"csac", "edd", "lea"}
RECENT = Policy.model_validate({"default": {"rules": ("most_recent",)}})
FIRST_SEEN = 5_000_000


def record(key: str, partner: str, at: int = FIRST_SEEN) -> Published:
    """A record of p1."""
    return Published(key, partner, "p1", at, (f"{key}-event",), "")


def rows(at: int, name: str, **more: Any) -> Rows:
    """One row that stands."""
    return {"x": [at, f"e{at}", [said(name, **more).to_json()]]}


def change(offset: int, key: str, to: str, before: str | None = None) -> Read:
    """A line of ``identity.changes``."""
    kind, links = ("applied", []) if before is None else ("merged", [{"record_key": "r7", "bits_hundredths": 1234}])
    row = {
        "record_key": key, "partner_id": "lea", "kind": kind, "from_person_id": before, "to_person_id": to,
        "event_id": f"e{offset}", "model": "m", "evidence": links,
    }  # fmt: skip
    return Read("identity.changes", 0, offset, 1_000 * offset, "identity_changed", row)


SCHOOL = (record("r1", "lea"), rows(1_000_000, "Quetzalina Marchetti 20050102", ssn=NUMBER, phone="2135550101"))
AID = (record("r2", "csac"), rows(2_000_000, "Lina Marchetti 20050102", ssn="600110022"))
GONE = (record("r3", "edd"), None)
LOG = [change(3, "r2", "p1", "p2"), change(1, "r1", "p1"), change(2, "r2", "p2"), change(4, "r9", "p7", "p8")]


def made(*members: tuple[Published, Rows | None], changes: list[Read] | None = None, decided: str = "") -> Person:
    """A person; ``decided`` names a record that a steward decided is not of the same person as r9."""
    said_, decisions = {record.record_key: rows for record, rows in members}, Known()
    row = {"decision_id": "d1", "kind": "different", "pairs": [{"one": decided, "other": "r9"}] if decided else []}
    decisions.enter(Read("control.identity", 0, 0, 0, "identity_decided", row))
    return person_of("p1", [one for one, _ in members], said_, decisions, LOG if changes is None else changes)


def told(person: Person, *, shows_values: bool = False) -> dict[str, Any]:
    return as_row(person, RECENT, shows_values=shows_values)


def test_its_records_are_told_with_partner_first_sight_decisions_and_which_are_erased() -> None:
    found = told(made(SCHOOL, GONE, decided="r1"))["records"]
    assert [(r["record_key"], r["partner_id"], r["first_seen_at"], r["decisions"], r["is_erased"]) for r in found] == [
        ("r1", "lea", "1970-01-01T00:00:05+00:00", ["d1"], False),
        ("r3", "edd", "1970-01-01T00:00:05+00:00", [], True),
    ]


def test_without_a_keyring_records_and_history_are_told_and_what_they_say_is_not_known() -> None:
    found = as_row(person_of("p1", [SCHOOL[0]], {}, Known(), LOG), RECENT, shows_values=True)
    assert [r["is_erased"] for r in found["records"]] == [False]
    assert (found["golden"], found["conflicts"], len(found["history"])) == (None, None, 2)


def test_its_history_is_what_happened_to_its_records_in_the_order_of_the_log() -> None:
    history = told(made(SCHOOL, AID))["history"]
    assert [(h["kind"], h["record_key"], h["from_person_id"], h["to_person_id"]) for h in history] == [
        ("applied", "r1", None, "p1"), ("applied", "r2", None, "p2"), ("merged", "r2", "p2", "p1"),
    ]  # fmt: skip
    assert (history[0]["at"], history[0]["event_id"], history[0]["model"]) == ("1970-01-01T00:00:01+00:00", "e1", "m")
    assert [change["links"] for change in history] == [[], [], [{"record_key": "r7", "bits": 12.34}]]


def test_a_record_that_left_stays_in_the_history_and_where_records_went_is_known() -> None:
    log = [change(1, "r1", "p1"), change(2, "r1", "p4", "p1"), change(3, "r1", "p1", "p4"), change(4, "r5", "p6", "p1")]
    found = made(changes=log)
    assert len(found.history) == 4
    assert moved_to(found) == ["p4", "p6"]


def test_traits_that_conflict_are_told_by_name_and_by_who_differs() -> None:
    assert told(made(SCHOOL, AID))["conflicts"] == {"given": [["csac"], ["lea"]], "number": [["csac"], ["lea"]]}
    assert told(made(SCHOOL))["conflicts"] == {}


def test_of_each_trait_the_golden_record_says_whose_word_counts_and_by_which_rule() -> None:
    found = {one["trait"]: one for one in told(made(SCHOOL, AID, GONE))["golden"]}
    assert list(found) == ["given", "surname", "born", "number", "phone"]
    assert found["given"] == {
        "trait": "given", "record_key": "r2", "partner_id": "csac", "rule": "most_recent", "event_id": "e2000000",
        "published_at": "1970-01-01T00:00:02+00:00",
    }  # fmt: skip
    assert (found["phone"]["partner_id"], found["phone"]["rule"]) == ("lea", "only_value")


def test_values_are_shown_on_demand_only_and_a_number_or_what_stands_for_it_never() -> None:
    person = made(SCHOOL, AID)
    number = said("A B", ssn="600110022").number
    silent, open_ = str((told(person), person)), told(person, shows_values=True)
    assert not [v for v in ("LINA", "QUETZALINA", "MARCHETTI", "2005", "2135550101") if v in silent.upper()]
    assert {one["trait"]: one.get("value") for one in open_["golden"]} == {
        "given": "LINA", "surname": "MARCHETTI", "born": "2005-01-02", "number": None, "phone": "2135550101",
    }  # fmt: skip
    assert not [v for v in ("600110022", NUMBER, number) if v in str(open_) + silent]


def test_values_and_traits_are_written_as_people_read_them() -> None:
    assert shown("born", ("20050102",)) == "2005-01-02"
    assert shown("born", ("1",)) == "1"
    assert shown("address", ("12", "ELM ST", "")) == "12 ELM ST"
    assert trait_words("other SSID") == "other identifiers: SSID"
    assert all(map(trait_words, TRAITS))


def test_every_rule_has_its_words() -> None:
    assert {"most_trusted", "most_recent", "most_frequent", "only_value", "tie"} == CHOSEN_BY.keys()


def policy_file(folder: Path, text: str) -> Path:
    """A policy of one's own."""
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_policy_is_read() -> None:
    assert policy_in(SHIPPED, PARTNERS).of("phone").rules == ("most_recent", "most_frequent")


def test_the_policy_in_the_reference_is_one_of_partners_that_there_are(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")
    [example] = [block.text for block in blocks_of(page) if block.language == "toml" and "[traits." in block.text]
    partners = {one.party for one in shipped_agreements() if one.tier == "mou"}
    assert policy_in(policy_file(tmp_path, example), partners).of("born").trusted == ("lea_grand_bend", "csac")


def test_a_policy_of_ones_own_trusts_partners_that_there_are(tmp_path: Path) -> None:
    path = policy_file(tmp_path, '[default]\nrules = ["most_trusted"]\ntrusted = ["lea", "csac"]')
    assert policy_in(path, PARTNERS).default.trusted == ("lea", "csac")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("rules", "own.toml is not TOML: "),
        ("[default]\nrules = ['newest']", "own.toml is no policy: default.rules.0: Input should be 'most_trusted', "),
        ("[default]\nrules = ['most_recent']\n[traits.nam]\nrules = ['most_recent']", "traits.nam.[key]: "),
        ("[default]\nrules = ['most_trusted']\ntrusted = ['cscac']", "did you mean csac? there are csac, edd, lea"),
        ("[default]\nrules = ['most_trusted']", "needs to know whom"),
    ],
)
def test_what_is_no_policy_is_one_line_with_the_place_and_the_remedy(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(ThroughlineError) as error:
        policy_in(policy_file(tmp_path, text), PARTNERS)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_a_policy_that_is_not_there_is_one_line_of_the_command(tmp_path: Path) -> None:
    done = throughline(tmp_path, "identity", "person", "p1", "--policy", "none.toml")
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "none.toml cannot be read" in line
    assert "golden.toml" in line
