"""The proof of the clients of others finds what is not as it should be, and says what it lacks; it is run by hand."""

from pathlib import Path
from typing import Any

import pytest

from processors.records import Arrival
from tests.proofs.scripts import script

clients = script("clients")
OURS = {"ce_id": b"e1", "ce_type": b"t"}


def arrival(headers: dict[str, bytes], **changed: Any) -> Arrival:
    made = {"topic": "partner.csac.aid", "partition": 1, "offset": 0, "appended_at": 0, "key": b"a1", "value": b"v"}
    return Arrival(**{**made, **changed}, headers=headers)


def test_messages_that_are_ours_in_key_partition_and_value_differ_in_nothing() -> None:
    assert clients.differences(["e1"], [arrival({"ce_id": b"e1"}), arrival(OURS, offset=1)]) == []


@pytest.mark.parametrize(("part", "other"), [("key", b"a2"), ("partition", 0), ("value", b"w")])
def test_each_part_that_is_not_ours_is_named(part: str, other: Any) -> None:
    theirs = arrival({"ce_id": b"e1"}, **{part: other})
    assert clients.differences(["e1"], [theirs, arrival(OURS)]) == [f"e1: its {part} is not ours"]


def test_a_message_without_its_header_is_missed() -> None:
    assert clients.differences(["e1"], [arrival({}), arrival(OURS)]) == ["e1: 1 messages have its header"]


@pytest.mark.parametrize(("client", "tool"), [("node", "node"), ("java", "java")])
def test_where_a_tool_is_missing_it_says_what_to_install_and_exits_with_2(
    client: str, tool: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["clients.py", "--only", client])
    assert clients.main() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"the {client} client needs {tool}, which is not here: install" in said.err
