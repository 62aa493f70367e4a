"""Which partition keys belong to, as Java's producers and librdkafka's ``murmur2_random`` have it.

MurmurHash2 (Austin Appleby), 32 bits, by Kafka's seed (``org.apache.kafka.common.utils.Utils.murmur2``): on columns,
since a key takes eight times as long by itself.
"""

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
    lengths = set(map(len, encoded))
    if len(lengths) == 1:
        return _of_one_length(encoded, partitions)
    found = [0] * len(keys)
    for length in lengths:
        places = [i for i, key in enumerate(encoded) if len(key) == length]
        for place, partition in zip(places, _of_one_length([encoded[i] for i in places], partitions), strict=True):
            found[place] = partition
    return found


def _of_one_length(keys: Sequence[bytes], partitions: int) -> list[int]:
    hashes, count = pc.bit_wise_and(murmur2(keys), POSITIVE), pa.scalar(partitions, pa.uint32())
    return list(pc.subtract(hashes, pc.multiply(pc.divide(hashes, count), count)).to_pylist())


def murmur2(keys: Sequence[bytes]) -> pa.Array:
    """Hash of each of some keys of one length."""
    length = len(keys[0])
    whole, rest = divmod(length, WORD_BYTES)
    words, a_key = _words(keys, length), whole + bool(rest)
    mixed = _each(pc.multiply(_folded(pc.multiply(words, MIX), 24), MIX), a_key)
    found = pa.repeat(pa.scalar(SEED ^ length, pa.uint32()), len(keys))
    for i in range(whole):
        found = pc.bit_wise_xor(pc.multiply(found, MIX), pc.list_element(mixed, i))
    if rest:
        found = pc.multiply(pc.bit_wise_xor(found, pc.list_element(_each(words, a_key), whole)), MIX)
    return _folded(pc.multiply(_folded(found, 13), MIX), 15)


def _words(keys: Sequence[bytes], length: int) -> pa.Array:
    """All keys as little-endian words, zeros behind each one's end."""
    content = (b"\0" * (-length % WORD_BYTES)).join([*keys, b""])
    return pa.Array.from_buffers(pa.uint32(), len(content) // WORD_BYTES, [None, pa.py_buffer(content)])


def _each(words: pa.Array, a_key: int) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(words, max(a_key, 1))


def _folded(hashes: pa.Array, bits: int) -> pa.Array:
    return pc.bit_wise_xor(hashes, pc.shift_right(hashes, pa.scalar(bits, pa.uint32())))
