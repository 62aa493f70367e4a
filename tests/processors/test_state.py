"""A batch's state: what it changed it sees at once, whether by key or by scan; and ids are UUIDs of version 5."""

import hmac
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.records import derived_id, keyed_hash
from processors.state import Memory, Working, canonical

KEYS = st.sampled_from(["a", "a|1", "a|2", "ab", "b", "b|1", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
CHANGES = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.integers(0, 3))), max_size=12)


@given(CHANGES, CHANGES, st.sampled_from(["", "a", "a|", "b|", "z"]), st.one_of(st.none(), st.integers(1, 4)))
def test_a_scan_sees_the_store_and_the_batchs_own_changes(
    stored: list[tuple[str, int | None]], changed: list[tuple[str, int | None]], prefix: str, limit: int | None
) -> None:
    before, memory = Working(Memory()), Memory()
    for key, value in stored:
        before.put("t", key, value)
    memory.apply(before.changes())
    working = Working(memory)
    for key, value in changed:
        working.put("t", key, value)
    now = {**dict(stored), **dict(changed)}
    expected = sorted((k, v) for k, v in now.items() if v is not None and k.startswith(prefix))
    found = working.scan("t", prefix, limit)
    assert found == (expected if limit is None else expected[: len(found)])
    assert len(found) >= min(len(expected), len(expected) if limit is None else limit)
    assert {key: working.get("t", key) for key, _ in expected} == dict(expected)
    memory.apply(working.changes())
    assert Working(memory).scan("t", prefix) == expected


@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 9))
def test_a_derived_id_is_the_uuid_of_version_5_of_its_parts(parent: str, stage: str, ordinal: int) -> None:
    assert derived_id(parent, stage, ordinal) == str(uuid.uuid5(uuid.NAMESPACE_OID, f"{parent}|{stage}|{ordinal}"))


@given(st.binary(min_size=1, max_size=100), st.lists(st.text(max_size=20), min_size=1, max_size=3))
def test_a_keyed_hash_is_the_hmac_of_its_parts(key: bytes, parts: list[str]) -> None:
    assert keyed_hash(key, *parts) == hmac.digest(key, "\x1f".join(parts).encode(), "sha256").hex()[:32]


RAW = st.lists(st.tuples(KEYS, st.one_of(st.none(), st.binary(min_size=1, max_size=3))), max_size=12)


@given(RAW, RAW)
def test_plain_bytes_are_kept_as_they_are_and_read_as_this_batch_left_them(
    stored: list[tuple[str, bytes | None]], changed: list[tuple[str, bytes | None]]
) -> None:
    memory, keys = Memory(), ["a", "a|1", "a|2", "ab", "b", "b|1"]
    memory.apply({"t": dict(stored)})
    working = Working(memory)
    before = working.get_raw("t", keys)
    assert before == [dict(stored).get(key) for key in keys]
    working.put_raw("t", dict(changed))
    working.put("json", "a", [1])
    now = [{**dict(stored), **dict(changed)}.get(key) for key in keys]
    assert working.get_raw("t", keys) == now
    memory.apply(working.changes())
    assert Working(memory).get_raw("t", keys) == now
    assert Working(memory).get("json", "a") == [1]


def test_plain_bytes_that_were_read_in_bulk_are_not_read_again() -> None:
    memory = Memory()
    memory.apply({"t": {"a": b"1"}})
    working = Working(memory)
    working.prefetch("t", ["a", "b"])
    memory.apply({"t": {"a": b"2", "b": b"2"}})
    assert working.get_raw("t", ["b", "a"]) == [None, b"1"]


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (b'{"b":1,"a":[2]}', b'{"a":[2],"b":1}'),
        (b'[1,{"b":1,"a":2}]', b'[1,{"a":2,"b":1}]'),
        (b"[1]\n\xff", b"[1]\n\xff"),
        (b"0123", b"0123"),
        (b"", b""),
    ],
)
def test_values_are_compared_as_json_where_they_are_some_and_else_as_bytes(value: bytes, same: bytes) -> None:
    assert canonical(value) == same


@given(CHANGES, CHANGES, st.sampled_from(["", "a", "a|1", "z"]), st.integers(1, 4))
def test_keys_of_plain_bytes_are_told_in_order_the_batchs_own_changes_included(
    stored: list[tuple[str, int | None]], changed: list[tuple[str, int | None]], after: str, limit: int
) -> None:
    before, memory = Working(Memory()), Memory()
    before.put_raw("t", {key: None if value is None else b"%d" % value for key, value in stored})
    memory.apply(before.changes())
    working = Working(memory)
    working.put_raw("t", {key: None if value is None else b"%d" % value for key, value in changed})
    now = {**dict(stored), **dict(changed)}
    expected = sorted(key for key, value in now.items() if value is not None and key > after)
    assert working.keys("t", limit, after) == expected[:limit]
