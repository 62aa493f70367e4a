"""The population as files: a folder a phase, JSON lines by partner and family, the malformed, and what they go by."""

import base64
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from partners.population import places
from partners.population.generate import Population
from partners.population.planned import Planned
from partners.rows import to_document

MALFORMED = "malformed.jsonl"
TRUTH = "truth.json"
CALENDAR = "signals.toml"
"""What the truth's signals go by, for THROUGHLINE_SIGNALS_FILE."""
ORGANIZATIONS = "organizations.toml"
"""What its schools and colleges are called, for THROUGHLINE_ORGANIZATIONS_FILE."""


def write(population: Population, out: Path) -> list[Path]:
    """Write every file of a population into a folder, in place of what an earlier run wrote there.

    Args:
        population: to write.
        out: the folder; it is made where it is missing.

    Returns:
        The files written, in order.

    Raises:
        OSError: a file cannot be written.
    """
    written = [path for phase, events in population.phases.items() for path in _phase(out / phase, events)]
    truth = out / TRUTH
    truth.write_bytes(orjson.dumps(population.truth.to_document(), option=orjson.OPT_APPEND_NEWLINE))
    calendar = out / CALENDAR
    calendar.write_text(population.deadlines.to_toml(), encoding="utf-8")
    organizations = out / ORGANIZATIONS
    organizations.write_text(places.organizations_toml(), encoding="utf-8")
    return [*written, truth, calendar, organizations]


def _phase(folder: Path, events: Iterable[Planned]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.jsonl"):
        stale.unlink()
    lines: Mapping[str, list[bytes]] = defaultdict(list)
    for event in events:
        name = MALFORMED if event.row is None else f"{event.partner}.{event.family}.jsonl"
        lines[name].append(_line(event))
    for name, content in sorted(lines.items()):
        (folder / name).write_bytes(b"".join(content))
    return [folder / name for name in sorted(lines)]


def _line(event: Planned) -> bytes:
    document = _raw(event) if event.row is None else to_document(event.family, event.row)
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _raw(event: Planned) -> dict[str, Any]:
    """A message as it must be sent, byte for byte."""
    return {
        "topic": event.topic,
        "key": event.key.decode(),
        "value": base64.b64encode(event.raw or b"").decode(),
        "headers": {name: value.decode() for name, value in event.headers},
    }
