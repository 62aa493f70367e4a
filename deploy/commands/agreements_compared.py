"""``throughline agreements check|show|diff``: whether agreements fit together, what is in force, what would change."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from deploy import tables
from deploy.activation import activated, compared
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from deploy.console import FAILED, bootstrap
from deploy.onboarding.agreement import left_in
from processors.consent.agreements import Agreement
from processors.consent.claims import claims_of
from processors.consent.law.facts import Tiers
from processors.consent.law.lint import Level, findings_of
from processors.consent.law.shipped import SHIPPED
from processors.consent.register import Register
from streams import settings
from streams.errors import ThroughlineError

NOT_COMPARED = {"version", "activated_by", "content_hash"}


def check(
    folder: Annotated[Path | None, typer.Argument(help="[default: THROUGHLINE_AGREEMENTS_DIR]")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a folder of agreements: each by itself, all three tiers together, and against the rules of law.

    Exit code 1: a file is no agreement or has FILL IN left, a tier is missing, or a grant can never be permitted.

    Example: throughline agreements check
    """
    agreements = load_agreements(folder or settings.load().agreements)
    register = Register(agreements)
    # What lacks a tier is told once, and not for each of its grants again.
    whole = [one for one in claims_of(register) if one.when.tiers == frozenset([Tiers.IN_FORCE])]
    vain = [one for one in findings_of(SHIPPED, whole) if one.level is Level.ERROR]
    problems = [*left_in(agreements), *dict.fromkeys(missing_tiers(register))]
    problems += [f"{one.of}: {one.says}" for one in vain]
    if as_json:
        typer.echo(orjson.dumps({"agreements": len(register.by_id), "problems": problems}))
    else:
        for line in problems:
            typer.echo(line)
        typer.echo(f"{len(register.by_id)} agreements, {len(problems)} problems")
    if problems:
        raise typer.Exit(FAILED)


def missing_tiers(register: Register) -> Iterator[str]:
    """What data-sharing agreements need beside them and have not, a line each."""
    for every in register.by_source.values():
        for shared in every:
            name = shared.agreement.agreement_id
            there = {one.party for one in shared.mous}
            for party in (shared.grant.partner_id, shared.agreement.party):
                if party not in there:
                    yield f"{name}: {party} has no memorandum of understanding (tier mou)"
            if not shared.duls:
                yield f"{name}: {shared.agreement.party} has no data-use licence (tier dul) for it and its purpose"


def show(agreement_id: Annotated[str, typer.Argument(help="As its file names it.")], as_json: AsJson = False) -> None:
    """Show every version of an agreement that came into force: when, by whom, its content hash; and the newest text.

    Example: throughline agreements show dsa-ccc-transfer
    """
    versions = activated(bootstrap()).versions.get(agreement_id)
    if not versions:
        raise ThroughlineError(
            f"no agreement {agreement_id} was activated; `throughline agreements list` has their names"
        )
    told = [(str(r["version"]), _moment(at), r["activated_by"] or "not said", r["content_hash"]) for at, r in versions]
    newest = Agreement.from_row(versions[-1][1]).model_dump(mode="json")
    if as_json:
        rows = [dict(zip(("version", "at", "by", "content_hash"), row, strict=True)) for row in told]
        typer.echo(orjson.dumps({"agreement_id": agreement_id, "versions": rows, "in_force": newest}))
        return
    tables.show(("version", "since", "by", "content hash"), told)
    tables.show(
        ("field", "in the newest version"), [(k, _text(v)) for k, v in newest.items() if v not in (None, [], "")]
    )


def diff(as_json: AsJson = False) -> None:
    """Show what activating the folder would change: agreements new or changed, field by field.

    Exit code 0 whether or not there is any; a changed text without a higher version is told as not taken.

    Example: throughline agreements diff
    """
    folder = load_agreements(settings.load().agreements)
    known = activated(bootstrap())
    found = compared(known, folder)
    rows = [(one.agreement_id, "new", "", "") for one in found.new]
    for kind, changed in (("changed", found.changed), ("not taken: raise its version", found.not_raised)):
        for one in changed:
            before = Agreement.from_row(known.rows[one.agreement_id])
            rows += [(one.agreement_id, f"{kind}, {name}", old, new) for name, old, new in changes(before, one)]
    if as_json:
        names = ("agreement", "what", "before", "after")
        typer.echo(orjson.dumps({"changes": [dict(zip(names, row, strict=True)) for row in rows]}))
    elif rows:
        tables.show(("agreement", "what", "before", "after"), rows)
    else:
        typer.echo("nothing: all that is in the folder is in force")


def changes(before: Agreement, after: Agreement) -> list[tuple[str, str, str]]:
    """Fields that differ, with both values as text."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return [(k, _text(old[k]), _text(new[k])) for k in new if k not in NOT_COMPARED and old[k] != new[k]]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
