"""``throughline consent give|withdraw|show|order``, over a real broker with the stages."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from support import sam
from support.commands import environment, throughline
from support.kafka_world import KafkaWorld
from support.sam import CENTER, TOKENS, award, caseload, enrolled, identity, wages

from deploy.commands.topics import activate_agreements
from processors.consent.agreements import Agreement

pytestmark = pytest.mark.broker
SINCE = {"version": 1, "title": "t", "citation": "34 CFR 99.36", "effective_from": "2024-07-01"}
RESCUE = [
    Agreement.model_validate({
        **SINCE, "agreement_id": "dsa-rescue", "tier": "dsa", "party": CENTER, "purpose": "emergency",
        "basis": "emergency", "relation": "organization",
        "grants": [{"partner_id": "csu", "family": "enrollment", "groups": ["core"]}],
    }),
    Agreement.model_validate({
        **SINCE, "agreement_id": "dul-rescue", "tier": "dul", "party": CENTER, "licenses": ["dsa-rescue"],
        "purposes": ["emergency"],
    }),
]  # fmt: skip
"""By which the center is told in an emergency where at a state university a student is enrolled."""
WHERE = enrolled("csu").event_id
FACTS = {award().event_id, enrolled().event_id, wages().event_id}
PARTNER = ("--partner", "ccc", "--by", "student")
SCOPE = (
    "--controllers", "ccc,csac,edd", "--records", "education,contact,address,aid,immigration_proxy,wage",
    "--purposes", "transfer_advising", "--recipients", CENTER,
)  # fmt: skip
LOCAL_ID = TOKENS["ccc"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """The center serves Sam, who has consented to nothing."""
    with KafkaWorld(tmp_path_factory.mktemp("paper")) as made:
        activate_agreements(str(made.settings.bootstrap), RESCUE)
        made.publish_all(*sam.KNOWN, identity("csu"), caseload(), award(), enrolled(), enrolled("csu"), wages())
        yield made


def settings_of(world: KafkaWorld) -> dict[str, str]:
    return {"THROUGHLINE_BOOTSTRAP": str(world.settings.bootstrap)}


def consent(world: KafkaWorld, *words: str, **more: str) -> Any:
    """A command, which does not fail; its document."""
    done = throughline(world.settings.data_dir, "consent", *words, "--json", **settings_of(world), **more)
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def piped(world: KafkaWorld, told: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command that is told the person's id through a pipe."""
    command = [sys.executable, "-m", "deploy", "consent", *words]
    env = environment(world.settings.data_dir, **settings_of(world))
    return subprocess.run(command, env=env, input=told, capture_output=True, text=True, timeout=120, check=False)


def seen(world: KafkaWorld) -> set[str]:
    return world.settle().seen_by(CENTER) & FACTS


def test_what_is_given_on_paper_releases_and_what_is_withdrawn_is_taken_back(world: KafkaWorld) -> None:
    assert seen(world) == set()
    receipt = consent(world, "give", *PARTNER, *SCOPE, "--language", "eng", CONSENT_LOCAL_ID=LOCAL_ID)
    world.wait_for(receipt["event_id"])
    assert seen(world) == FACTS

    shown = consent(world, "show", "--person", person_of(world))
    [said] = shown["records"][0]["statements"]
    assert (said["consent_id"], said["event_id"]) == (receipt["consent_id"], receipt["event_id"])
    assert said["counts"] == dict.fromkeys(("ccc", "csac", "edd"), "in_force")

    done = piped(world, f"{LOCAL_ID}\n", "withdraw", *PARTNER, "--records", "wage", "--json")
    part = orjson.loads(done.stdout)
    assert (part["event_state"], part["records_covered"], part["recipients"]) == ("withdrawn", ["wage"], [])
    world.wait_for(part["event_id"])
    assert seen(world) == FACTS - {wages().event_id}

    told = piped(world, f"{LOCAL_ID}\n", "withdraw", *PARTNER).stdout
    assert "  records_covered       all\n" in told
    world.wait_for(told.split("`throughline explain ")[1].split("`")[0])
    assert seen(world) == set()


def person_of(world: KafkaWorld) -> str:
    """Sam, by the log."""
    rows = world.rows("resolved.events")
    return next(str(row["person_id"]) for row in rows if row.get("event_id") == enrolled().event_id)


STATE = ("state", "--recipient", CENTER, "--basis", "emergency", "--reason", "missing", "--by", "n.ito")


def order(world: KafkaWorld, *words: str) -> Any:
    """A step of an order, and the stages have heard of it; its document."""
    before = len(steps(world))
    told = consent(world, "order", *words)
    deadline = time.monotonic() + 30
    while len(steps(world.settle())) == before:
        assert time.monotonic() < deadline
    return told


def steps(world: KafkaWorld) -> list[Any]:
    return [row for row in world.rows("resolved.events") if row["schema"] == "disclosure_ordered"]


def test_an_emergency_that_two_persons_stand_by_is_told_of_until_one_ends_it(world: KafkaWorld) -> None:
    until = (datetime.now(UTC).date() + timedelta(days=3)).isoformat()
    stated = order(world, *STATE, "--person", person_of(world), "--until", until)
    assert stated["person_ids"] == [person_of(world)]
    assert WHERE not in world.settle().seen_by(CENTER)
    done = piped(world, "", "order", "approve", stated["order_id"], "--by", "N. Ito")
    assert "whoever stated an order cannot approve it" in done.stderr
    order(world, "approve", stated["order_id"], "--by", "r.alvarez")
    assert WHERE in world.settle().seen_by(CENTER)
    [known] = consent(world, "order", "list")["orders"]
    assert (known["state"], known["stated_by"], known["approved_by"]) == ("approved", "n.ito", "r.alvarez")
    order(world, "end", stated["order_id"], "--by", "k.lee")
    assert WHERE not in world.settle().seen_by(CENTER)
    assert stated["order_id"] in piped(world, "", "order", "list").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("give", *PARTNER, *SCOPE, "--until", "2020-01-01"), "--until 2020-01-01 lies before"),
        (("give", *PARTNER, *SCOPE[2:], "--controllers", "cde_k12"), "mou-ccc does not let it speak for cde_k12"),
        (("withdraw", *PARTNER, "--purposes", "*"), "--purposes names each, never *"),
    ],
)
def test_what_cannot_be_is_one_line_and_sends_nothing(world: KafkaWorld, words: tuple[str, ...], told: str) -> None:
    before = len(world.settle().rows("audit.decisions"))
    done = piped(world, f"{LOCAL_ID}\n", *words)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"throughline: {told}")
    assert len(world.settle().rows("audit.decisions")) == before


def test_without_an_id_nothing_is_sent(world: KafkaWorld) -> None:
    assert "no local id was given: type it when asked" in piped(world, "\n", "withdraw", *PARTNER).stderr
