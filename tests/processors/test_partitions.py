"""The partition of a key: as Java's producers have it, by Kafka's own examples."""

import pytest

from processors.partitions import murmur2, partition_of


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
    assert murmur2(data) == expected & 0xFFFFFFFF


def test_a_key_has_one_partition_and_keys_have_them_all() -> None:
    found = {partition_of(f"person-{n}", 7) for n in range(200)}
    assert found == set(range(7))
