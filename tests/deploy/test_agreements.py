"""``throughline agreements check|show|diff``, ``consent activate``: what fits together, what is in force since when."""

import shutil
from pathlib import Path

import orjson
import pytest
from support.commands import throughline
from support.worlds import SHIPPED, shipped_agreements

from deploy.commands.agreements_compared import changes, missing_tiers
from deploy.local_kafka import LocalKafka
from deploy.onboarding.agreement import draft
from processors.consent.law import documents
from processors.consent.law.rules import RuleSet
from processors.consent.law.shipped import LAWS
from processors.consent.law.shipped import SHIPPED as RULES
from processors.consent.register import Register

ALL = shipped_agreements()


def without(*left_out: str) -> Register:
    """The shipped agreements but some."""
    return Register([one for one in ALL if one.agreement_id not in left_out])


def test_the_shipped_agreements_have_all_three_tiers() -> None:
    assert list(missing_tiers(Register(ALL))) == []


def test_a_tier_that_is_missing_is_told_with_who_misses_it() -> None:
    assert set(missing_tiers(without("dul-lausd-counseling"))) == {
        f"{name}: lausd_counseling has no data-use licence (tier dul) for it and its purpose"
        for name in ("dsa-lausd-counseling", "dsa-own-lausd-counseling")
    }
    assert set(missing_tiers(without("mou-edd"))) == {
        f"{name}: edd has no memorandum of understanding (tier mou)"
        for name in ("dsa-ccc-transfer", "dsa-csu-advising")
    }


def test_what_changes_is_told_field_by_field_and_not_the_version() -> None:
    [before] = [one for one in ALL if one.agreement_id == "dsa-ccc-transfer"]
    after = before.model_copy(update={"version": 2, "title": "Another", "relation": "organization"})
    assert changes(before, after) == [
        ("title", "Transfer advising, with consent", "Another"), ("relation", "caseload", "organization"),
    ]  # fmt: skip
    assert changes(before, before.model_copy(update={"version": 2})) == []


def test_a_draft_that_nobody_has_filled_in_is_a_problem_and_is_not_activated(tmp_path: Path) -> None:
    folder = tmp_path / "agreements"
    folder.mkdir()
    (folder / "mou-oak-valley.toml").write_text(draft("oak_valley", ["enrollment"]))
    problem = "mou-oak-valley: to be filled in, or still the draft's: title, citation, effective_from"
    checked = throughline(tmp_path, "agreements", "check", str(folder))
    assert (checked.returncode, checked.stdout) == (1, f"{problem}\n1 agreements, 1 problems\n")
    activated = throughline(tmp_path, "agreements", "activate", THROUGHLINE_AGREEMENTS_DIR=str(folder))
    assert (activated.returncode, activated.stderr) == (2, f"throughline: nothing was activated: {problem}\n")
    filled = draft("oak_valley", ["enrollment"]).replace("FILL IN: what", "What").replace("FILL IN: the law", "The law")
    (folder / "mou-oak-valley.toml").write_text(filled.replace("2199-01-01", "2026-07-01"))
    checked = throughline(tmp_path, "agreements", "check", str(folder))
    assert (checked.returncode, checked.stdout) == (0, "1 agreements, 0 problems\n")


def test_all_that_is_wrong_with_an_agreement_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('agreement_id = "a"\nversion = 0\n')
    done = throughline(tmp_path, "agreements", "check", str(tmp_path))
    assert done.returncode == 2
    assert all(f"{name}: " in done.stderr for name in ("version", "tier", "title", "party", "citation"))


def test_a_folder_is_checked_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "agreements"
    shutil.copytree(SHIPPED, folder)
    well = throughline(tmp_path, "agreements", "check", str(folder), "--json")
    assert orjson.loads(well.stdout) == {"agreements": len(ALL), "problems": []}, well.stderr
    for path in (SHIPPED.parents[1] / "docs" / "examples" / "benefits-outreach").glob("*.toml"):
        shutil.copy(path, folder)
    assert throughline(tmp_path, "agreements", "check", str(folder)).stdout == "32 agreements, 0 problems\n"
    (folder / "dul-csu-advising.toml").unlink()
    (folder / "dsa-la-county-foster.toml").write_text(
        (folder / "dsa-la-county-foster.toml").read_text().replace('"foster_care"', '"directory"')
    )
    ill = throughline(tmp_path, "agreements", "check", str(folder), "--json")
    problems = orjson.loads(ill.stdout)["problems"]
    assert ill.returncode == 1
    unlicensed = [line for line in problems if line.startswith(("dsa-csu-advising", "dsa-own-csu-advising"))]
    assert len(unlicensed) == 2, "each agreement once, whatever it grants"
    assert all("no data-use licence" in line for line in unlicensed)
    assert any(line.startswith("dsa-la-county-foster: ") for line in problems)


@pytest.mark.broker
def test_versions_in_force_are_shown_and_compared_and_rules_are_brought_into_force(
    tmp_path: Path, own_broker: LocalKafka
) -> None:
    folder = tmp_path / "agreements"
    shutil.copytree(SHIPPED, folder)
    given = {"THROUGHLINE_BOOTSTRAP": own_broker.bootstrap, "THROUGHLINE_AGREEMENTS_DIR": str(folder)}
    assert throughline(tmp_path, "topics", "create", **given).returncode == 0
    assert throughline(tmp_path, "agreements", "activate", "--by", "K. Ode", **given).returncode == 0
    assert throughline(tmp_path, "agreements", "diff", **given).stdout == (
        "nothing: all that is in the folder is in force\n"
    )

    file = folder / "mou-edd.toml"
    file.write_text(file.read_text().replace("version = 1", "version = 2").replace('title = "', 'title = "Another '))
    told = orjson.loads(throughline(tmp_path, "agreements", "diff", "--json", **given).stdout)["changes"]
    assert [(row["agreement"], row["what"]) for row in told] == [("mou-edd", "changed, title")]
    assert throughline(tmp_path, "agreements", "activate", "--by", "L. Park", **given).returncode == 0
    shown = orjson.loads(throughline(tmp_path, "agreements", "show", "mou-edd", "--json", **given).stdout)
    assert [(row["version"], row["by"]) for row in shown["versions"]] == [("1", "K. Ode"), ("2", "L. Park")]
    assert shown["in_force"]["title"].startswith("Another ")
    unknown = throughline(tmp_path, "agreements", "show", "mou-nobody", **given)
    assert (unknown.returncode, "mou-nobody was activated" in unknown.stderr) == (2, True)

    again = orjson.loads(throughline(tmp_path, "consent", "activate", "--json", **given).stdout)
    in_force = documents.hash_of(documents.document_of(RULES))
    assert again == {"activated": False, "version": 1, "content_hash": in_force}
    fewer = tmp_path / "rules.json"
    fewer.write_bytes(documents.document_of(RuleSet(LAWS[:-1])))
    other = orjson.loads(throughline(tmp_path, "consent", "activate", "--rules", str(fewer), "--json", **given).stdout)
    assert (other["activated"], other["version"], other["content_hash"] != in_force) == (True, 2, True)
