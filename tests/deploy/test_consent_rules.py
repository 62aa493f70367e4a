"""``throughline consent rules`` and ``lint``: what a person sees of the rules of law."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import cedarpy
import orjson
from support.commands import throughline
from support.worlds import SHIPPED as AGREEMENTS

from processors.consent.law.documents import document_of, rules_of
from processors.consent.law.facts import Category
from processors.consent.law.rules import Effect, Law, RuleSet, When, when
from processors.consent.law.shipped import SHIPPED


def written(folder: Path, ferpa: Law) -> Path:
    """A file of the shipped rules with another FERPA."""
    path = folder / "rules.json"
    path.write_bytes(document_of(RuleSet([ferpa if law.law_id == "ferpa" else law for law in SHIPPED.laws])))
    return path


def first_permit_widened(law: Law) -> Law:
    at = next(place for place, rule in enumerate(law.rules) if rule.effect is Effect.PERMIT)
    wide = replace(law.rules[at], when=When())
    return replace(law, rules=(*law.rules[:at], wide, *law.rules[at + 1 :]))


def test_the_table_has_each_rule_with_its_section(tmp_path: Path) -> None:
    lines = throughline(tmp_path, "consent", "rules", COLUMNS="400").stdout.splitlines()
    for rule in SHIPPED.rules:
        assert any(rule.name in line and rule.cites.section in line and rule.says in line for line in lines)
    assert lines[-1] == f"{len(SHIPPED.rules)} rules of {len(SHIPPED.laws)} laws, {hash_of_shipped()}"


def hash_of_shipped() -> str:
    return hashlib.sha256(document_of(SHIPPED)).hexdigest()


def test_what_is_written_as_data_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    path.write_text(throughline(tmp_path, "consent", "rules", "--json").stdout)
    assert document_of(rules_of(path.read_bytes())) == document_of(SHIPPED)
    done = throughline(tmp_path, "consent", "rules", "--rules", str(path), "--hash")
    assert done.stdout == f"{hash_of_shipped()}\n"


def test_the_policies_are_well_formed_and_of_the_schema(tmp_path: Path) -> None:
    policies = throughline(tmp_path, "consent", "rules", "--cedar").stdout
    schema = throughline(tmp_path, "consent", "rules", "--cedar-schema").stdout
    assert cedarpy.validate_policies(policies, schema).validation_passed
    assert policies.count("@quote") == len(SHIPPED.rules)


def test_rules_are_shown_one_way_at_a_time(tmp_path: Path) -> None:
    done = throughline(tmp_path, "consent", "rules", "--cedar", "--hash")
    assert (done.returncode, done.stdout) == (2, "")
    assert "one way at a time" in done.stderr


def test_a_file_that_holds_no_rules_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "rules.json"
    told = [throughline(tmp_path, "consent", "lint", "--rules", str(path))]
    path.write_text("[]")
    told.append(throughline(tmp_path, "consent", "lint", "--rules", str(path)))
    assert [one.returncode for one in told] == [2, 2]
    assert told[0].stderr.startswith("throughline: rules.json cannot be read")
    assert told[1].stderr == (
        "throughline: rules.json holds no rules: not a document of rules: TypeError; "
        "`throughline consent rules --json` writes such a file\n"
    )


def test_shipped_rules_have_no_error(tmp_path: Path) -> None:
    done = throughline(tmp_path, "consent", "lint", "--json")
    assert (done.returncode, orjson.loads(done.stdout)["errors"]) == (0, 0)


def test_an_error_ends_with_one_and_says_what_is_wrong(tmp_path: Path) -> None:
    ferpa = next(law for law in SHIPPED.laws if law.law_id == "ferpa")
    path = written(tmp_path, first_permit_widened(ferpa))
    done = throughline(tmp_path, "consent", "lint", "--rules", str(path))
    assert done.returncode == 1
    assert "permits without a limit of purpose" in done.stdout
    assert "permits everything that it applies to" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("4 errors, ")


def test_warnings_alone_are_no_failure(tmp_path: Path) -> None:
    ferpa = next(law for law in SHIPPED.laws if law.law_id == "ferpa")
    denial = next(rule for rule in ferpa.rules if rule.effect is Effect.DENY)
    more = replace(denial, rule_id="ferpa.substance_use", when=when(category={Category.SUBSTANCE_USE}))
    path = written(tmp_path, replace(ferpa, rules=(*ferpa.rules, more)))
    done = throughline(tmp_path, "consent", "lint", "--json", "--rules", str(path))
    told = orjson.loads(done.stdout)
    assert (done.returncode, told["errors"], told["warnings"] > 0) == (0, 0, True)
    assert ("warning", "contradictory") in {(one["level"], one["kind"]) for one in told["findings"]}


def test_what_an_agreement_grants_in_vain_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "agreements"
    shutil.copytree(AGREEMENTS, folder)
    assert throughline(tmp_path, "consent", "lint", "--agreements", str(folder)).returncode == 0
    (folder / "dul-la-county-foster.toml").unlink()
    done = throughline(tmp_path, "consent", "lint", "--json", "--agreements", str(folder))
    found = [one for one in orjson.loads(done.stdout)["findings"] if one["level"] == "error"]
    assert done.returncode == 1
    assert {one["kind"] for one in found} == {"never_permitted"}
    assert {one["of"].partition(":")[0] for one in found} == {
        "dsa-la-county-foster", "dsa-la-county-foster-welfare", "dsa-own-la-county-foster",
    }  # fmt: skip
