"""How far a long command is, on a terminal; nothing where a program reads."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Told = Callable[[str, int], None]
"""What is being done, and how many are done of it."""


@contextmanager
def counting(doing: str, unit: str) -> Iterator[Told]:
    """Show what is being done, how many are done, and for how long; gone when it is over.

    Args:
        doing: what is done first.
        unit: of what so many are done, as records.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn(f"{{task.description}}: {{task.completed:,}} {unit}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(doing, total=None)
        yield lambda what, count: shown.update(task, description=what, completed=count)
