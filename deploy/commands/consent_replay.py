"""``throughline consent replay``: what other rules of law would change, before they are in force."""

from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.consent_rules import Rules
from deploy.consent_log import book_of_log
from deploy.console import bootstrap
from deploy.identity import published
from deploy.rules_file import rules_from
from processors.consent.law.documents import document_of, hash_of
from processors.consent.replay import Replayed, replayed


def replay(
    file: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Show who would lose or gain what by other rules of law, over everything that is known, and change nothing.

    The log is read from its beginning and every event that stands is decided twice, by the rules in force and by the
    others, on the day of the latest tick. It needs the keys, to read what consents say. `throughline consent activate`
    brings the rules into force.

    Example: throughline consent replay --rules rules.json
    """
    rules, address = rules_from(file), bootstrap()
    with published.needed_keyring() as keys:
        found = replayed(book_of_log(address, keys).state, rules)
    if as_json:
        known_by = hash_of(document_of(rules))
        typer.echo(orjson.dumps({"rules": known_by, "decided": found.decided, "changes": _rows(found)}))
        return
    if found.events:
        cells = [tuple(str(value) for value in row.values()) for row in _rows(found)]
        tables.show(("recipient", "source", "kind", "effect", "reason", "rules", "events", "persons"), cells)
    typer.echo(f"{found.decided} events decided twice, {sum(found.events.values())} sights of them differ")


def _rows(found: Replayed) -> list[dict[str, object]]:
    return [
        {**change._asdict(), "rules": ", ".join(change.rules), "events": times, "persons": found.persons[change]}
        for change, times in sorted(found.events.items())
    ]
