"""The catalog into registries of several minds: those that take our ids, and those that do not."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from support.commands import throughline
from support.servers import Answer, hangs, said, server

from deploy.registering import Registry, Wanted, register
from schemas_avro import catalog
from streams.errors import ThroughlineError

WANTED = [
    Wanted(subject, entry)
    for subject in ("partner.aid.v1", "partner.csac.aid-value")
    for entry in catalog.versions_of("partner.aid.v1")
]


class Confluent:
    """A small registry of Confluent's manners: it takes an id with a schema in mode IMPORT alone."""

    def __init__(self, *, has_import: bool = True) -> None:
        """One that knows the mode, or not."""
        self.has_import = has_import
        self.ids: dict[str, int] = {}
        self.subjects: dict[str, dict[str, int]] = {}
        self.modes: dict[str, str] = {}
        self.levels: dict[str, str] = {}
        self.writings = 0

    def __call__(self, asked: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        parts = asked.path.strip("/").split("/")
        body = json.loads(asked.rfile.read(int(asked.headers.get("content-length") or 0)) or b"{}")
        status, answer = getattr(self, f"_{parts[0]}")(parts, body, asked.command)
        said(status, json.dumps(answer).encode())(asked)

    def _mode(self, parts: list[str], body: Any, _: str) -> tuple[int, Any]:
        if not self.has_import:
            return 405, {"error_code": 405, "message": "no such mode"}
        self.modes[parts[1]] = body["mode"]
        return 200, body

    def _config(self, parts: list[str], body: Any, _: str) -> tuple[int, Any]:
        self.levels[parts[1]] = body["compatibility"]
        return 200, body

    def _subjects(self, parts: list[str], body: Any, _: str) -> tuple[int, Any]:
        held = self.subjects.setdefault(parts[1], {})
        text = body["schema"]
        if len(parts) == 2:
            return (200, {"id": held[text]}) if text in held else (404, {"error_code": 40403, "message": "none"})
        self.writings += 1
        is_told = self.modes.get(parts[1]) == "IMPORT"
        held[text] = self.ids[text] = body["id"] if is_told else self.ids.get(text, len(self.ids) + 1)
        return 200, {"id": held[text]}


def outcomes(url: str, *, dry_run: bool = False) -> list[tuple[str, int, str]]:
    """Subject, id and state of each, in order."""
    with Registry(url, wait_seconds=2) as at:
        return [(one.subject, one.id, one.state) for one in register(at, WANTED, dry_run=dry_run)]


def expected(state: str) -> list[tuple[str, int, str]]:
    return [(one.subject, one.entry.id, state) for one in WANTED]


def test_every_version_is_put_under_its_id_once_and_the_mode_is_put_back() -> None:
    confluent = Confluent()
    with server(confluent) as url:
        assert outcomes(url, dry_run=True) == expected("new")
        assert (confluent.writings, confluent.modes, confluent.levels) == (0, {}, {})
        assert outcomes(url) == expected("new")
        assert outcomes(url) == expected("there")
    assert confluent.writings == len(WANTED)
    assert {id_ for held in confluent.subjects.values() for id_ in held.values()} == {104, 115}
    assert set(confluent.modes.values()) == {"READWRITE"}
    assert set(confluent.levels.values()) == {"FULL_TRANSITIVE"}


def test_what_a_registry_lacks_is_added_to_what_it_has() -> None:
    confluent = Confluent()
    with server(confluent) as url, Registry(url) as at:
        assert [one.state for one in register(at, WANTED[:1], dry_run=False)] == ["new"]
        assert [one.state for one in register(at, WANTED, dry_run=False)] == ["there", "new", "new", "new"]


def test_one_that_gives_ids_of_its_own_gets_no_second_schema(tmp_path: Path) -> None:
    confluent = Confluent(has_import=False)
    with server(confluent) as url:
        done = throughline(tmp_path, "schemas", "register", "--registry", url, "--subject", "partner.aid.v1")
        assert done.returncode == 2
        assert done.stderr.startswith("throughline: the registry gives ids of its own (1 where the catalog has 104)")
        assert done.stderr.count("\n") == 1
        assert confluent.writings == 1
        assert [one[2] for one in outcomes(url, dry_run=True)] == ["differs", "new", "new", "new"]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (hangs, "the registry does not answer in time: is it up?"),
        (said(500, b"oops"), "the registry refuses (500): Internal Server Error"),
        (said(401, b'{"message": "who\\nare you"}'), "the registry refuses (401): who are you"),
        (said(200, b"<html>"), "the registry answers no JSON: is this a registry's address?"),
        (said(200, b"[1]"), "the registry answers without an id: is this a registry's address?"),
    ],
    ids=["hangs", "500", "401", "a page", "a list"],
)
def test_one_that_is_no_help_is_told_in_a_line(answer: Answer, line: str) -> None:
    with server(answer) as url, pytest.raises(ThroughlineError, match="the registry") as raised:
        outcomes(url)
    assert str(raised.value) == line


@pytest.mark.parametrize("url", ["nonsense", "ftp://a", "http://"])
def test_an_address_that_is_none_is_told_in_a_line(url: str) -> None:
    with pytest.raises(ThroughlineError, match="a registry's address is http"):
        Registry(url)


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:1", "http://no.such.host.invalid"])
def test_one_that_is_not_there_is_told_in_a_line(url: str) -> None:
    with pytest.raises(ThroughlineError, match=r"^the registry cannot be reached \([A-Za-z]+\): is it up\?$"):
        outcomes(url)


def test_a_subject_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = throughline(tmp_path, "schemas", "register", "--registry", "http://127.0.0.1:1", "--subject", "nothing")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no such subject: nothing" in done.stderr
