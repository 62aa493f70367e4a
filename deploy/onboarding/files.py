"""What of a partner's folder can be looked at without a broker: the agreement, and mappings with their exports."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from deploy.console import noun
from deploy.onboarding import agreement as agreements
from deploy.onboarding.check import Check, failed, looked, not_checked, ok
from deploy.onboarding.plan import Plan
from deploy.publish.gate import Gate
from partners.mapping import load, reader_by
from partners.publishing import publish_file
from processors.consent.agreements import Agreement


def of_agreement(found: Agreement, plan: Plan) -> Iterator[Check]:
    """Whether the memorandum is for what is tried, and whether the parties have filled it in."""
    name = "agreement"
    if lacking := [one for one in plan.families if one not in found.families]:
        yield failed(name, f"it is not for {', '.join(lacking)}; name them among its families, or take out their cases")
    else:
        yield ok(name, f"{found.agreement_id}: {', '.join(found.families)}")
    if left := agreements.left_open(found):
        yield not_checked("agreement is filled in", f"to fill in: {', '.join(left)}; until then it is never in force")
    else:
        yield ok("agreement is filled in", f"from {found.effective_from}")


def of_mappings(folder: Path, plan: Plan, agreement: Agreement) -> Iterator[Check]:
    """Each mapping file by itself, and a dry run of its export, which asks the gate too."""
    for path in sorted(folder.glob("mapping.*.toml")):
        yield looked(path.name, lambda path=path: _of_mapping(path, folder, plan, agreement))  # type: ignore[misc]


def _of_mapping(path: Path, folder: Path, plan: Plan, agreement: Agreement) -> Check:
    """Raises ThroughlineError: mapping or export cannot be read so."""
    mapped = load(path)
    if mapped.partner != plan.partner:
        return failed(path.name, f'its partner is another than that of the plan; say partner = "{plan.partner}"')
    said = plan.exports.get(mapped.family)
    if said is None:
        return not_checked(path.name, f"no export of {mapped.family} is named in [exports] of the plan")
    export = folder / said
    if not export.is_file():
        return not_checked(path.name, f"the mapping can be read; no export is at {export}: put one there")
    now, reader = datetime.now(UTC), reader_by(export, mapped)
    judge = Gate(mapped.partner, mapped.family, now, agreement)
    outcome = publish_file(export, mapped.family, now, mapped.partner, reader=reader, judge=judge)
    counts = f"{outcome.rows} {noun(outcome.rows, 'row')}, {outcome.valid} valid, none sent"
    if not outcome.rejected:
        return ok(path.name, counts)
    reasons = ", ".join(f"{count} {code}" for code, count in outcome.reasons.items())
    look = f"`throughline publish {export} --mapping {path} --dry-run` names each"
    told = f"{counts}; {outcome.rejected} rejected: {reasons}; {look}"
    # An export has bad rows now and then, and the others travel; only where none can is it the mapping's fault.
    return ok(path.name, told) if outcome.valid else failed(path.name, told)
