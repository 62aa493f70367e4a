"""``throughline agreements activate``: what is new or changed is published and counted, what is known is left alone."""

import shutil
from pathlib import Path

import orjson
import pytest
from support.commands import throughline
from support.worlds import shipped_agreements

from deploy.activation import sort_out, taken
from deploy.local_kafka import LocalKafka
from deploy.topic_reader import Read, all_of
from processors import names
from processors.consent.agreements import Agreement

SHIPPED = Path(__file__).parents[2] / "deploy" / "agreements"


def other(agreement: Agreement, version: int) -> Agreement:
    """The agreement with another title."""
    return agreement.model_copy(update={"title": "another", "version": version})


def test_agreements_are_sorted_by_content_and_version() -> None:
    first, second, third, fourth = shipped_agreements()[:4]
    in_force = [second, third.model_copy(update={"version": 3}), fourth]
    known = {one.agreement_id: one.to_row() for one in in_force}
    found = sort_out([first, second, other(third, 3), other(fourth, fourth.version + 1)], known)
    assert found.new == [first]
    assert found.unchanged == [second]
    assert [one.agreement_id for one in found.not_raised] == [third.agreement_id]
    assert [one.agreement_id for one in found.changed] == [fourth.agreement_id]
    assert found.to_publish == [*found.new, *found.changed]


def said(name: str, at: int, **row: object) -> Read:
    """A record of the control topic."""
    return Read(names.AGREEMENTS, 0, at, at, name, row)


def test_of_agreements_and_rules_a_higher_version_counts_and_no_other() -> None:
    versions = [
        said("agreement_activated", at, agreement_id=agreement_id, version=version)
        for at, (agreement_id, version) in enumerate([("a", 2), ("b", 1), ("a", 1), ("a", 2), ("a", 5)])
    ]
    found = taken([*versions, said("rules_activated", 8, version=3), said("rules_activated", 9, version=2)])
    assert {name: [(at, row["version"]) for at, row in rows] for name, rows in found.versions.items()} == {
        "a": [(0, 2), (4, 5)], "b": [(1, 1)],
    }  # fmt: skip
    assert {name: row["version"] for name, row in found.rows.items()} == {"a": 5, "b": 1}
    assert found.rules == {"version": 3}


@pytest.mark.broker
def test_only_what_changed_is_published_and_the_rest_is_counted(tmp_path: Path, own_broker: LocalKafka) -> None:
    folder, address = tmp_path / "agreements", own_broker.bootstrap
    shutil.copytree(SHIPPED, folder)
    given = {"THROUGHLINE_BOOTSTRAP": address, "THROUGHLINE_AGREEMENTS_DIR": str(folder)}
    everything = len(list(folder.glob("*.toml")))
    assert throughline(tmp_path, "topics", "create", **given).returncode == 0

    first = throughline(tmp_path, "agreements", "activate", **given)
    told = "rules of law: version 1 came into force, since none was\n"
    assert first.stdout == f"{everything} new, 0 changed, 0 unchanged\n{told}", first.stderr
    again = throughline(tmp_path, "agreements", "activate", "--json", **given)
    assert orjson.loads(again.stdout) == {
        "published": 0, "new": 0, "changed": 0, "unchanged": everything, "not_raised": [], "rules_version": 1,
    }  # fmt: skip

    edited = folder / "mou-edd.toml"
    text = edited.read_text().replace('title = "', 'title = "Another ')
    edited.write_text(text)
    refused = throughline(tmp_path, "agreements", "activate", **given)
    assert refused.returncode == 1
    assert "mou-edd: not taken, its text is another but version 1 no higher: raise it" in refused.stdout

    edited.write_text(text.replace("version = 1", "version = 2"))
    taken = throughline(tmp_path, "agreements", "activate", **given)
    assert (taken.returncode, taken.stdout) == (0, f"0 new, 1 changed, {everything - 1} unchanged\n")
    assert len(all_of(address, lambda topic: topic == names.AGREEMENTS)) == everything + 2  # the rules too
