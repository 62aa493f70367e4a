"""Which bad inputs are asked for, and the list of all numbers for people."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from support.bad_inputs import ELSEWHERE, INPUTS, BadInput


def choose(numbers: Sequence[int] | None = None, each: int | None = None) -> list[BadInput]:
    """Inputs of some numbers, or of all; of each number at most so many, spread over what it has."""
    by_number: dict[int, list[BadInput]] = defaultdict(list)
    for one in INPUTS:
        if numbers is None or one.number in numbers:
            by_number[one.number].append(one)
    return [one for found in by_number.values() for one in found[:: -(-len(found) // each) if each else 1]]


def listed(chosen: Sequence[BadInput]) -> Iterator[str]:
    """Which numbers apply, with their ends, and which do not, with the reason."""
    yield "These apply:"
    for number in sorted({one.number for one in chosen}):
        ends = Counter(str(one.ends) for one in chosen if one.number == number)
        first = next(one.what for one in chosen if one.number == number)
        told = ", ".join(f"{count} {end}" for end, count in ends.items())
        yield f"  {number:>2}  {told}: {first}{' and others' if ends.total() > 1 else ''}"
    yield "These do not:"
    yield from (f"  {number:>2}  {reason}" for number, reason in ELSEWHERE.items())
