"""What activating would change: agreements new, changed and unchanged against the control topic; rules in force."""

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
    rules_version: int | None = None
    """Of the rules of law that were brought into force before; None: none were."""

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
            "rules_version": self.rules_version,
        }


def compared(address: str, agreements: Sequence[Agreement]) -> Sorted:
    """Compare with what was activated before.

    Args:
        address: of the broker.
        agreements: of the folder.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    rows = [(read.name, read.row) for read in all_of(address, lambda topic: topic == names.AGREEMENTS)]
    versions = [row["version"] for name, row in rows if name == "rules_activated"]
    known = _in_force([row for name, row in rows if name == "agreement_activated"])
    return sort_out(agreements, known, max(versions, default=None))


def versions_of(address: str, agreement_id: str) -> list[tuple[int, Row]]:
    """Versions of an agreement that the log took, in order: when each was activated (milliseconds), and its row.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    found: list[tuple[int, Row]] = []
    for read in all_of(address, lambda topic: topic == names.AGREEMENTS):
        is_it = read.name == "agreement_activated" and read.row["agreement_id"] == agreement_id
        if is_it and (not found or read.row["version"] > found[-1][1]["version"]):
            found.append((read.appended_at, read.row))
    return found


def rules_in_force(address: str) -> Row | None:
    """The rules of law that were brought into force last; None: none were.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    rows = [
        read.row for read in all_of(address, lambda topic: topic == names.AGREEMENTS) if read.name == "rules_activated"
    ]
    return max(rows, key=lambda row: int(row["version"]), default=None)


def agreements_in_force(address: str) -> list[Agreement]:
    """Of each agreement the version that the log took, whatever its days.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    reads = all_of(address, lambda topic: topic == names.AGREEMENTS)
    known = _in_force([read.row for read in reads if read.name == "agreement_activated"])
    return [Agreement.from_row(row) for _, row in sorted(known.items())]


def sort_out(agreements: Sequence[Agreement], known: dict[str, Row], rules_version: int | None = None) -> Sorted:
    """The same, of rows that are known.

    Args:
        agreements: of the folder.
        known: by agreement, the row in force.
        rules_version: of the rules in force; None: none are.
    """
    found = Sorted(rules_version=rules_version)
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


def _in_force(rows: Sequence[Row]) -> dict[str, Row]:
    """By agreement, the version that the log took: the highest, and of one version the first."""
    found: dict[str, Row] = {}
    for row in rows:
        known = found.get(row["agreement_id"])
        if known is None or row["version"] > known["version"]:
            found[row["agreement_id"]] = row
    return found
