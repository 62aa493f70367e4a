"""The audit tampered with, 10,000 times, in ways drawn by a seed; each must be found, and the untouched one be sound.

Most are done to the audit that the real stage writes of made-up people, in memory, signed as the worker signs it: bytes
of records, headers and heads changed, records dropped, moved, repeated, put in, cut off, hashes made anew, heads cut,
forged, and taken away to cover up. Some are done to the files of an export, some to the topic of a real broker, which
three runs of the real workers have written. Prints one JSON object as its last line; exits 1 unless all are found.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from support import audit, sam
from support.audit import Evidence
from support.events import NOON
from support.kafka_world import KafkaWorld
from support.proving import say

from deploy import audit_log
from deploy.audit_log import HeadsFile
from processors.consent.heads import Keys
from processors.consent.verifying import Findings
from processors.names import AUDIT_DECISIONS
from streams import clients, topics
from streams.heads import key_path, public_path

USUAL = 10_000
EXPORTED = 0.1
"""Share of all that is done to exports."""
ON_BROKER = 12
STORIES = (
    [*sam.KNOWN, sam.caseload(), sam.enrolled(), sam.award()],
    [sam.consent(), sam.wages()],
    [sam.withdrawal(published_at=NOON + 1), sam.enrolled("csu", "later")],
)
Found = Counter[str]
"""How many were found, by what was done."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tamperings", type=int, default=USUAL)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-audit-") as folder:
        document = prove(Path(folder), asked.tamperings, asked.seed)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if document["found"] == document["tamperings"] else 1


def prove(folder: Path, tamperings: int, seed: int, on_broker: int = ON_BROKER) -> dict[str, int]:
    """So many tamperings; how many of them were found."""
    chance = random.Random(seed)  # noqa: S311  # of what is done
    found = over_broker(folder / "broker", chance, on_broker) if on_broker else Counter[str]()
    exported = int(tamperings * EXPORTED)
    made, keys = audit.made(folder)
    found += in_memory(folder, made, keys, chance, tamperings - on_broker - exported)
    found += in_exports(folder, made, chance, exported)
    say(f"found {dict(sorted(found.items()))}")
    return {"tamperings": tamperings, "found": found.total()}


def in_memory(folder: Path, was: Evidence, keys: Keys, chance: random.Random, times: int) -> Found:
    """Done to records and heads."""
    return done(was, chance, times, lambda new: bool(audit.codes(new, keys, folder)))


def in_exports(folder: Path, was: Evidence, chance: random.Random, times: int) -> Found:
    """Done to the files of an export: half of the time a byte, else what can be done to records and heads."""
    public = public_path(folder / "made.jsonl").read_bytes()

    def is_found(new: Evidence) -> bool:
        audit.write_export(new, public, folder)
        return bool(audit.export_codes(folder))

    found = done(was, chance, times // 2, is_found)
    for _ in range(times - times // 2):
        audit.write_export(was, public, folder)
        audit.change_export(chance, folder)
        found["change_export"] += bool(audit.export_codes(folder))
    return found


def over_broker(folder: Path, chance: random.Random, times: int) -> Found:
    """Done to the topic of a real broker, which is made anew each time with what was done to its records."""
    folder.mkdir(exist_ok=True)
    with KafkaWorld(folder) as world:
        for story in STORIES:
            world.publish_all(*story)
            world.stop()  # which signs a head
            world.go_on()
        world.stop()
        address, chosen = str(world.settings.bootstrap), world.settings
        records = [record for part in audit_log.of_topic(address) for record in part.records]
        lines = chosen.heads.read_bytes().splitlines(keepends=True)
        was = Evidence(records, lines, key_path(chosen.data_dir).read_bytes())
        keys = audit_log.keys_in(public_path(chosen.heads))

        def is_found(new: Evidence) -> bool:
            put(address, new)
            heads = folder / "heads.jsonl"
            heads.write_bytes(b"".join(new.lines))
            findings = Findings()
            log = audit_log.of_topic(address)
            audit_log.verified([HeadsFile.of(heads, keys)], log, None, findings, lambda *_: None)
            return bool(findings.count)

        return done(was, chance, times, is_found)


def put(address: str, evidence: Evidence) -> None:
    """The audit's topic made anew, with other records in it."""
    admin = clients.admin(address)
    for future in admin.delete_topics([AUDIT_DECISIONS], request_timeout=30).values():
        future.result()
    specs = [spec for spec in topics.table([], 1, 1) if spec.name == AUDIT_DECISIONS]
    topics.create(admin, specs)
    producer = clients.producer(address)
    for record in evidence.records:
        producer.produce(AUDIT_DECISIONS, record.value, record.key, 0, headers=list(record.headers.items()))
    if producer.flush(30):
        raise SystemExit("the broker did not take the records")


def done(was: Evidence, chance: random.Random, times: int, is_found: Callable[[Evidence], bool]) -> Found:
    """So many tamperings; what is untouched must be sound before any of them counts."""
    if is_found(was):
        raise SystemExit("the untouched audit is not found sound")
    found = Counter[str]()
    for _ in range(times):
        name, new = audit.tampered(chance, was)
        is_seen = is_found(new)
        found[name] += is_seen
        if not is_seen:
            say(f"not found: {name}")
    return found


if __name__ == "__main__":
    sys.exit(main())
