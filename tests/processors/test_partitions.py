"""The partition of a key: as Java's producers have it, by Kafka's own examples."""

import pytest

from processors.partitions import murmur2, partitions_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_a_hash_is_that_of_kafkas_own_test(data: bytes, expected: int) -> None:
    assert murmur2([data, data]).to_pylist() == [expected & 0xFFFFFFFF] * 2


def test_a_key_has_one_partition_and_keys_have_them_all() -> None:
    found = partitions_of([f"person-{n}" for n in range(200)], 7)
    assert set(found) == set(range(7))


def test_keys_of_every_length_have_the_partition_that_each_has_by_itself() -> None:
    keys = ["k" * n for n in range(40)] + ["é", "person 🎓"] + [f"{n}" for n in range(90, 120)]
    assert partitions_of(keys, 11) == [partitions_of([key], 11)[0] for key in keys]


def test_no_keys_have_no_partitions() -> None:
    assert partitions_of([], 3) == []
