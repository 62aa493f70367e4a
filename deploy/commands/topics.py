"""``throughline topics create|list`` and ``throughline agreements list|activate|reissue``."""

import time
from typing import Annotated

import orjson
import typer

from deploy import control, tables
from deploy.activation import Sorted, activated, compared
from deploy.agreements_folder import load_agreements
from deploy.commands.agreements_compared import check, diff, show
from deploy.commands.options import AsJson
from deploy.console import FAILED, bootstrap
from deploy.onboarding.agreement import left_in
from processors import names
from processors.consent.agreements import Agreement
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED, VERSION
from processors.drafts import Draft
from processors.records import derived_id
from streams import clients, settings, topics
from streams.errors import ThroughlineError
from streams.replication import Wanted

topics_app = typer.Typer(help="Topics: the table of them, and making them.", no_args_is_help=True)
agreements_app = typer.Typer(help="Agreements: what partners may publish and recipients may see.", no_args_is_help=True)


def create_topics(address: str, chosen: settings.Settings) -> list[str]:
    """Make every topic that the agreements call for; names of those made."""
    specs = topics.table(load_agreements(chosen.agreements), chosen.partner_partitions, chosen.released_partitions)
    return topics.create(clients.admin(address), specs, wanted_of(chosen))


def wanted_of(chosen: settings.Settings) -> Wanted:
    """How topics are to be replicated."""
    return Wanted(chosen.replication_factor, chosen.min_insync_replicas)


@topics_app.command("create")
def create(as_json: AsJson = False) -> None:
    """Make the topics that are not there yet.

    Example: throughline topics create
    """
    made = create_topics(bootstrap(), settings.load())
    typer.echo(orjson.dumps({"created": made}) if as_json else f"{len(made)} topics made")


@topics_app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The table of topics: key, schemas, partitions, retention.

    Example: throughline topics list
    """
    chosen = settings.load()
    specs = topics.table(load_agreements(chosen.agreements), chosen.partner_partitions, chosen.released_partitions)
    if as_json:
        typer.echo(orjson.dumps(specs))
        return
    rows = [(spec.name, spec.key, spec.schemas, str(spec.partitions), _kept(spec)) for spec in specs]
    tables.show(("topic", "key", "schemas", "partitions", "kept"), rows)


def _kept(spec: topics.TopicSpec) -> str:
    if spec.compacted:
        return "by key"
    return "for ever" if spec.retention_ms == topics.FOREVER else f"{spec.retention_ms // topics.DAY_MS} days"


@agreements_app.command("list")
def list_agreements(as_json: AsJson = False) -> None:
    """The agreements in the folder, checked.

    Example: throughline agreements list
    """
    found = load_agreements(settings.load().agreements)
    if as_json:
        typer.echo(orjson.dumps([a.model_dump(mode="json") for a in found]))
        return
    rows = [
        (a.agreement_id, str(a.version), a.tier, a.party, _covers(a), a.basis if a.tier == "dsa" else "", a.citation)
        for a in found
    ]
    tables.show(("agreement", "version", "tier", "party", "covers", "basis", "citation"), rows)


def _covers(agreement: Agreement) -> str:
    """What a partner may publish, or of whose records a recipient may see what."""
    if agreement.tier == "mou":
        return ", ".join(agreement.families)
    if agreement.tier == "dul":
        return f"{', '.join(agreement.purposes)} under {', '.join(agreement.licenses)}"
    return ", ".join(f"{grant.family} of {grant.partner_id}" for grant in agreement.grants)


for made in (check, show, diff):
    agreements_app.command(made.__name__)(made)


@agreements_app.command("activate")
def activate(
    by: Annotated[str, typer.Option("--by", help="Who answers for it; stands in the log.")] = "",
    as_json: AsJson = False,
) -> None:
    """Publish those of the folder's agreements that are new or of a higher version; known ones are left alone.

    Where no rules of law are in force yet, those of this version of Throughline come into force as well; later ones
    only by `throughline consent activate`.

    Exit code 1: one has other content than the version in force, and no higher version: it is not taken; 2: one is a
    draft that nobody has filled in, and none is taken.

    Example: throughline agreements activate --by "K. Ode, data steward"
    """
    agreements = load_agreements(settings.load().agreements)
    if left := left_in(agreements):
        raise ThroughlineError(f"nothing was activated: {'; '.join(left)}")
    found = activate_agreements(bootstrap(), agreements, by)
    if as_json:
        typer.echo(orjson.dumps(found.to_document()))
    else:
        typer.echo(f"{len(found.new)} new, {len(found.changed)} changed, {len(found.unchanged)} unchanged")
        if found.rules_version is None:
            typer.echo(f"rules of law: version {VERSION} came into force, since none was")
        for one in found.not_raised:
            typer.echo(
                f"{one.agreement_id}: not taken, its text is another but version {one.version} no higher: raise it"
            )
    if found.not_raised:
        raise typer.Exit(FAILED)


@agreements_app.command("reissue")
def reissue(
    recipient: Annotated[str, typer.Argument(help="The recipient, as its agreements name it.")], as_json: AsJson = False
) -> None:
    """Send a recipient everything that it may see again: its view is new or was lost.

    Example: throughline agreements reissue ccc_transfer_center
    """
    parties = {a.party for a in load_agreements(settings.load().agreements) if a.tier == "dsa"}
    if recipient not in parties:
        raise ThroughlineError(
            f"no data-sharing agreement names that recipient; there are {', '.join(sorted(parties))}"
        )
    request_reissue(bootstrap(), recipient)
    typer.echo(
        orjson.dumps({"recipient": recipient}) if as_json else "asked for; `throughline status` shows how far it is"
    )


def request_reissue(address: str, recipient: str) -> None:
    """Ask for a recipient's releases to be sent again.

    Raises:
        ThroughlineError: the broker did not take it.
    """
    row = {"recipient": recipient, "requested_at": time.time_ns() // 1_000}
    id_ = derived_id(f"{recipient}|{row['requested_at']}", "reissue", 0)
    control.send(address, [Draft(names.AGREEMENTS, recipient, "internal.reissue_requested.v1", row, id_)])


def activate_agreements(address: str, agreements: list[Agreement], by: str = "") -> Sorted:
    """Publish to the control topic what is new or changed, and the shipped rules where none are in force.

    Raises:
        ThroughlineError: the broker did not take one.
    """
    found = compared(activated(address), agreements)
    drafts = [
        Draft(
            names.AGREEMENTS, agreement.agreement_id, "internal.agreement_activated.v1", agreement.to_row(by),
            derived_id(agreement.content_hash, "activate", agreement.version),
        )
        for agreement in found.to_publish
    ]  # fmt: skip
    if found.rules_version is None:
        row = row_of(SHIPPED, VERSION, by)
        id_ = derived_id(row["content_hash"], "activate", VERSION)
        drafts.append(Draft(names.AGREEMENTS, "rules", "internal.rules_activated.v1", row, id_))
    if drafts:
        control.send(address, drafts)
    return found
