"""Worlds to run events in. ``PureWorld`` is the whole way in memory: lists in, lists out, no Kafka."""

import abc
import pathlib
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Self

import orjson

from processors import names
from processors.consent import decide as consent
from processors.consent.agreements import Agreement
from processors.consent.law import shipped
from processors.consent.law.documents import row_of
from processors.consent.law.rules import RuleSet
from processors.consent.settle import Context
from processors.records import Arrival, Arrivals, Out, derived_id, keyed_hash
from processors.resolve import decide as resolve
from processors.resolve import taking
from processors.resolve.adopted import adopt
from processors.resolve.matching.model import Model
from processors.signals import decide as signals
from processors.signals.book import MICROS_PER_DAY, day_of
from processors.state import Changes, Memory, Named, Working
from schemas_avro import catalog, codec, wire
from support import events
from support.calendars import around
from support.erasures import erasure
from support.events import Message

Row = dict[str, Any]
SHIPPED = pathlib.Path(__file__).parents[2] / "deploy" / "agreements"


def shipped_agreements() -> list[Agreement]:
    """The agreements that ship."""
    return [Agreement.model_validate(tomllib.loads(path.read_text())) for path in sorted(SHIPPED.glob("*.toml"))]


def next_version(agreement_id: str, **said: Any) -> Agreement:
    """The next version of an agreement that ships, with other words."""
    [found] = [a for a in shipped_agreements() if a.agreement_id == agreement_id]
    return Agreement.model_validate({**found.model_dump(), "version": found.version + 1, **said})


def agreement_value(agreement: Agreement) -> bytes:
    """An agreement as the control topic carries it."""
    schema_id = catalog.id_of("internal.agreement_activated.v1")
    return wire.frame(schema_id, codec.encode_rows(schema_id, [agreement.to_row()])[0])


def rules_value(rules: RuleSet = shipped.SHIPPED, version: int = 1) -> bytes:
    """Rules of law as the control topic carries them."""
    schema_id = catalog.id_of("internal.rules_activated.v1")
    return wire.frame(schema_id, codec.encode_rows(schema_id, [row_of(rules, version)])[0])


def ssn(number: str) -> Row:
    """A social security number among an envelope's identifiers."""
    return {"system": "SSN", "value": number, "assigner": None}


class DictKeys:
    """Keys in a dictionary, made from their ids: the same in every run."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def find(self, key_id: str) -> bytes | None:
        """The key, None where it never was or was erased."""
        return self.keys.get(key_id)

    def find_or_make(self, key_id: str) -> bytes:
        """The key, made now where there is none."""
        return self.keys.setdefault(key_id, key_id.encode().ljust(32, b"0")[:32])


class Kept(Memory):
    """State in memory that can be looked through as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self._names: set[str] = set()

    def apply(self, changes: Changes) -> None:
        """Take a decision's changes over."""
        self._names |= changes.keys()
        super().apply(changes)

    def everything(self) -> dict[str, list[tuple[str, bytes]]]:
        """Every table's rows, in the order of keys."""
        return {name: self.scan(name, "") for name in sorted(self._names)}


def decoded(out: Out) -> Row:
    """A record's row, with ``schema``: the name in its subject."""
    schema_id = wire.schema_id_of(out.value) or 0
    [row] = codec.decode_own(schema_id, [wire.payload_of(out.value)])
    return {**row, "schema": catalog.catalog()[schema_id].family}


PSEUDONYM_KEY = b"k" * 32


class ResolveWorld:
    """The stage resolve alone: batches of messages in, records out."""

    def __init__(self, model: Model | None = None) -> None:
        """One that begins with a model, or with the shipped one."""
        self.state = Kept()
        self.keys = DictKeys()
        self.goes_on = True
        """Whether the taking of a model does."""
        self.outs: list[Out] = []
        self.counts = Counter[Named]()
        """What the last batch counted."""
        self.now = events.NOON + events.MINUTE
        self._offsets: dict[str, int] = defaultdict(int)
        if model is not None:
            working = Working(self.state)
            adopt(working, self.keys, model)
            self.state.apply(working.changes())
        agreements = [Message(names.AGREEMENTS, None, rules_value(), {})]
        agreements += [Message(names.AGREEMENTS, None, agreement_value(a), {}) for a in shipped_agreements()]
        self.take(*agreements)

    def take(self, *batch: Message) -> list[Out]:
        """One batch; what comes out of it."""
        working, outs = self.decide(*batch)
        for sent in batch:
            self._offsets[sent.topic] += 1
        self.state.apply(working.changes())
        self.counts = working.counts
        self.outs += outs
        return outs

    def decide(self, *batch: Message) -> tuple[Working, list[Out]]:
        """One batch, of which nothing is kept."""
        arrivals, offsets = [], dict(self._offsets)
        for sent in batch:
            offset = offsets.get(sent.topic, 0)
            arrivals.append(events.arrival(sent, offset, self.now // 1_000))
            offsets[sent.topic] = offset + 1
        working = Working(self.state)
        context = resolve.Context(PSEUDONYM_KEY, self.keys, self.now, self.goes_on)
        return working, list(resolve.decide(Arrivals.of(arrivals), working, context))

    def settle(self) -> "ResolveWorld":
        """Batches of nothing, until no model is being taken."""
        while taking.progress(Working(self.state)) is not None:
            self.take()
        return self

    def take_all(self, messages: Sequence[Message], batch: int) -> "ResolveWorld":
        """Everything, in batches of a size."""
        for start in range(0, len(messages), batch):
            self.take(*messages[start : start + batch])
        return self

    def persons(self) -> dict[str, str]:
        """The person of each record."""
        return {key: str(orjson.loads(raw)["person"]) for key, raw in self.state.scan("record", "")}

    def groups(self) -> set[frozenset[str]]:
        """Records of one person together, whatever the persons are called."""
        return together(self.persons())

    def rows(self, topic: str) -> list[Row]:
        """What was sent to a topic, decoded."""
        return [decoded(out) for out in self.outs if out.topic == topic and out.value]


def together(persons: Mapping[str, str]) -> set[frozenset[str]]:
    """Records of one person together."""
    found: dict[str, set[str]] = defaultdict(set)
    for record_key, person_id in persons.items():
        found[person_id].add(record_key)
    return {frozenset(records) for records in found.values()}


def record_key(partner: str, token: str) -> str:
    """Key of a partner's record."""
    return keyed_hash(PSEUDONYM_KEY, "record", partner, token)


class World(abc.ABC):
    """What a story is told to, and what can be seen of it: topics and views."""

    topics: dict[str, list[Arrival]]

    @abc.abstractmethod
    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        """One record onto an input topic."""

    @abc.abstractmethod
    def settle(self) -> Self:
        """Wait until everything sent so far has come out, whatever becomes of it."""

    @abc.abstractmethod
    def view(self, recipient: str) -> dict[tuple[str, str], Row]:
        """What stands in a recipient's view, by person and event: at least ``release`` and ``body`` of each row."""

    @abc.abstractmethod
    def signals(self, recipient: str) -> list[Row]:
        """Signals to a recipient that are raised: fields of ``signal_changed.avsc``, dates as dates."""

    def erase(self, person_id: str) -> Self:
        """A person is erased, and everything that comes of it has come out."""
        newest = {row["record_key"]: row["person_id"] for row in self.rows(names.IDENTITY_RECORDS)}
        sent = erasure(person_id, [key for key, person in newest.items() if person == person_id])
        self.send(*sent)
        return self.settle()

    def seen_by(self, recipient: str) -> set[str]:
        """Ids of the events that a recipient's view shows."""
        return {event for _, event in self.view(recipient)}

    def publish(self, partner: str, family: str, token: str | None, name: str, **said: Any) -> str:
        """One partner event; words that name envelope fields go there, the others into the body."""
        sent = events.message(partner, family, token, name, **said)
        self.send(*sent)
        return sent.event_id

    def rows(self, topic: str) -> list[Row]:
        """Everything on a topic, decoded."""
        return [decoded(Out(a.topic, "", a.value, "")) for a in self.topics[topic] if a.value]

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
            letters = [row for row in self.rows(topic) if "code" in row]
            found |= {row["event_id"] or row["topic"]: f"rejected:{row['code']}" for row in letters}
        return found


class PureWorld(World):
    """Topics as lists, both decisions, and the views folded by position."""

    def __init__(self, agreements: list[Agreement] | None = None, *, batch: int = 1000) -> None:
        self.topics: dict[str, list[Arrival]] = defaultdict(list)
        self.keys = DictKeys()
        self.states = {"resolve": Kept(), "consent": Kept(), "signals": Kept()}
        self.counts: dict[str, Counter[Named]] = {stage: Counter() for stage in self.states}
        self.newest: dict[Named, int] = {}
        self.batch = batch
        self.now = events.NOON + events.MINUTE
        self._waiting: list[Arrival] = []
        self._read = 0
        self._signalled: dict[str, int] = defaultdict(int)
        self.send(names.AGREEMENTS, b"rules", rules_value())
        for agreement in shipped_agreements() if agreements is None else agreements:
            self.send(names.AGREEMENTS, agreement.agreement_id.encode(), agreement_value(agreement))

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        """One record onto an input topic."""
        self._waiting.append(self._append(topic, key, value, headers or {}))

    def _append(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes]) -> Arrival:
        arrival = Arrival(topic, 0, len(self.topics[topic]), self.now // 1000, key, value, headers)
        self.topics[topic].append(arrival)
        return arrival

    def log(self, name: str, key: str, row: Row) -> None:
        """One record of an internal schema, onto the log itself, as resolve would."""
        schema_id = catalog.id_of(f"internal.{name}.v1")
        value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
        id_ = derived_id(f"log {len(self.topics[names.RESOLVED_EVENTS])}", "world", 0)
        self._append(names.RESOLVED_EVENTS, key.encode(), value, {"ce_id": id_.encode()})

    def go_on(self) -> Self:
        """The log hears that time has gone on."""
        self._step("resolve", lambda state: resolve.decide(Arrivals(), state, self._context()))
        return self.settle()

    def go_on_until(self, day: str) -> Self:
        """Let the days pass, to noon of an ISO date, UTC."""
        self.now = events.days(day) * 86_400_000_000 + 43_200_000_000
        return self.go_on()

    def activate(self, agreement: Agreement) -> Self:
        """A version of an agreement comes into force."""
        self.send(names.AGREEMENTS, agreement.agreement_id.encode(), agreement_value(agreement))
        return self.settle()

    def _context(self) -> resolve.Context:
        return resolve.Context(PSEUDONYM_KEY, self.keys, self.now)

    def settle(self) -> Self:
        """Run both stages until nothing waits."""
        while self._waiting:
            batch, self._waiting = self._waiting[: self.batch], self._waiting[self.batch :]
            self._step("resolve", lambda state, b=batch: resolve.decide(Arrivals.of(b), state, self._context()))
            self._catch_up()
        self._catch_up()
        while self._is_sweeping():
            self.decide_again([])
        self._signal()
        return self

    def _signal(self) -> None:
        """Let the signals decide what was released since."""
        context = signals.Context(around(day_of(self.now // MICROS_PER_DAY)))
        for topic in [name for name in self.topics if name.startswith("released.")]:
            while self._signalled[topic] < len(self.topics[topic]):
                part = self.topics[topic][self._signalled[topic] :][: self.batch]
                self._signalled[topic] += len(part)
                self._step("signals", lambda state, p=part: signals.decide(p, state, context))
        while signals.is_unfinished(Working(self.states["signals"])):
            self._step("signals", lambda state: signals.decide([], state, context))

    def _is_sweeping(self) -> bool:
        return bool(self.states["consent"].scan("sweep", ""))

    def _catch_up(self) -> None:
        while self._read < len(log := self.topics[names.RESOLVED_EVENTS]):
            part = log[self._read : self._read + self.batch]
            self._read += len(part)
            self.decide_again(part)

    def decide_again(self, part: Sequence[Arrival]) -> None:
        """Let consent decide a part of the log, new or not."""
        context = Context(self.keys, 1)
        self._step("consent", lambda state: consent.decide(Arrivals.of(part), state, context))

    def _step(self, stage: str, decide: Any) -> None:
        working = Working(self.states[stage])
        outs = decide(working)
        self.states[stage].apply(working.changes())
        self.counts[stage].update(working.counts)
        self.newest |= working.newest
        for out in outs:
            self._append(out.topic, out.key.encode(), out.value, {"ce_id": out.id.encode(), **out.headers})

    def view(self, recipient: str) -> dict[tuple[str, str], Row]:
        """What stands in a recipient's view, by person and event: the highest position counts."""
        found: dict[tuple[str, str], Row] = {}
        for row in self.rows(names.released_topic(recipient)):
            if "release" in row:
                key = (row["release"]["person_id"], row["release"]["event_id"])
                if key not in found or found[key]["release"]["position"] < row["release"]["position"]:
                    found[key] = row
        return {key: row for key, row in found.items() if "body" in row}

    def signals(self, recipient: str) -> list[Row]:
        """Signals to a recipient that are raised."""
        newest: dict[str, Row] = {}
        for row in self.rows(names.signals_topic(recipient)):
            known = newest.get(row["signal_id"], row)
            newest[row["signal_id"]] = row if row["source_offset"] >= known["source_offset"] else known
        return [{**row, "due_on": day_of(row["due_on"])} for row in newest.values() if row["state"] == "raised"]

    def record_groups(self) -> set[frozenset[str]]:
        """Records of one person together, whatever the persons are called."""
        rows = self.states["resolve"].scan("record", "")
        return together({key: str(orjson.loads(raw)["person"]) for key, raw in rows})

    def person_of(self, partner: str, token: str) -> str:
        """The person of a partner's record."""
        [raw] = self.states["resolve"].get_many("record", [record_key(partner, token)]).values()
        return str(orjson.loads(raw)["person"])
