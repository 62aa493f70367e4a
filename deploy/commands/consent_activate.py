"""``throughline consent activate``: other rules of law come into force, for everyone and at a place of the log."""

from typing import Annotated

import orjson
import typer

from deploy import control
from deploy.activation import activated
from deploy.commands.consent_rules import Rules
from deploy.console import bootstrap
from deploy.rules_file import rules_from
from processors import names
from processors.consent.law.documents import document_of, hash_of, row_of
from processors.consent.law.lint import Level, findings_of
from processors.drafts import Draft
from processors.records import derived_id
from streams.errors import ThroughlineError


def activate(
    file: Rules = None,
    by: Annotated[str, typer.Option("--by", help="Who answers for it; stands in the log.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a line.")] = False,
) -> None:
    """Bring rules of law into force: those that ship with this version, or those of a file.

    Everyone is decided again by them, in slices; `throughline status` shows how far that is. What is in force already
    is left alone. Rules with errors (`throughline consent lint`) are refused.

    Example: throughline consent activate --by "K. Ode, counsel"
             throughline consent activate --rules rules.json --by "K. Ode, counsel"
    """
    rules = rules_from(file)
    if errors := [one for one in findings_of(rules) if one.level is Level.ERROR]:
        first = f"{errors[0].of} is {errors[0].kind}"
        raise ThroughlineError(f"{len(errors)} errors in the rules, the first: {first}; see `throughline consent lint`")
    address, found = bootstrap(), hash_of(document_of(rules))
    known = activated(address).rules
    version = 0 if known is None else int(known["version"])
    is_new = known is None or known["content_hash"] != found
    if is_new:
        version += 1
        id_ = derived_id(found, "activate", version)
        row = row_of(rules, version, by)
        control.send(address, [Draft(names.AGREEMENTS, "rules", "internal.rules_activated.v1", row, id_)])
    if as_json:
        typer.echo(orjson.dumps({"activated": is_new, "version": version, "content_hash": found}))
    else:
        told = "came into force" if is_new else "were in force already"
        typer.echo(f"rules version {version} {told}: {found}")
