"""Worlds to run events in. ``PureWorld`` is the whole way in memory: lists in, lists out, no Kafka."""

import pathlib
import tomllib
from collections import defaultdict
from typing import Any

import orjson

from processors import names
from processors.consent import decide as consent
from processors.consent.agreements import Agreement
from processors.records import Arrival, Out
from processors.resolve import decide as resolve
from processors.state import Memory, Working
from schemas_avro import catalog, codec, wire
from support import events

Row = dict[str, Any]
SHIPPED = pathlib.Path(__file__).parents[2] / "deploy" / "agreements"


def shipped_agreements() -> list[Agreement]:
    """The agreements that ship."""
    return [Agreement.model_validate(tomllib.loads(path.read_text())) for path in sorted(SHIPPED.glob("*.toml"))]


def agreement_value(agreement: Agreement) -> bytes:
    """An agreement as the control topic carries it."""
    schema_id = catalog.id_of("internal.agreement_activated.v1")
    return wire.frame(schema_id, codec.encode_rows(schema_id, [agreement.to_row()])[0])


class DictKeys:
    """Keys in a dictionary, made from their ids: the same in every run."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def find(self, key_id: str) -> bytes | None:
        return self.keys.get(key_id)

    def find_or_make(self, key_id: str) -> bytes:
        return self.keys.setdefault(key_id, key_id.encode().ljust(32, b"0")[:32])


def decoded(out: Out) -> Row:
    """A record's row, with ``schema``: the name in its subject."""
    schema_id = wire.schema_id_of(out.value) or 0
    [row] = codec.decode_own(schema_id, [wire.payload_of(out.value)])
    return {**row, "schema": catalog.catalog()[schema_id].family}


class PureWorld:
    """Topics as lists, both decisions, and the views folded by position."""

    def __init__(self, agreements: list[Agreement] | None = None, *, batch: int = 1000) -> None:
        self.topics: dict[str, list[Arrival]] = defaultdict(list)
        self.keys = DictKeys()
        self.states = {"resolve": Memory(), "consent": Memory()}
        self.batch = batch
        self.now = events.NOON + events.MINUTE
        self._waiting: list[Arrival] = []
        self._read = 0
        for agreement in shipped_agreements() if agreements is None else agreements:
            self.send(names.AGREEMENTS, agreement.agreement_id.encode(), agreement_value(agreement))

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        """One record onto an input topic."""
        self._waiting.append(self._append(topic, key, value, headers or {}))

    def _append(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes]) -> Arrival:
        arrival = Arrival(topic, 0, len(self.topics[topic]), self.now // 1000, key, value, headers)
        self.topics[topic].append(arrival)
        return arrival

    def publish(self, partner: str, family: str, token: str | None, name: str, **said: Any) -> str:
        """One partner event; words that name envelope fields go there, the others into the body."""
        known = {field["name"] for field in catalog.read("envelope")["fields"]}
        changed = {key: said.pop(key) for key in list(said) if key in known}
        envelope = events.envelope(partner, family, token, name, **changed)
        key = (token if token is not None else envelope["source_record_id"]).encode()
        value = events.encoded(family, envelope, events.body(family, **said))
        self.send(names.partner_topic(partner, family), key, value, {"ce_id": envelope["event_id"].encode()})
        return str(envelope["event_id"])

    def settle(self) -> "PureWorld":
        """Run both stages until nothing waits."""
        context = resolve.Context(b"k" * 32, self.keys, self.now)
        while self._waiting:
            batch, self._waiting = self._waiting[: self.batch], self._waiting[self.batch :]
            self._step("resolve", lambda state, b=batch: resolve.decide(b, state, context))  # type: ignore[misc]
            while self._read < len(log := self.topics[names.RESOLVED_EVENTS]):
                part = log[self._read : self._read + self.batch]
                self._read += len(part)
                decide = consent.Context(self.keys, 1)
                self._step("consent", lambda state, p=part, d=decide: consent.decide(p, state, d))  # type: ignore[misc]
        return self

    def _step(self, stage: str, decide: Any) -> None:
        working = Working(self.states[stage])
        outs = decide(working)
        self.states[stage].apply(working.changes())
        for out in outs:
            self._append(out.topic, out.key.encode(), out.value, {"ce_id": out.id.encode(), **out.headers})

    def rows(self, topic: str) -> list[Row]:
        """Everything on a topic, decoded."""
        return [decoded(Out(a.topic, "", a.value or b"", "")) for a in self.topics[topic]]

    def view(self, recipient: str) -> dict[tuple[str, str], Row]:
        """What stands in a recipient's view, by person and event: the highest position counts."""
        found: dict[tuple[str, str], Row] = {}
        for row in self.rows(names.released_topic(recipient)):
            if "release" in row:
                key = (row["release"]["person_id"], row["release"]["event_id"])
                if key not in found or found[key]["release"]["position"] < row["release"]["position"]:
                    found[key] = row
        return {key: row for key, row in found.items() if "body" in row}

    def seen_by(self, recipient: str) -> set[str]:
        """Ids of the events that a recipient's view shows."""
        return {event for _, event in self.view(recipient)}

    def outcomes(self) -> dict[str, str]:
        """How each event ended, by its id, as an outsider counts from the topics."""
        found: dict[str, str] = {}
        for row in self.rows(names.AUDIT_DECISIONS):
            if row["outcome"] != "withheld" or row["event_id"] not in found:
                found[row["event_id"]] = "withheld" if row["outcome"] == "withheld" else "carried"
        for row in self.rows(names.IDENTITY_CHANGES):
            if row["kind"] == "applied":
                found[row["event_id"]] = "carried"
        for topic in [t for t in self.topics if t.startswith("deadletter.")]:
            found |= {row["event_id"] or row["topic"]: f"rejected:{row['code']}" for row in self.rows(topic)}
        return found

    def person_of(self, partner: str, token: str) -> str:
        """The person of a partner's record."""
        key = resolve.keyed_hash(b"k" * 32, "record", partner, token)
        [raw] = self.states["resolve"].get_many("record", [key]).values()
        return str(orjson.loads(raw)["person"])
