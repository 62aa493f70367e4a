"""What activating a folder of agreements would change: new, changed and unchanged against the control topic."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.topic_reader import all_of
from processors import names
from processors.consent.agreements import Agreement

Row = dict[str, Any]


@dataclass(frozen=True)
class Sorted:
    """Agreements by what has to be done about them."""

    new: list[Agreement] = field(default_factory=list)
    changed: list[Agreement] = field(default_factory=list)
    """Of a higher version than any before."""
    unchanged: list[Agreement] = field(default_factory=list)
    not_raised: list[Agreement] = field(default_factory=list)
    """With other content, but no higher version: resolve would not take them."""

    @property
    def to_publish(self) -> list[Agreement]:
        """Those that come into force."""
        return [*self.new, *self.changed]

    def to_document(self) -> dict[str, object]:
        """As JSON values."""
        counts = {name: len(getattr(self, name)) for name in ("new", "changed", "unchanged")}
        return {
            "published": len(self.to_publish),
            **counts,
            "not_raised": [one.agreement_id for one in self.not_raised],
        }


def compared(address: str, agreements: Sequence[Agreement]) -> Sorted:
    """Compare with what was activated before.

    Args:
        address: of the broker.
        agreements: of the folder.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    return sort_out(agreements, _activated(address))


def sort_out(agreements: Sequence[Agreement], known: dict[str, Row]) -> Sorted:
    """The same, of rows that are known.

    Args:
        agreements: of the folder.
        known: by agreement, the row in force.
    """
    found = Sorted()
    for agreement in agreements:
        row = known.get(agreement.agreement_id)
        if row is None:
            found.new.append(agreement)
        elif row["content_hash"] == agreement.content_hash:
            found.unchanged.append(agreement)
        elif agreement.version > row["version"]:
            found.changed.append(agreement)
        else:
            found.not_raised.append(agreement)
    return found


def _activated(address: str) -> dict[str, Row]:
    """By agreement, the version that the log took: the highest, and of one version the first."""
    found: dict[str, Row] = {}
    for read in all_of(address, lambda topic: topic == names.AGREEMENTS):
        if read.name != "agreement_activated":
            continue
        known = found.get(read.row["agreement_id"])
        if known is None or read.row["version"] > known["version"]:
            found[read.row["agreement_id"]] = read.row
    return found
