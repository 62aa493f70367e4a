"""An audit as the real stage writes it, signed as the real worker signs it, and every way to tamper with it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy import audit_log
from deploy.audit_log import HeadsFile, Part
from deploy.population import generate
from partners import events
from processors.consent.audit import HEADER, START, next_hash
from processors.consent.chain import STAGE, Code, Reached
from processors.consent.heads import Head, Keys, digest_of, head_in, key_id_of, keys_of, line_of
from processors.consent.verifying import CE_ID, Findings, Verified
from processors.names import AUDIT_DECISIONS
from processors.numbers import HEADER as NUMBER
from processors.records import Arrival
from streams.heads import Signer, public_path
from support.worlds import PureWorld

SECRET, ANOTHER = b"s" * 32, b"a" * 32
DECIDED_ON = date(2026, 11, 20)


@dataclass(frozen=True)
class Evidence:
    """What a verifier is given."""

    records: list[Arrival]
    lines: list[bytes]
    """Of the file of heads, with their ends."""
    secret: bytes
    """Of the key that they are signed by."""


def made(folder: Path, people: int = 9, every: int = 30, seed: int = 7) -> tuple[Evidence, Keys]:
    """The audit of some made-up people, numbered as by a store that was rebuilt once, with a head every so often."""
    world = PureWorld(batch=50)
    for planned in generate(people, seed, decided_on=DECIDED_ON).phases["history"]:
        raw = planned.raw if planned.row is None else events.framed(planned.family, [planned.row])[0]
        world.send(planned.topic, planned.key, raw, dict(planned.headers))
    chain = world.settle().topics[AUDIT_DECISIONS]
    half = len(chain) // 2
    numbers = [(1, n + 1) if n < half else (2, n - half + 1) for n in range(len(chain))]
    records = [_with(a, NUMBER, f"{STAGE}/{g}/{n}".encode()) for a, (g, n) in zip(chain, numbers, strict=True)]
    path = folder / "made.jsonl"
    signer = Signer(path, SECRET)
    for at in [*range(every, len(records), every), len(records)]:
        signer.sign(Reached(at, records[at - 1].headers[HEADER].decode(), 60_000_000 * at))
    lines = path.read_bytes().splitlines(keepends=True)
    return Evidence(records, lines, SECRET), keys_of(public_path(path).read_bytes())


def verdict(evidence: Evidence, keys: Keys, folder: Path, *, all_signed: bool = True) -> tuple[Verified, Findings]:
    """What a verification finds."""
    path, findings = folder / "heads.jsonl", Findings()
    path.write_bytes(b"".join(evidence.lines))
    until = None if all_signed else 0
    parts = [Part(evidence.records)]
    return audit_log.verified([HeadsFile.of(path, keys)], parts, until, findings, lambda *_: None), findings


def codes(evidence: Evidence, keys: Keys, folder: Path, *, all_signed: bool = True) -> list[Code]:
    """Codes of what is found, in order."""
    return [problem.code for problem in verdict(evidence, keys, folder, all_signed=all_signed)[1].problems]


def _with(record: Arrival, name: str, value: bytes) -> Arrival:
    return replace(record, headers={**record.headers, name: value})


def _other_byte(chance: random.Random, text: bytes) -> bytes:
    """Text with one byte that is another."""
    at = chance.randrange(len(text))
    return text[:at] + bytes([text[at] ^ chance.randrange(1, 256)]) + text[at + 1 :]


def _place(chance: random.Random, records: Sequence[object]) -> int:
    return chance.randrange(len(records))


def rehashed(records: Sequence[Arrival]) -> list[Arrival]:
    """Records whose hashes and numbers are all made anew, as by somebody who knows how."""
    head, found = START, list[Arrival]()
    for number, record in enumerate(records, 1):
        head = next_hash(head, record.value or b"")
        headers = {**record.headers, HEADER: head.encode(), NUMBER: f"{STAGE}/1/{number}".encode()}
        found.append(replace(record, headers=headers))
    return found


def change_value(chance: random.Random, was: Evidence) -> Evidence:
    """One byte of a record."""
    at = _place(chance, was.records)
    record = was.records[at]
    new = replace(record, value=_other_byte(chance, record.value or b""))
    return replace(was, records=[*was.records[:at], new, *was.records[at + 1 :]])


def change_header(chance: random.Random, was: Evidence) -> Evidence:
    """One byte of a record's hash, id or number, or of the name under which it stands."""
    at = _place(chance, was.records)
    record, name = was.records[at], chance.choice([HEADER, CE_ID, NUMBER])
    headers = dict(record.headers)
    if chance.random() < 0.8:
        headers[name] = _other_byte(chance, headers[name])
    else:
        headers[_other_byte(chance, name.encode()).decode("latin-1")] = headers.pop(name)
    return replace(was, records=[*was.records[:at], replace(record, headers=headers), *was.records[at + 1 :]])


def change_key(chance: random.Random, was: Evidence) -> Evidence:
    """One byte of a record's key."""
    at = _place(chance, was.records)
    new = replace(was.records[at], key=_other_byte(chance, was.records[at].key or b""))
    return replace(was, records=[*was.records[:at], new, *was.records[at + 1 :]])


def drop(chance: random.Random, was: Evidence) -> Evidence:
    """Some records in a row."""
    at = _place(chance, was.records)
    return replace(was, records=[*was.records[:at], *was.records[at + chance.randrange(1, 5) :]])


def cut(chance: random.Random, was: Evidence) -> Evidence:
    """The log's end, or its beginning."""
    at = chance.randrange(1, len(was.records))
    return replace(was, records=was.records[at:] if chance.random() < 0.3 else was.records[:at])


def reorder(chance: random.Random, was: Evidence) -> Evidence:
    """A record elsewhere."""
    records = list(was.records)
    at, to = chance.sample(range(len(records)), 2)
    records.insert(to, records.pop(at))
    return replace(was, records=records)


def repeat(chance: random.Random, was: Evidence) -> Evidence:
    """A record twice."""
    at, to = _place(chance, was.records), chance.randrange(len(was.records) + 1)
    return replace(was, records=[*was.records[:to], was.records[at], *was.records[to:]])


def insert(chance: random.Random, was: Evidence) -> Evidence:
    """A record of somebody's own, which follows from the one before it."""
    to = chance.randrange(len(was.records) + 1)
    value = _other_byte(chance, chance.choice(was.records).value or b"")
    before = was.records[to - 1].headers[HEADER].decode() if to else START
    made_up = _with(replace(chance.choice(was.records), value=value), HEADER, next_hash(before, value).encode())
    return replace(was, records=[*was.records[:to], made_up, *was.records[to:]])


def rewrite(chance: random.Random, was: Evidence) -> Evidence:
    """Any of these, with all hashes and numbers made anew."""
    way = chance.choice([change_value, drop, cut, reorder, insert, repeat])
    return replace(was, records=rehashed(way(chance, was).records))


def change_head(chance: random.Random, was: Evidence) -> Evidence:
    """One byte of a line of the heads."""
    at = _place(chance, was.lines)
    return replace(was, lines=[*was.lines[:at], _other_byte(chance, was.lines[at]), *was.lines[at + 1 :]])


def cut_heads(chance: random.Random, was: Evidence) -> Evidence:
    """Some lines of the heads, or the end of one."""
    at = _place(chance, was.lines)
    if chance.random() < 0.3:
        whole = b"".join(was.lines)
        return replace(was, lines=whole[: chance.randrange(len(whole))].splitlines(keepends=True))
    return replace(was, lines=[*was.lines[:at], *was.lines[at + chance.randrange(1, len(was.lines) + 1) :]])


def reorder_heads(chance: random.Random, was: Evidence) -> Evidence:
    """Two lines in each other's place, or one twice."""
    lines = list(was.lines)
    at, to = chance.sample(range(len(lines)), 2)
    if chance.random() < 0.5:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines.insert(to, lines[at])
    return replace(was, lines=lines)


def forge(chance: random.Random, was: Evidence) -> Evidence:
    """The log rewritten, and heads of it signed by a key of somebody's own that bears the name of ours."""
    new = rewrite(chance, was)
    own, before, lines = Ed25519PrivateKey.from_private_bytes(ANOTHER), None, list[bytes]()
    for line in was.lines:
        head = said(line, was.secret)
        at = min(head.records, len(new.records))
        hash_ = new.records[at - 1].headers[HEADER].decode()
        bare = line_of(head._replace(records=at, hash=hash_, previous=digest_of(before)), own)
        lines.append(bare + b"\n")
        before = bare
    return replace(was, records=new.records, lines=lines)


def cover_up(chance: random.Random, was: Evidence) -> Evidence:
    """The log rewritten, and the heads taken away that would show it: what is left of them does not reach its end.

    A log that is cut where a head was, with the heads behind it, is what there was once: only who has kept a later head
    elsewhere can tell. So that is no tampering here.
    """
    while True:
        new = rewrite(chance, was)
        same = _same(new.records, was.records)
        lines = [line for line in was.lines if said(line, was.secret).records <= same]
        if not lines or said(lines[-1], was.secret).records < len(new.records):
            return replace(was, records=new.records, lines=lines)


def _same(some: Sequence[Arrival], others: Sequence[Arrival]) -> int:
    """How many records are the same, from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0].value == pair[1].value, zip(some, others, strict=False)))


def said(line: bytes, secret: bytes) -> Head:
    own = Ed25519PrivateKey.from_private_bytes(secret).public_key()
    head = head_in(line.rstrip(b"\n"), {key_id_of(own): own})
    assert isinstance(head, Head)
    return head


Tampering = Callable[[random.Random, Evidence], Evidence]
TAMPERINGS: tuple[Tampering, ...] = (
    change_value, change_header, change_key, drop, cut, reorder, repeat, insert, rewrite,
    change_head, cut_heads, reorder_heads, forge, cover_up,
)  # fmt: skip


def tampered(chance: random.Random, was: Evidence) -> tuple[str, Evidence]:
    """Something done to it that makes it another, and its name."""
    while True:
        way = chance.choice(TAMPERINGS)
        new = way(chance, was)
        if new != was:
            return way.__name__, new


def write_export(evidence: Evidence, public: bytes, folder: Path) -> None:
    """An export that holds it."""
    rows = audit_log.decisions([Part(evidence.records)], lambda *_: None)
    files = {
        audit_log.DECISIONS: b"".join(audit_log.line_of(record, row) + b"\n" for record, row in rows),
        audit_log.HEADS: b"".join(evidence.lines),
        audit_log.KEYS: public,
        audit_log.ABOUT: b'{"exported_at":0}',
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)


def change_export(chance: random.Random, folder: Path) -> None:
    """One byte of an export's records, but for offset and time, which no hash covers."""
    path = folder / audit_log.DECISIONS
    lines = path.read_bytes().splitlines(keepends=True)
    at = _place(chance, lines)
    begin = lines[at].index(b'"key"')
    lines[at] = lines[at][:begin] + _other_byte(chance, lines[at][begin:])
    path.write_bytes(b"".join(lines))


def export_codes(folder: Path) -> list[Code]:
    """What a verification of an export finds."""
    findings = Findings()
    file = HeadsFile.of(folder / audit_log.HEADS, audit_log.keys_in(folder / audit_log.KEYS))
    audit_log.verified([file], audit_log.of_export(folder, findings), None, findings, lambda *_: None)
    return [problem.code for problem in findings.problems]


def log_of(world: PureWorld) -> list[tuple[Arrival, audit_log.Row]]:
    """The audit of a world, decoded."""
    return list(audit_log.decisions([Part(world.topics[AUDIT_DECISIONS])], lambda *_: None))
