"""How somebody asked for something to be published."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from deploy.publish.gate import gate_of
from partners.mapping import Mapped
from partners.profile import Look


@dataclass(frozen=True)
class Asked:
    """How a file or a set is to be published."""

    partner: str
    as_of: datetime | None = None
    """When it was made; None: the latest day that it tells of."""
    is_snapshot: bool = False
    max_retract_percent: float = 20
    is_resumed: bool = False
    look: Look | None = None
    """What looks on, where nothing is to be sent."""
    as_json: bool = False
    page: Path | None = None
    """The file to write what was seen into, as HTML."""
    ids: Path | None = None
    """Where event ids are written."""
    family: str = ""
    """Of all rows; none of a set, whose files say it."""
    mapped: Mapped | None = None
    """By what a file is read; None: as its format is."""
    is_stopping: Callable[[], bool] = lambda: False
    """Asked while rows are sent, whether to stop behind those under way."""

    @property
    def is_dry(self) -> bool:
        """Whether nothing is to be sent."""
        return self.look is not None


def look_of(partner: str, now: datetime) -> Look:
    """What looks on at a dry run: it counts, and asks the gate."""
    return Look(now.date(), partial(gate_of, partner))
