"""What is wrong with a run whose views several sinks share. Pure: values in, sets out."""

from partners.population import Truth
from support.chaos import compare
from support.chaos.compare import RETRACTED, Place, Run

WRONG = ("lost", "duplicated", "gaps", "leaked", "stale")


def wrong(run: Run, truth: Truth) -> dict[str, set[object]]:
    """Everything that is wrong, by the names of ``WRONG``; what differs from a fold of the topics is stale."""
    found, late = compare.wrong(run, truth), behind(run)
    unequal = found.pop("unequal")
    return {**found, "gaps": found["gaps"] - late, "stale": unequal | late | not_newest(run)}


def behind(run: Run) -> set[tuple[str, Place, int | None, int]]:
    """Positions that are before the end of what is to be read."""
    return {off for off in compare.off_ends(run) if off[2] is None or off[2] < off[3]}


def not_newest(run: Run) -> set[object]:
    """Rows of the views that are not the newest record of what was sent, standing or taken back, and those missing."""
    sent = {
        sight: (position, "retracted" if read.name == RETRACTED else "released")
        for sight, (position, read) in compare.newest(run.reads).items()
    }
    kept = run.view.newest
    return {(*sight, kept.get(sight), sent.get(sight)) for sight, _ in kept.items() ^ sent.items()}
