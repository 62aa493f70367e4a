"""Which partition a key belongs to, as Java's producers and librdkafka's ``murmur2_random`` have it."""

import functools
import struct

SEED = 0x9747B28C
MIX = 0x5BD1E995
WORD = 0xFFFFFFFF


@functools.lru_cache(maxsize=1 << 16)  # a person's releases have one key, and a hash takes longer than a look-up
def partition_of(key: str, partitions: int) -> int:
    """Partition of a key.

    Args:
        key: of the record; not empty, since one without a key goes anywhere.
        partitions: how many the topic has.
    """
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2, 32 bits, by Kafka's seed (``org.apache.kafka.common.utils.Utils.murmur2``)."""
    length = len(data)
    found = SEED ^ length
    for word in struct.unpack_from(f"<{length // 4}I", data):
        mixed = word * MIX & WORD
        mixed = (mixed ^ mixed >> 24) * MIX & WORD
        found = (found * MIX & WORD) ^ mixed
    if rest := data[length & ~3 :]:
        found = (found ^ int.from_bytes(rest, "little")) * MIX & WORD
    found = (found ^ found >> 13) * MIX & WORD
    return found ^ found >> 15
