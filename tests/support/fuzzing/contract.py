"""What comes by Kafka, and schemas: framing, Avro by both decoders, the gate, headers, schemas that strangers wrote."""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson

from deploy import dead_letters, registering, registry_watch, schema_files, topic_reader
from portal.registry import RefusalError, canonical
from processors import numbers
from processors.records import Arrival, Arrivals
from processors.resolve import gate
from processors.sealing import UnreadableError, unseal
from schemas_avro import catalog, codec, wire
from schemas_avro.lint import lint
from streams.errors import ThroughlineError
from support import events
from support.bad_inputs import INPUTS, Making
from support.bad_inputs.making import GRANT
from support.events import Message
from support.fuzzing.target import MARK, BrokenError, Target
from support.worlds import shipped_agreements

FAMILIES = tuple(catalog.FAMILIES)
VARINTS = (b"\x01", b"\x02", b"\x80\x01", b"\xff\xff\xff\xff\x0f", b"\xff" * 9 + b"\x01", b"\x80" * 9 + b"\x00",
           b"\x00", b"\x13", b"\x80" * 30 + b"\x01", b"\x00\x00\x00\x00\x01", b"\x01\xff\x01")  # fmt: skip
SCHEMA_WORDS = tuple(
    word.encode() for word in (
        '"type":"record"', '"type":"array","items":', '"type":"map","values":', '"type":"enum","symbols":', '"null"',
        '"logicalType":"decimal","precision":9', '"logicalType":"uuid"', '"default":null', '"fields":[', '"name":"a"',
        '"namespace":"a.b"', '"aliases":["a"]', '{"type":"fixed","name":"f","size":99999999}', '"doc":"d"', '"family":',
        '["null","string"]', '"classification"', '"references":[', '"ruleSet":{}', '"schemaType":"AVRO"', "NaN", "{}",
    )
)  # fmt: skip


SAID: dict[str, dict[str, Any]] = {
    "contact": {"preferred_name": MARK}, "identity": {"last_name": MARK, "first_name": MARK},
    "consent": {**GRANT, "given_at": events.NOON},
}  # fmt: skip
"""What sound events say besides."""


@cache
def _messages() -> tuple[Message, ...]:
    """A sound message of every family, with marks, and one of each number of the bad inputs."""
    sound = []
    for family in FAMILIES:
        said = {**SAID.get(family, {})}
        sound.append(events.message("lea_grand_bend", family, MARK, MARK, **said))
    bad = {one.number: one.make(Making(f"{one.number}")) for one in INPUTS}
    return (*sound, *(message for message in bad.values() if message.value and len(message.value) < 10_000))


def _value_seeds() -> list[bytes]:
    return [message.value or b"" for message in _messages()]


def _wire(data: bytes, _: Path) -> Iterator[object]:
    found = wire.places_by_schema([data, None, b"", data[:4]])
    yield [key is None for key in found]
    if sorted(place for places in found.values() for place in places) != [0, 1, 2, 3]:
        raise BrokenError("a value is at no place, or at two")
    schema_id = wire.schema_id_of(data)
    if schema_id is not None and wire.frame(schema_id, wire.payload_of(data)) != data:
        raise BrokenError("framed again it is another value")


def _avro(data: bytes, _: Path) -> Iterator[object]:
    """Columns and the referee say the same of a payload, by itself and between sound ones."""
    family = FAMILIES[data[-1] % len(FAMILIES)] if data else FAMILIES[0]
    told = wire.schema_id_of(data)
    known = told if told is not None and told in catalog.catalog() else catalog.id_of(f"partner.{family}.v1")
    payload = data[wire.HEADER.size :][: gate.MAX_VALUE_BYTES]
    answers = []
    for on in (True, False):
        codec.use_arrow(on)
        try:
            answers.append(codec.decode(known, [payload, payload]))
        finally:
            codec.use_arrow(True)  # noqa: FBT003  # as its name says
    arrow, referee = answers
    yield arrow.good, arrow.bad
    if (arrow.good, arrow.bad) != (referee.good, referee.bad) or str(arrow.rows.to_pylist()) != str(
        referee.rows.to_pylist()
    ):
        raise BrokenError("columns and the referee differ")
    if arrow.good and known == catalog.newest_of(known) and codec.encode(known, arrow.rows) != [payload, payload]:
        raise BrokenError("encoded again it is another payload")


@cache
def _mous() -> dict[str, object]:
    return {one.party: one for one in shipped_agreements() if one.tier == "mou"}


def _gate(data: bytes, _: Path) -> Iterator[object]:
    """Every arrival ends once: admitted or rejected; a sound neighbour is admitted."""
    value, _mid, rest = data.partition(b"\n--\n")
    key, _mid, header = rest.partition(b"\n")
    entry = catalog.catalog().get(wire.schema_id_of(value) or 0)
    family = entry.family if entry and entry.family in FAMILIES else FAMILIES[len(data) % len(FAMILIES)]
    topics = [f"partner.lea_grand_bend.{family}", "partner.lea_grand_bend.enrollment", "partner.csac.aid"]
    neighbour = events.arrival(events.message("lea_grand_bend", "enrollment", "n", "n"))
    fuzzed = [
        Arrival(topic, 0, n, neighbour.appended_at, key or None, value, {"ce_id": header})
        for n, topic in enumerate(topics)
    ]
    arrivals = Arrivals.of([neighbour, *fuzzed, neighbour])
    passed, rejected = gate.admit(arrivals, _mous())  # type: ignore[arg-type]  # agreements
    yield sorted((n, one.code, one.field) for n, one in rejected.items())
    yield from (rejected, passed, arrivals)
    if sorted([*passed.places, *rejected]) != list(range(len(arrivals))):
        raise BrokenError("an arrival ends nowhere, or twice")
    if {0, len(arrivals) - 1} & set(rejected):
        raise BrokenError("a sound neighbour is rejected")


def _gate_seeds() -> list[bytes]:
    return [b"%b\n--\n%b\n%b" % (m.value or b"", m.key or b"", m.headers.get("ce_id", b"")) for m in _messages()]


def _headers(data: bytes, _: Path) -> Iterator[object]:
    """Headers are anything: a partner's forged number counts for nothing, and its id is one or is none."""
    yield gate.header_event_id({"ce_id": data}) is None
    sent = events.arrival(events.message("lea_grand_bend", "enrollment", "n", "n"))
    forged = Arrivals.of([Arrival(*(getattr(sent, name) for name in _NAMES), {numbers.HEADER: data})])
    if len(numbers.sifted(forged, {}).fresh) != 1:
        raise BrokenError("a partner's event goes unseen by its header")
    yield numbers.number_of(data)


_NAMES = ("topic", "partition", "offset", "appended_at", "key", "value")


class _Keys:
    """One key for everybody."""

    def find(self, key_id: str) -> bytes:
        """Theirs."""
        del key_id
        return b"k" * 32

    find_or_make = find


def _dead_letter(data: bytes, _: Path) -> Iterator[object]:
    yield dead_letters.event_in(data) is None
    yield dead_letters.partner_of(data.decode("utf-8", "replace")) is None
    try:
        unseal(_Keys(), "k", "a/0/0", data.decode("latin-1"))
    except UnreadableError:
        yield "sealed"


def _topic(data: bytes, _: Path) -> Iterator[object]:
    """What nobody of ours wrote onto a topic of ours is told as damage."""
    yield len(list(topic_reader.decoded([Arrival("audit.decisions", 0, 0, 0, b"k", data, {})])))


def _schema_seeds() -> list[bytes]:
    entries = [catalog.catalog()[catalog.id_of(f"partner.{family}.v1")] for family in ("aid", "consent")]
    bodies = [json.dumps(catalog.read(f"families/{family}")).encode() for family in ("transfer", "contact")]
    return [*bodies, *(one.text.encode() for one in entries), *(orjson.dumps({"schema": one.text}) for one in entries)]


def _schema(data: bytes, folder: Path) -> Iterator[object]:
    """A stranger's schema file: checked by itself and against the versions that there are."""
    (folder / "s.avsc").write_bytes(data)
    for subject in (None, "partner.transfer.v1"):
        yield from schema_files.faults_of(folder / "s.avsc", subject)[1]


def _lint(data: bytes, _: Path) -> Iterator[object]:
    try:
        schema = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    yield from lint(schema)


def _canonical(data: bytes, _: Path) -> Iterator[object]:
    yield len(canonical(data.decode("utf-8", "replace")))


def _answers(data: bytes, _: Path) -> Iterator[object]:
    """A registry's answers, whatever stands at its address; by a transport that answers so, in place of a network."""
    status, _mid, body = data.partition(b"\n")
    code = int(status) if status.isdigit() and len(status) == 3 and b"200" <= status < b"600" else 200

    class Answering(httpx.Client):
        def __init__(self, **_: object) -> None:
            super().__init__(transport=httpx.MockTransport(lambda _: httpx.Response(code, content=body)))

    before, registry_watch.httpx.Client = registry_watch.httpx.Client, Answering  # type: ignore[misc]
    try:
        yield registry_watch.RegistryWatch("http://registry").look()
        with Answering() as client:
            yield registering._said(client.get("http://registry"))  # noqa: SLF001  # whatever a registry says of itself
    finally:
        registry_watch.httpx.Client = before  # type: ignore[misc]


def _answer_seeds() -> Sequence[bytes]:
    entry = catalog.catalog()[catalog.id_of("partner.aid.v1")]
    return [
        b"200\n" + orjson.dumps({"schema": entry.text}), b"200\n" + orjson.dumps({"schema": '"string"'}),
        b'404\n{"error_code":40403,"message":"Schema not found"}', b"500\n<html>", b"200\n{}",
    ]  # fmt: skip


TARGETS = (
    Target("wire", _value_seeds, _wire),
    Target("avro", _value_seeds, _avro, (), VARINTS),
    Target("gate", _gate_seeds, _gate, (), (*VARINTS, b"\n--\n")),
    Target("headers", lambda: [b"resolve/1/17", events.event_id("a").encode()], _headers, (), (b"/", b"9" * 5_000)),
    Target("dead_letter", _value_seeds, _dead_letter),
    Target("topic", _value_seeds, _topic, (ValueError, KeyError)),
    Target("schema_file", _schema_seeds, _schema, (ThroughlineError,), SCHEMA_WORDS),
    Target("schema_lint", _schema_seeds, _lint, (), SCHEMA_WORDS),
    Target("schema_text", _schema_seeds, _canonical, (RefusalError,), SCHEMA_WORDS),
    Target("registry_answer", _answer_seeds, _answers, (), (*SCHEMA_WORDS, b'{"schema":"', b"404\n", b"\\")),
)
