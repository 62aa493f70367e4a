"""How long partitions of a log would stand still for one another, where all of one waits for a record that comes to it.

In rounds: in each, every partition decides what it can, and what leaves it is there for the others in the next one.
"""

from collections import defaultdict
from collections.abc import Sequence

from processors.partitions import partitions_of

Placed = tuple[int, str, str]
"""Where in the log a record moves, and the person before and after."""


def rounds(moves: Sequence[Placed], length: int, partitions: int, batch: int) -> int:
    """Rounds in which a log is decided.

    Args:
        moves: in the order of the log.
        length: of the log, as resolve writes it.
        partitions: of persons, each with one in so many of its records.
        batch: most records that one partition decides in a round.
    """
    waited = defaultdict[int, list[tuple[int, int]]](list)
    sides = zip(*(partitions_of([move[side] for move in moves], partitions) for side in (1, 2)), strict=True)
    for (place, _, _), (before, after) in zip(moves, sides, strict=True):
        if before != after:
            waited[after].append((place, before))
    reached, most, count = [0] * partitions, batch * partitions, 0
    while min(reached) < length:
        count += 1
        before_round = list(reached)
        for number in range(partitions):
            while waited[number] and before_round[waited[number][0][1]] > waited[number][0][0]:
                waited[number].pop(0)
            stop = waited[number][0][0] if waited[number] else length
            # Its place itself is reached: what leaves by a record of the log leaves before what comes by it.
            reached[number] = max(reached[number], min(stop + 1, before_round[number] + most, length))
    return count
