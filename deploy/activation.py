"""What activating would change: agreements new, changed and unchanged against the control topic; rules in force."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.topic_reader import Read, all_of
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


@dataclass(frozen=True)
class Activated:
    """All that was activated, as the log takes it: what is of no higher version than before is left out."""

    versions: Mapping[str, Sequence[tuple[int, Row]]]
    """By agreement its versions in their order: when each was activated (milliseconds since 1970), and its row."""
    rules: Row | None
    """The rules of law that were brought into force last; None: none were."""

    @property
    def rows(self) -> dict[str, Row]:
        """By agreement, the row in force."""
        return {agreement_id: versions[-1][1] for agreement_id, versions in self.versions.items()}

    @property
    def agreements(self) -> list[Agreement]:
        """Those in force, whatever their days, by id."""
        return [Agreement.from_row(row) for _, row in sorted(self.rows.items())]


def activated(address: str) -> Activated:
    """What the control topic says was activated.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    return taken(all_of(address, lambda topic: topic == names.AGREEMENTS))


def taken(reads: Iterable[Read]) -> Activated:
    """What the log takes of the control topic's records, in their order."""
    versions: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    rules: Row | None = None
    for read in reads:
        row = read.row
        if read.name == "agreement_activated":
            before = versions[row["agreement_id"]]
            if not before or row["version"] > before[-1][1]["version"]:
                before.append((read.appended_at, row))
        elif read.name == "rules_activated" and (rules is None or row["version"] > rules["version"]):
            rules = row
    return Activated(versions, rules)


def compared(known: Activated, agreements: Sequence[Agreement]) -> Sorted:
    """What activating a folder's agreements would change."""
    return sort_out(agreements, known.rows, None if known.rules is None else int(known.rules["version"]))


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
