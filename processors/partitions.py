"""Which partition keys belong to, as Java's producers and librdkafka's ``murmur2_random`` have it.

MurmurHash2 (Austin Appleby), 32 bits, by Kafka's seed (``org.apache.kafka.common.utils.Utils.murmur2``): on columns,
since a key takes eight times as long by itself.
"""

from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

SEED = 0x9747B28C
MIX = pa.scalar(0x5BD1E995, pa.uint32())
WORD_BYTES = 4
POSITIVE = pa.scalar(0x7FFFFFFF, pa.uint32())


def partitions_of(keys: Sequence[str], partitions: int) -> list[int]:
    """Partition of each key.

    Args:
        keys: of records; none is empty, since one without a key goes anywhere.
        partitions: how many the topic has.
    """
    encoded = [key.encode() for key in keys]
    found, count = [0] * len(keys), pa.scalar(partitions, pa.uint32())
    for places in _by_length(encoded):
        hashes = pc.bit_wise_and(_murmur2([encoded[i] for i in places]), POSITIVE)
        rest = pc.subtract(hashes, pc.multiply(pc.divide(hashes, count), count))
        for place, partition in zip(places, rest.to_pylist(), strict=True):
            found[place] = partition
    return found


def _by_length(keys: Sequence[bytes]) -> list[list[int]]:
    places: dict[int, list[int]] = defaultdict(list)
    for i, length in enumerate(map(len, keys)):
        places[length].append(i)
    return list(places.values())


def murmur2(keys: Sequence[bytes]) -> list[int]:
    """Hash of each of some keys of one length."""
    return list(_murmur2(keys).to_pylist())


def _murmur2(keys: Sequence[bytes]) -> pa.Array:
    length = len(keys[0])
    whole, rest = divmod(length, WORD_BYTES)
    words = _words(keys, length)
    found = pa.repeat(pa.scalar(SEED ^ length, pa.uint32()), len(keys))
    for i in range(whole):
        mixed = pc.multiply(pc.list_element(words, i), MIX)
        mixed = pc.multiply(_folded(mixed, 24), MIX)
        found = pc.bit_wise_xor(pc.multiply(found, MIX), mixed)
    if rest:
        found = pc.multiply(pc.bit_wise_xor(found, pc.list_element(words, whole)), MIX)
    return _folded(pc.multiply(_folded(found, 13), MIX), 15)


def _words(keys: Sequence[bytes], length: int) -> pa.FixedSizeListArray:
    """Each key as little-endian words, zeros behind its end."""
    padding = b"\0" * (-length % WORD_BYTES)
    content = padding.join([*keys, b""])
    words = pa.Array.from_buffers(pa.uint32(), len(content) // WORD_BYTES, [None, pa.py_buffer(content)])
    return pa.FixedSizeListArray.from_arrays(words, (length + len(padding)) // WORD_BYTES)


def _folded(hashes: pa.Array, bits: int) -> pa.Array:
    return pc.bit_wise_xor(hashes, pc.shift_right(hashes, pa.scalar(bits, pa.uint32())))
