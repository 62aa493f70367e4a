"""Events that passed the gate, as columns of one length, in the order of their arrival."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa

from schemas_avro import catalog, codec

Row = dict[str, Any]


@dataclass(slots=True, repr=False)  # of no column, as of arrivals
class Admitted:
    """Partners' events that resolve takes in."""

    places: list[int]
    """Of each in the batch of arrivals that it came with."""
    partners: list[str]
    families: list[str]
    envelopes: pa.RecordBatch
    """Columns of ``envelope.avsc``."""
    bodies: list[bytes]
    """Avro bytes by the family's body schema."""
    contents: list[Any]
    """What resolve itself reads: the body as a row, of enrollments when they are in force; of other families None."""
    unlisted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By partner and code set how many codes of the whole batch its table lacks: carried, and counted for operators."""

    @classmethod
    def joined(cls, parts: Sequence["Admitted"]) -> Self:
        """Parts of one batch, brought into its order."""
        envelopes = pa.Table.from_batches([part.envelopes for part in parts], _envelope()).combine_chunks().to_batches()
        every = cls(
            [i for part in parts for i in part.places],
            [i for part in parts for i in part.partners],
            [i for part in parts for i in part.families],
            envelopes[0] if envelopes else pa.RecordBatch.from_pylist([], _envelope()),
            [i for part in parts for i in part.bodies],
            [i for part in parts for i in part.contents],
            sum((part.unlisted for part in parts), Counter()),
        )
        return every.at(sorted(range(len(every)), key=every.places.__getitem__))

    def at(self, chosen: Sequence[int]) -> Self:
        """Those at some places among these."""
        if list(chosen) == list(range(len(self))):
            return self
        return type(self)(
            [self.places[i] for i in chosen],
            [self.partners[i] for i in chosen],
            [self.families[i] for i in chosen],
            self.envelopes.take(pa.array(chosen, pa.int64())),
            [self.bodies[i] for i in chosen],
            [self.contents[i] for i in chosen],
            self.unlisted,
        )

    def column(self, name: str) -> list[Any]:
        """One field of every envelope."""
        return list(self.envelopes.column(name).to_pylist())

    def rows(self, chosen: Sequence[int]) -> list[Row]:
        """Whole envelopes of some of these."""
        return list(self.envelopes.take(pa.array(chosen, pa.int64())).to_pylist()) if chosen else []

    def __len__(self) -> int:
        """How many."""
        return len(self.places)


def _envelope() -> pa.Schema:
    return pa.schema(list(codec.arrow_schema(catalog.id_of("partner.identity.v1")).field("envelope").type))
