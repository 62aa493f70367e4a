"""What became of all the rows of a set of files."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from partners.district.files import District, Part
from partners.publishing import Outcome
from partners.snapshots import SnapshotOutcome

NO_FAMILY = "no_family"
CHANGES = ("asserted", "corrected", "retracted", "unchanged", "held", "finished")


@dataclass
class DistrictOutcome:
    """What became of all the rows of a set."""

    reference: int
    others: Counter[str]
    """Rejected because no family carries them, by name."""
    unplaced: Counter[str]
    """Rejected without being of a family, by code."""
    submission: str | None = None
    """As of an outcome."""
    by_part: dict[Part, Outcome] = field(default_factory=dict)
    by_family: dict[str, SnapshotOutcome] = field(default_factory=dict)
    """Of a snapshot."""

    @classmethod
    def begun(cls, district: District) -> Self:
        """What is counted before anything is published."""
        return cls(district.reference, district.others, district.codes)

    @property
    def outcomes(self) -> list[Outcome]:
        """Of all that is published at once."""
        return [*self.by_part.values(), *self.by_family.values()]

    @property
    def codes(self) -> Counter[str]:
        """How many were rejected, by code."""
        own = self.unplaced + Counter({NO_FAMILY: self.others.total()})
        return +sum((outcome.codes for outcome in self.outcomes), own)

    @property
    def rejected(self) -> int:
        """How many rows."""
        return self.codes.total()

    @property
    def is_mendable(self) -> bool:
        """Whether the partner can do something about what was rejected."""
        return bool(self.codes.keys() - {NO_FAMILY})

    def total(self, name: str) -> int:
        """A count of every part's outcome, summed up."""
        return sum(getattr(outcome, name) for outcome in self.outcomes)

    @property
    def rows(self) -> int:
        """All of the files' rows."""
        return self.total("rows") + self.reference + self.others.total() + self.unplaced.total()

    @property
    def unsaid(self) -> Counter[str]:
        """Parts of rows that are published which these do not carry, by name."""
        return sum((outcome.unsaid for outcome in self.outcomes), Counter())

    @property
    def new(self) -> int | None:
        """As of an outcome."""
        told = [outcome.new for outcome in self.outcomes]
        return None if None in told else sum(one for one in told if one is not None)

    @property
    def changes(self) -> dict[str, int]:
        """How a snapshot differs from the one before."""
        return {name: self.total(name) for name in CHANGES} if self.by_family else {}

    def to_document(self, *, is_look: bool) -> dict[str, object]:
        """As JSON values.

        Args:
            is_look: nothing was to be sent.
        """
        seconds = sum(outcome.seconds for outcome in self.outcomes)
        unlisted = sum((outcome.unlisted for outcome in self.outcomes), Counter())
        return {
            "rows": self.rows,
            "published": self.total("published"),
            "rejected": self.rejected,
            "reference": self.reference,
            "reasons": dict(sorted(self.codes.items())),
            **({"submission": self.submission} if self.submission and self.total("published") else {}),
            **({} if self.new is None else {"new": self.new}),
            **({"resumed_at": self.total("resumed_at")} if self.total("resumed_at") else {}),
            **({"rows_per_second": round(self.total("rows") / seconds)} if seconds else {}),
            **({"valid": self.total("valid")} if is_look and not self.by_family else {}),
            **self.changes,
            **({"not_carried": dict(sorted(self.others.items()))} if self.others else {}),
            **({"parts_not_carried": dict(sorted(self.unsaid.items()))} if self.unsaid else {}),
            **({"unlisted": dict(sorted(unlisted.items()))} if unlisted else {}),
        }
