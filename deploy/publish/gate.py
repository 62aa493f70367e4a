"""What the gate would say of events that are not sent yet: its own function, asked before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from deploy.publish.agreed import memoranda
from partners.events import headers_of_row, key_of, topic_of
from partners.formats import Code
from partners.formats.faults import Fault
from partners.rows import Row
from processors.consent.agreements import Agreement
from processors.records import Arrivals
from processors.resolve.gate import admit
from schemas_avro import catalog

ALWAYS = date(2000, 1, 1)


@dataclass(frozen=True)
class Gate:
    """The gate, as it is on a topic of a partner now; that there is an agreement for it is taken for granted."""

    partner: str
    family: str
    now: datetime
    known: Agreement | None = None
    """The partner's memorandum, for whom it may take consents; None: anybody."""

    def __call__(self, rows: Sequence[Row], values: Sequence[bytes]) -> Mapping[int, Fault]:
        """What is against each event; those that would pass are not in it.

        Args:
            rows: physical.
            values: their message values.
        """
        many, at = len(rows), int(self.now.timestamp() * 1000)
        arrivals = Arrivals(
            [topic_of(self.partner, self.family)] * many, [0] * many, range(many), [at] * many,
            [key_of(row) for row in rows], values, [dict(headers_of_row(row)) for row in rows],
        )  # fmt: skip
        _, rejected = admit(arrivals, {self.partner: self._memorandum(rows)})
        return {place: Fault(Code(found.code.value), self._path(found.field)) for place, found in rejected.items()}

    def _memorandum(self, rows: Sequence[Row]) -> Agreement:
        """An agreement in force; where none is known it is for whomever the rows speak for."""
        spoken_for = {one for row in rows for one in row["body"].get("controllers", ())}
        return Agreement(
            agreement_id="look", version=1, tier="mou", title="look", party=self.partner, families=(self.family,),
            consent_for=self.known.consent_for if self.known else tuple(spoken_for), citation="look",
            effective_from=ALWAYS,
        )  # fmt: skip

    def _path(self, field: str | None) -> str | None:
        """A field with its part, as our files name it."""
        if field is None:
            return None
        of_envelope = {one["name"] for one in catalog.read("envelope")["fields"]}
        return f"envelope.{field}" if field in of_envelope else f"body.{field}"


def gate_of(partner: str, family: str, now: datetime | None = None) -> Gate:
    """The gate of a topic, by the folder of agreements on this machine where it has the partner's memorandum."""
    now = now or datetime.now(UTC)
    own = (one for one in memoranda(now) if one.party == partner)
    return Gate(partner, family, now, next(own, None))
