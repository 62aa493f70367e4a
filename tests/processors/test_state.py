"""A batch's state: what it changed it sees at once, whether by key or by scan; and ids are UUIDs of version 5."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from processors.records import derived_id
from processors.state import Memory, Working

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
