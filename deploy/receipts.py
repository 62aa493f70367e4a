"""Receipts as their partner reads them: the parts of each submission, in the order of the topic, and their sums."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploy.acl.wanted import PARTNER, looking
from deploy.topic_reader import Read, TopicReader
from processors.names import receipts_topic
from streams import clients
from streams.errors import ThroughlineError

Row = dict[str, Any]
MICROS = 1_000_000


@dataclass(frozen=True)
class Receipt:
    """All that is told of one submission so far."""

    submission: str
    parts: tuple[Row, ...] = field(repr=False)
    """Rows of ``receipt_issued.avsc``; no event is in two."""

    @property
    def arrived(self) -> int:
        """How many of its events have come."""
        return self._sum("arrived")

    @property
    def repeated(self) -> int:
        """Of them, those that had come before."""
        return self._sum("repeated")

    @property
    def rejected(self) -> Counter[tuple[str, str]]:
        """How many cannot travel, by family and code."""
        found = Counter[tuple[str, str]]()
        for line in self._lines("rejected"):
            found[line["family"], line["code"]] += line["events"]
        return found

    @property
    def decided(self) -> list[Row]:
        """The others by family and rule; a count of which a part is not told is not told."""
        found: dict[tuple[str, str], Row] = {}
        for line in self._lines("decided"):
            named = {"family": line["family"], "rule": line["rule"]}
            known = found.setdefault(
                (line["family"], line["rule"]), {**named, "events": 0, "carried": 0, "withheld": 0}
            )
            known["events"] += line["events"]
            for name in ("carried", "withheld"):
                is_told = known[name] is not None and line[name] is not None
                known[name] = known[name] + line[name] if is_told else None
        return [line for _, line in sorted(found.items())]

    @property
    def first_at(self) -> str:
        """Minute in which the first of them ended."""
        return _iso(min(part["first_at"] for part in self.parts))

    @property
    def last_at(self) -> str:
        """Minute in which the last of them ended."""
        return _iso(max(part["last_at"] for part in self.parts))

    def to_document(self) -> Row:
        """As JSON values."""
        reasons = Counter[str]()
        for (_, code), events in self.rejected.items():
            reasons[code] += events
        return {
            "submission": self.submission, "first_at": self.first_at, "last_at": self.last_at, "parts": len(self.parts),
            "arrived": self.arrived, "repeated": self.repeated, "rejected": self.rejected.total(),
            "reasons": dict(sorted(reasons.items())), "decided": self.decided,
        }  # fmt: skip

    def _sum(self, name: str) -> int:
        return sum(part[name] for part in self.parts)

    def _lines(self, name: str) -> Iterable[Row]:
        return (line for part in self.parts for line in part[name])


class Receipts:
    """A partner's receipts, read again and again; a context manager."""

    def __init__(self, bootstrap: str, partner: str) -> None:
        """Of one partner.

        Raises:
            ThroughlineError: the broker does not answer, or has no such topic for this user.
        """
        topic = receipts_topic(partner)
        if topic not in clients.admin(bootstrap).list_topics(timeout=clients.ANSWER_SECONDS).topics:
            raise ThroughlineError(
                f"no topic {topic}: the operator makes it with `throughline topics create`; only {partner} may see it"
            )
        self._reader = TopicReader(bootstrap, topic.__eq__, group=looking(f"{PARTNER}{partner}"))
        self._read: list[Read] = []

    def now(self) -> list[Receipt]:
        """All there are; which began first comes first."""
        self._read += self._reader.poll()
        parts: dict[str, list[Row]] = defaultdict(list)
        for one in sorted(self._read, key=lambda one: one.offset):
            parts[one.row["submission"]].append(one.row)
        return sorted((Receipt(submission, tuple(rows)) for submission, rows in parts.items()), key=_begun)

    def close(self) -> None:
        """Let go of the reader."""
        self._reader.close()


def reading(bootstrap: str, partner: str) -> closing[Receipts]:
    """A partner's receipts, for as long as a block runs."""
    return closing(Receipts(bootstrap, partner))


def _begun(one: Receipt) -> str:
    return one.first_at


def _iso(micros: int) -> str:
    return datetime.fromtimestamp(micros // MICROS, UTC).isoformat()
