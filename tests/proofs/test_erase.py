"""The erasure proof in the short form of ``make erase-test``; and that its search finds what it is there to find."""

import secrets
from pathlib import Path

import pytest
from support.erasing import search
from support.erasing.search import Known

from processors.records import Arrival
from tests.proofs.scripts import script

erase = script("erase")
SOUND = ("rebuilt_equal", "audit_whole")
NEEDLE = secrets.token_hex(12).encode()
KNOWN = Known(frozenset({"r1"}), frozenset({"e1"}), [NEEDLE], [b"wrapped-key"], [b"said-of-them"])


@pytest.mark.broker
def test_who_is_erased_is_found_nowhere_though_workers_are_killed(tmp_path: Path) -> None:
    document = erase.prove(tmp_path, 8, 5)
    assert erase.is_sound(document), document
    assert set(document["kills"].values()) == {1}
    assert set(document["plain_for_days"]) <= {"partner", "released"}


@pytest.mark.parametrize(
    "content", [NEEDLE, b"x wrapped-key", b"said-of-them x"], ids=["a value", "a key", "what the index said"]
)
def test_a_value_a_key_and_what_the_index_said_are_found_in_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "log").write_bytes(content)
    assert search.plain_in_files(tmp_path, KNOWN) == []
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "file").write_bytes(content)
    assert search.plain_in_files(tmp_path, KNOWN) == ["state/file"]


def test_a_value_is_found_in_key_value_and_headers_of_a_topic() -> None:
    parts = [(NEEDLE, b"", {}), (b"", NEEDLE, {}), (b"", b"", {"h": NEEDLE}), (b"", b"", {})]
    arrivals = [Arrival("identity.x", 0, n, 0, key, value, headers) for n, (key, value, headers) in enumerate(parts)]
    assert search.plain_in_topics(arrivals, KNOWN) == {"identity": 3}


@pytest.mark.parametrize("name", [*erase.WRONG, *SOUND])
def test_one_wrong_thing_is_enough(name: str) -> None:
    sound = {"erased": 1, "withheld": 1, **dict.fromkeys(erase.WRONG, 0), **dict.fromkeys(SOUND, True)}
    assert erase.is_sound(sound)
    assert not erase.is_sound({**sound, name: False if name in SOUND else 1})
    assert not erase.is_sound({**sound, "erased": 0})
