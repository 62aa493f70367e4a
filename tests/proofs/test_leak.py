"""Planted values about one person are searched for in everything that we write, but where they may be."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from rocksdict import AccessType, Options, Rdict
from support import events

from deploy.demo_run import PARTNER, wait_until_ended
from deploy.identity import published
from deploy.ledger import LiveLedger
from deploy.scrape import see
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from streams.health import noted
from streams.metrics import SPECS
from streams.settings import Settings
from streams.store import path_of

PLANTED = {
    "first_name": "Zyxqvanna", "middle_name": "Plimbert", "last_name": "Quorblatt", "other_last_name": "Vexholm",
    "address_line": "7741 Canaryfeather Lane", "city": "Brackwaterton", "postal_code": "90099", "ssn": "536-22-9187",
    "email": "zyxq.canary@mail.example", "phone": "+1 213 555 0187", "birth_city": "Umberfold",
}  # fmt: skip
TOKENS = ("STUDENT-CANARY-77", "CLIENT-CANARY-88")
WITHHELD_FACT = "CANARY-COLLEGE-4"
"""Of a fact that nobody may see."""
NEEDLES = [
    *(v.encode() for k, v in PLANTED.items() if k != "postal_code"), *(t.encode() for t in TOKENS), b"536229187",
    b"2135550187", b"ZYXQVANNA", b"QUORBLATT", b"CANARYFEATHER", WITHHELD_FACT.encode(),
]  # fmt: skip


PROCESS = {
    f"process_{name}"
    for name in (
        "virtual_memory_bytes", "resident_memory_bytes", "start_time_seconds", "cpu_seconds", "open_fds", "max_fds",
    )
}  # fmt: skip
"""What prometheus_client tells of any process."""


@dataclass(frozen=True)
class Written:
    """What a run has left behind."""

    stack: Stack
    rejected_places: list[str]
    event_ids: list[str]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """A stack that has met the planted person in every family, in sound events and in rejected ones."""
    users = tmp_path_factory.mktemp("users") / "users.toml"
    users.write_text('[[users]]\nid = "cm-1"\nname = "One"\nrecipient = "lausd_counseling"\n')
    chosen = Settings(data_dir=tmp_path_factory.mktemp("leak"), users_file=users, portal_port=0, log_level="debug")
    with Stack(chosen) as stack, Publisher(stack.bootstrap, PARTNER) as publisher:
        ledger = LiveLedger(stack.bootstrap)
        for topic, key, row, value in _events():
            publisher.publish_raw(topic, key, value, [("ce_id", row["event_id"].encode())])
        publisher.flush()
        ids = set(publisher.report.acknowledged)
        wait_until_ended(stack, ledger, ids, lambda done: None)  # noqa: ARG005  # nobody watches
        rejected = _run(stack, "deadletters", "list", "--json")["dead_letters"]
        yield Written(stack, [letter["place"] for letter in rejected], sorted(ids))
        ledger.close()


def _events() -> Iterator[tuple[str, bytes, dict[str, Any], bytes]]:
    now = time.time_ns() // 1_000
    when = {"published_at": now, "observed_at": now}
    identifiers = [{"system": "SSN", "value": PLANTED["ssn"], "assigner": None}]
    bodies: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
        ("cde_k12", "identity", TOKENS[0], {}, {**PLANTED, "birth_date": "2008-03-04"}),
        ("lausd_counseling", "identity", TOKENS[1], {}, {**PLANTED, "birth_date": "2008-03-04"}),
        ("cde_k12", "contact", TOKENS[0], {}, {"preferred_name": "Zyxqvanna Quorblatt", "phone": PLANTED["phone"]}),
        ("ccc", "enrollment", "x", {"identifiers": identifiers}, {"organization_id": WITHHELD_FACT}),
        ("cde_k12", "contact", TOKENS[0], {"partner_id": "ccc"}, {"preferred_name": "Zyxqvanna Quorblatt"}),
        ("cde_k12", "identity", TOKENS[0], {"event_id": "Zyxqvanna Quorblatt"}, PLANTED),
    ]
    for n, (partner, family, token, changed, said) in enumerate(bodies):
        row = events.envelope(partner, family, token, f"{TOKENS[0]} fact {n}", **when, **changed)
        value = events.encoded(family, row, events.body(family, **said))
        known = (
            row if re.fullmatch(r"[0-9a-f-]{36}", row["event_id"]) else {**row, "event_id": events.event_id("bad id")}
        )
        yield f"partner.{partner}.{family}", token.encode(), known, value
    wage = events.envelope("edd", "employment", None, "wage", **when, identifiers=identifiers,
                           subject_name="QUORBLATT ZYXQVANNA")  # fmt: skip
    yield "partner.edd.employment", b"wage", wage, events.encoded("employment", wage, events.body("employment"))


def _run(stack: Stack, *words: str) -> Any:
    return json.loads(_output(stack, *words).split("\n")[-2])


def _output(stack: Stack, *words: str) -> str:
    env = {"THROUGHLINE_DATA_DIR": str(stack.data_dir), "THROUGHLINE_BOOTSTRAP": stack.bootstrap, "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "deploy", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def found_in(content: bytes) -> list[bytes]:
    """Needles in some bytes."""
    return [needle for needle in NEEDLES if needle in content]


pytestmark = pytest.mark.broker


def test_the_needles_are_found_where_they_may_be(written: Written) -> None:
    """The search itself works: partner topics, days-long and for resolve alone, hold them."""
    reader = TopicReader(written.stack.bootstrap, lambda topic: topic.startswith("partner."))
    content = b"".join((a.value or b"") + (a.key or b"") for a in reader.arrivals())
    reader.close()
    assert {b"Zyxqvanna", b"7741 Canaryfeather Lane", b"536-22-9187", TOKENS[0].encode()} <= set(found_in(content))


def test_no_topic_beyond_the_partners_own_holds_a_planted_value(written: Written) -> None:
    reader = TopicReader(written.stack.bootstrap, lambda topic: not topic.startswith(("partner.", "__")))
    found = {
        (a.topic, needle)
        for a in reader.arrivals()
        for part in (a.key, a.value, *a.headers.values())
        for needle in found_in(part or b"")
    }
    reader.close()
    assert found == set()


def test_no_file_that_we_write_holds_a_planted_value(written: Written) -> None:
    """State stores, views, keys, logs; Kafka's own files hold the partners' topics and are not ours to search."""
    folder = written.stack.data_dir
    files = [p for p in folder.rglob("*") if p.is_file() and "kafka" not in p.relative_to(folder).parts[:1]]
    assert {p.suffix for p in files} >= {".sqlite", ".duckdb", ".log", ".out"}
    assert {p.parent.name for p in files} >= {"logs", *(path_of(folder, role).name for role in WORKERS)}
    assert [(p.name, needle) for p in files for needle in found_in(p.read_bytes())] == []


@pytest.mark.parametrize("role", WORKERS)
def test_no_row_of_a_store_holds_a_planted_value(written: Written, role: str) -> None:
    """The same of what its files have compressed; read beside the worker that has it."""
    path, options = path_of(written.stack.data_dir, role), Options(raw_mode=True)
    store = Rdict(str(path), options, {"default": options}, AccessType.read_only())
    rows = list(store.items())
    store.close()
    assert rows
    assert [needle for row in rows for part in row for needle in found_in(bytes(part))] == []


def test_no_command_prints_a_planted_value(written: Written) -> None:
    stack = written.stack
    said = [_output(stack, "deadletters", "list")]
    said += [_output(stack, "deadletters", "show", place) for place in written.rejected_places]
    said += [_output(stack, "explain", event_id) for event_id in written.event_ids]
    said += [_output(stack, *words) for words in (("status",), ("status", "--json"), ("doctor",), ("config", "show"))]
    said += _of_identity(stack)
    said.append(_output(stack, "explain", "Zyxqvanna"))
    assert all("throughline: a bug" not in text for text in said)
    allowed = said.pop().replace("Zyxqvanna", "")  # what a user types is shown to that user
    assert [needle for text in (*said, allowed) for needle in found_in(text.encode())] == []


def _of_identity(stack: Stack) -> list[str]:
    """What is told of records that say something, and of their persons."""
    keys = [*published.newest(stack.bootstrap, lambda row: bool(row["event_ids"]))]
    assert keys
    said = [_output(stack, "identity", *words) for words in (("review",), ("quality",), ("quality", "--json"))]
    for key in keys:
        said += [_output(stack, "identity", *words, key) for words in (("person",), ("person", "--json"), ("explain",))]
    return [*said, *(_output(stack, "identity", "explain", keys[0], key, "--json") for key in keys[1:])]


def test_no_process_tells_a_planted_value_or_an_id_in_its_metrics(written: Written) -> None:
    names = {spec.name for spec in SPECS}
    addresses = noted(written.stack.data_dir)
    assert addresses.keys() == {*WORKERS, SERVE}
    for role, address in addresses.items():
        answers = [httpx.get(address + path, timeout=60) for path in ("/metrics", "/health/live", "/health/ready")]
        assert [answer.status_code for answer in answers] == [200, 200, 200], (role, answers[-1].text)
        families = list(text_string_to_metric_families(answers[0].text))
        assert {family.name for family in families} <= {*names, *(n.removesuffix("_total") for n in names)} | PROCESS
        assert "throughline_ready" in {family.name for family in families}
        labels = {v for family in families for sample in family.samples for v in sample.labels.values()}
        assert [v for v in labels if re.search(r"[0-9a-f]{8}-|[0-9a-f]{32}", v)] == []
        assert [needle for answer in answers for needle in found_in(answer.content)] == []


def test_what_became_of_the_planted_events_is_counted_in_metrics(written: Written) -> None:
    events_ = {
        (s.labels["family"], s.labels["outcome"], s.labels["reason"]): s.value
        for s in see("resolve", written.stack.data_dir).of("throughline_events_total", stage="resolve")
    }
    assert events_["contact", "rejected", "wrong_partner"] == 1
    assert events_["contact", "admitted", ""] == 1
    assert sum(events_.values()) == len(list(_events()))


def test_wrong_use_of_publish_names_field_and_line_but_no_value(written: Written, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    body = {"first_name": "Zyxqvanna", "birth_date": "Quorblatt", "ssn": 536229187}
    file.write_text(
        json.dumps({"envelope": {"source_record_id": "r", "subject_token": TOKENS[0]}, "body": body}) + "\n"
    )
    said = _output(
        written.stack, "publish", str(file), "--partner", "cde_k12", "--family", "identity", "--as-of", "2026-01-01"
    )
    assert "birth_date" in said
    assert found_in(said.encode()) == []
