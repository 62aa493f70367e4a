"""Records that change persons, over a real broker, while workers are killed; then topics and views are compared.

Publishes pairs of made-up people who are easily taken for one another (twins; namesakes; one number, or numbers that
are near), for each of these a second pair of the same facts, and a merge bomb. Joins the first of each two by mistake,
by a record that has both's traits or by a steward, and parts them again: by the partner, by a steward's split, by
taking the merge back. Meanwhile resolve and consent are killed with kill -9 before they have done what was published.

In the end nothing of one person may stand under the other (leaked), everything that was seen before is seen again
(lost), and what is shown of each two equals what is shown of the two that were never joined. Prints one JSON object as
its last line; exits 1 unless that is so.
"""

import random
import sys
from pathlib import Path

from support.moves.story import Story
from support.moves.workers import WorkersWorld
from support.proving import over_people, say

AT_ONCE = 5
"""Sets of people whose records change persons at the same time."""


def main() -> int:
    """Run; the exit code."""
    return over_people(__doc__, "moves", (20, "sets of people, 32 persons each; default 20"), prove, is_sound)


def is_sound(document: dict[str, object]) -> bool:
    """Whether records moved, and nothing is wrong."""
    wanted = {"leaked_rows": 0, "lost": 0, "split_equals_never_merged": True}
    return bool(document["moves"]) and {**document, **wanted} == document


def prove(folder: Path, people: int, seed: int, at_once: int = AT_ONCE) -> dict[str, object]:
    """Run and compare; the figures.

    Raises:
        AssertionError: nobody was joined, or no worker was killed amid it: that proves nothing.
    """
    chance = random.Random(seed)  # noqa: S311  # of a test's people
    names = [f"set{place}" for place in range(people)]
    with WorkersWorld(folder, chance) as world:
        story = Story(world, chance, world.kill_amid)
        for start in range(0, people, at_once):
            story.tell(names[start : start + at_once])
            say(f"{min(start + at_once, people)} sets, {story.found.moves} moves, killed amid it {world.kills}")
    if not all(world.kills.values()):
        raise AssertionError(f"not every worker was killed while it had something to do: {world.kills}")
    found = story.found
    for name, things in (("leaked", found.leaked), ("lost", found.lost), ("unlike", found.unlike)):
        for thing in sorted(map(str, things))[:5]:
            say(f"{name}: {thing}")  # ids and names of sets only
    return found.document


if __name__ == "__main__":
    sys.exit(main())
