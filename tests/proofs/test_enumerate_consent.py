"""The enumeration of all disclosures as a command, and that it finds a rule that is wrong."""

import ast
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support import law_checks, law_oracle
from support.law_oracle import permits
from support.law_rows import KINDS, WHOLE, Rows, answers

from processors.consent.law.documents import document_of
from processors.consent.law.facts import Agency, Basis, Category, Tiers
from processors.consent.law.rules import Law, Rule, RuleSet
from processors.consent.law.shipped import SHIPPED
from tests.proofs.scripts import script

enumerate_consent = script("enumerate_consent")
Run = Callable[..., tuple[int, dict[str, int], str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command over rules; its exit code, the object of its last line, and what it says beside."""

    def run(rules: RuleSet, *words: str) -> tuple[int, dict[str, int], str]:
        file = tmp_path / "rules.json"
        file.write_bytes(document_of(rules))
        monkeypatch.setattr(sys, "argv", ["enumerate_consent.py", "--processes", "1", "--rules", str(file), *words])
        code = enumerate_consent.main()
        said = capsys.readouterr()
        return code, json.loads(said.out.splitlines()[-1]), said.err

    return run


def changed(rule_id: str, change: Callable[[Rule], Rule | None]) -> RuleSet:
    """The shipped rules with one that is another, or is not there."""
    found: list[Law] = []
    for law in SHIPPED.laws:
        rules = [change(rule) if rule.rule_id == rule_id else rule for rule in law.rules]
        found.append(replace(law, rules=tuple(rule for rule in rules if rule is not None)))
    assert found != list(SHIPPED.laws)
    return RuleSet(found)


def wider(**facts: Basis | Category | Agency) -> Callable[[Rule], Rule]:
    """A rule that speaks of a value more of some facts."""
    return lambda rule: replace(
        rule, when=rule.when._replace(**{name: getattr(rule.when, name) | {one} for name, one in facts.items()})
    )


def test_oracle_rules_and_cedar_agree_on_every_disclosure(run: Run) -> None:
    code, told, _ = run(SHIPPED, "--cedar", "2000")
    assert told.pop("rows") > 20_000
    assert told == {
        "stands_for": WHOLE, "oracle_disagreements": 0, "cedar_rows": 2_000, "cedar_disagreements": 0, "seed": 0,
    }  # fmt: skip
    assert code == 0


@pytest.mark.parametrize(
    "rules",
    [
        changed("ferpa.31.a.4.aid", wider(category=Category.ASSESSMENT)),
        changed("safe_at_home.6207.address", lambda _: None),
        changed("part_2.13.a.records", lambda _: None),
        changed("information_practices.1798_24.duties", lambda _: None),
        changed("agreements.31.dul", lambda _: None),
    ],
    ids=["a permit too wide", "no denial", "no denial of a category", "no permit", "no third tier"],
)
def test_a_rule_that_is_wrong_is_found_and_the_first_rows_are_told(run: Run, rules: RuleSet) -> None:
    code, told, said = run(rules, "--cedar", "0")
    assert (code, told["oracle_disagreements"] > 0, told["stands_for"]) == (1, True, WHOLE)
    assert said.count("oracle would") == law_checks.MOST_SHOWN


def test_what_cedar_would_decide_otherwise_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    document = document_of(SHIPPED)
    other = law_checks.Cedar(changed("agreements.31.dul", lambda _: None))
    monkeypatch.setattr(law_checks, "_cedar", lambda _: other)
    part = law_checks.sample(document, 1, 3_000)
    assert part.wrong["cedar"] > 0
    assert part.wrong["oracle"] == 0


def test_where_every_disclosure_is_a_row_a_denial_that_is_gone_is_found_as_often_as_it_matters() -> None:
    part = law_checks.each(document_of(SHIPPED), Agency.SCHOOL, Agency.COLLEGE, Basis.FINANCIAL_AID)
    assert (part.rows, part.wrong.total()) == (WHOLE // (9 * 9 * 15), 0)
    fewer = changed("agreements.31.dul", lambda _: None)
    part = law_checks.each(document_of(fewer), Agency.SCHOOL, Agency.COLLEGE, Basis.FINANCIAL_AID)
    settled = {"holder": Agency.SCHOOL, "recipient": Agency.COLLEGE, "basis": Basis.FINANCIAL_AID}
    permitted = sum(row.stands_for for row in Rows(SHIPPED, permits).among(settled) if row.permit)
    assert part.wrong["oracle"] == permitted > 0


def test_an_oracle_is_asked_for_every_value_of_what_it_asks_and_of_nothing_else() -> None:
    asked = list(answers(lambda f: f.tiers == "in_force" and f.category == "aid", {"basis": Basis.STUDY}))
    assert len(asked) == len(Tiers) - 1 + len(Category)
    assert [settled for settled, permit in asked if permit] == [
        {"basis": Basis.STUDY, "tiers": Tiers.IN_FORCE, "category": Category.AID}
    ]


def test_no_rules_and_an_oracle_that_never_asks_are_one_row() -> None:
    [row] = Rows(RuleSet([]), lambda _: False).among({})
    assert (row.stands_for, row.permit) == (WHOLE, False)


def test_rows_are_counted_apart_where_only_the_rules_tell_them_apart() -> None:
    [law] = [law for law in SHIPPED.laws if law.law_id == "agreements"]
    rows = list(Rows(RuleSet([law]), lambda _: False).among({}))
    assert len(rows) == 4 * 2  # each tier, and whether there is a relation
    assert sum(row.stands_for for row in rows) == WHOLE


def test_the_oracle_knows_only_the_words_of_facts_and_is_short() -> None:
    source = Path(law_oracle.__file__).read_text()
    nodes = list(ast.walk(ast.parse(source)))
    imported = [(node.module, node.names[0].name) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imported == [("processors.consent.law.facts", "Facts")]
    docs = {ast.get_docstring(node, clean=False) for node in nodes if isinstance(node, ast.Module | ast.FunctionDef)}
    words = {node.value for node in nodes if isinstance(node, ast.Constant) if isinstance(node.value, str)}
    assert words - docs <= {value for kind in KINDS.values() for value in kind}
    assert len(source.splitlines()) <= 100
