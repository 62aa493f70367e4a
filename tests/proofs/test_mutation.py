"""The mutation proof counts right: what a test notices is killed, what none notices has survived."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support.mutants import covering, rules
from support.mutants.covering import Covered
from support.mutants.killing import ROOT, Mutant

from processors.consent.law.rules import Law, When
from processors.consent.law.shipped import LAWS
from tests.proofs.scripts import script

mutation = script("mutation")
PATH = "processors/consent/rights.py"
CODE = (ROOT / PATH).read_text(encoding="utf-8")
TESTS = ("tests/processors/consent/test_rights.py",)


def planted(was: str, now: str) -> Mutant:
    """Code in which one thing is another."""
    assert CODE.count(was) == 1
    line = CODE[: CODE.index(was)].count("\n") + 1
    return Mutant(PATH, "Planted", line, was, now, CODE.replace(was, now))


SEEN = planted("return role in who_may_grant", "return role not in who_may_grant")
UNSEEN = planted("PARENTS = OF_PARENTS | {Role.COURT}", "PARENTS = OF_PARENTS ^ {Role.COURT}")
"""A court is no parent, so nothing changes by it."""
BROKEN = planted("AGES = tuple(Age)", "AGES = tuple(Ages)")


def test_mutants_that_tests_notice_are_killed_others_survive_and_what_cannot_be_imported_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = tmp_path / "shown.json"
    mutation.run_without(TESTS, (), [PATH], shown, 2)
    told = mutation.fates([SEEN, UNSEEN, BROKEN], str(shown), 2)
    assert told == {"mutants": 2, "killed": 1, "score": 0.5, "timed_out": 0, "unfit": 1}
    said = capsys.readouterr().err
    assert (said.count("survived:"), UNSEEN.now in said, SEEN.now in said) == (1, True, False)


def test_where_tests_fail_without_any_mutant_nothing_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "test_wrong.py"
    wrong.write_text("def test_wrong():\n    assert False\n")
    with pytest.raises(SystemExit, match="test_wrong fails"):
        mutation.run_without((str(wrong),), (), [PATH], tmp_path / "shown.json", 2)


def test_a_mutant_is_put_to_the_tests_that_run_its_function_the_quickest_first() -> None:
    covered = Covered(
        seconds={"a.py::slow": 9.0, "a.py::quick": 0.1, "b.py::quicker": 0.05, "c.py::other": 0.1},
        by={("f.py", 3): ["a.py::slow", "a.py::quick", "b.py::quicker"]},
        at_import=[("f.py", 1), ("f.py", 3), ("g.py", 1)],
    )  # fmt: skip
    of_f = [["b.py::quicker", "a.py::quick"], ["a.py::slow"]]
    assert covering.rounds(covered, "f.py", [("f.py", 3)]) == of_f
    assert covering.rounds(covered, "f.py", [("f.py", 7)]) == []  # a function that nothing runs
    assert covering.rounds(covered, "f.py", []) == of_f  # outside of all functions
    assert covering.rounds(covered, "f.py", [("f.py", 1)]) == of_f  # run only when the file is imported
    asked = [name for tests in covering.rounds(covered, "g.py", [("g.py", 1)]) for name in tests]
    assert sorted(asked) == sorted(covered.seconds)  # and of that file nothing runs later


def test_a_line_is_of_the_innermost_function_that_it_is_in() -> None:
    code = "A = 1\n@of\ndef outer(b=1):\n    def inner():\n        return 1\n    return inner\n"
    assert covering.functions_at("f.py", code, 5) == [("f.py", 4), ("f.py", 2)]
    assert covering.functions_at("f.py", code, 3) == []  # what a parameter is by default is made at import


def law(law_id: str) -> Law:
    return next(one for one in LAWS if one.law_id == law_id)


def mutant(changed: Law) -> rules.Mutant:
    others = tuple(changed if one.law_id == changed.law_id else one for one in LAWS)
    return rules.Mutant("planted", others, When())


def test_rules_are_killed_by_the_table_or_by_the_oracle_and_no_change_at_all_is_no_mutant() -> None:
    part_2, wages = law("part_2"), law("unemployment_insurance")
    wider = next(one for name, one, _ in rules.of_law(wages) if name.endswith("evaluation: category with address"))
    again = replace(part_2, rules=(*part_2.rules, replace(part_2.rules[0], rule_id="part_2.13.again")))
    newer = replace(part_2, rules=(replace(part_2.rules[0], version=2),))
    changed = [replace(part_2, rules=()), wider, again, newer]
    fates = [rules.tried(mutant(one), LAWS).fate for one in changed]
    assert fates == [rules.Fate.BY_TABLE, rules.Fate.BY_ORACLE, rules.Fate.SAME, rules.Fate.SURVIVED]


def test_what_is_the_same_as_before_counts_neither_as_mutant_nor_as_killed() -> None:
    found = Counter({fate: place for place, fate in enumerate(rules.Fate, 1)})
    assert mutation.told_of_rules(found) == {
        "mutants": 7, "killed": 3, "score": 0.4285, "by_table": 1, "by_oracle": 2, "equivalent": 3,
    }  # fmt: skip


def test_both_parts_are_summed_up_and_kept() -> None:
    code, of_rules = {"mutants": 10, "killed": 8, "score": 0.8}, {"mutants": 30, "killed": 30, "score": 1.0}
    assert mutation.together(code, of_rules) == {
        "mutants": 40, "killed": 38, "score": 0.95, "code": code, "rules": of_rules,
    }  # fmt: skip
    assert mutation.share(0, 0) == 0.0


def test_rules_have_mutants_of_every_kind_and_all_of_them_load() -> None:
    made = [one.name.partition(": ")[2] for one in rules.mutants(LAWS)]
    assert len(made) > 3_000
    assert {"left out", "the other effect", "without notice", "any basis", "category with wage"} <= {*made}


def test_an_equivalent_that_is_no_mutant_any_more_is_not_passed_over() -> None:
    row = {"path": PATH, "was": UNSEEN.was, "now": UNSEEN.now, "because": "Nothing asks for it."}
    assert mutation.equivalents(json.dumps([row]), [UNSEEN, SEEN]) == {(PATH, UNSEEN.was, UNSEEN.now)}
    with pytest.raises(SystemExit, match="no mutant any more"):
        mutation.equivalents(json.dumps([row]), [SEEN])


def test_every_equivalent_says_why() -> None:
    rows = yaml.safe_load((mutation.PARTS / "equivalent.yaml").read_text(encoding="utf-8"))
    assert [row for row in rows if not row["because"].strip() or row["path"] not in mutation.FILES] == []
