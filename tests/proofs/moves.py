"""Records that change persons, over a real broker, while workers are killed; then topics and views are compared.

Publishes pairs of made-up people who are easily taken for one another (twins; namesakes; one number, or numbers that
are near), for each of these a second pair of the same facts, and a merge bomb. Joins the first of each two by mistake,
by a record that has both's traits or by a steward, and parts them again: by the partner, by a steward's split, by
taking the merge back. Meanwhile resolve and consent are killed with kill -9 before they have done what was published.

In the end nothing of one person may stand under the other (leaked), everything that was seen before is seen again
(lost), and what is shown of each two equals what is shown of the two that were never joined. Prints one JSON object as
its last line; exits 1 unless that is so.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from support.moves.story import Story
from support.moves.workers import WorkersWorld
from support.proving import say

AT_ONCE = 5
"""Sets of people whose records change persons at the same time."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--people", type=int, default=20, metavar="N", help="sets of people, 32 persons each; default 20"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of people and moments; 0: drawn, and told")
    asked = parser.parse_args()
    seed = asked.seed or random.randrange(1, 1_000_000)  # noqa: S311  # of a test's people
    say(f"seed {seed}")  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-moves-") as folder:
        document = prove(Path(folder), asked.people, seed)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document) else 1


def is_sound(document: dict[str, object]) -> bool:
    """Whether records moved, and nothing is wrong."""
    wanted = {"leaked_rows": 0, "lost": 0, "split_equals_never_merged": True}
    return bool(document["moves"]) and {**document, **wanted} == document


def prove(folder: Path, people: int, seed: int, at_once: int = AT_ONCE) -> dict[str, object]:
    """Run and compare; the figures.

    Raises:
        AssertionError: nobody was joined, or no worker was killed amid it: that proves nothing.
    """
    chance = random.Random(seed)  # noqa: S311  # likewise
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
