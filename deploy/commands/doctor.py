"""``throughline doctor``: what keeps Throughline from working on this machine, each with its remedy."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from confluent_kafka import KafkaException

from deploy import broker_checks, checks, kafka_jars, tables, worker_checks
from deploy.agreements_folder import load_agreements
from deploy.checks import Finding
from deploy.commands.topics import wanted_of
from deploy.console import FAILED
from streams import settings, topics
from streams.errors import ThroughlineError
from streams.health import noted
from streams.settings import Settings

STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="A JSON object instead of a table.")] = False) -> None:
    """Look at what Throughline needs: machine, settings, agreements, Kafka, databases, stores, workers, keys, heads.

    Changes nothing and needs nothing to run. Exit code 0: nothing has failed; 1: something has.

    Example: throughline doctor
    """
    found = list(findings())
    is_well = all(one.level != "fail" for one in found)
    if as_json:
        typer.echo(orjson.dumps({"ok": is_well, "findings": [asdict(one) for one in found]}))
    else:
        _show(found)
    if not is_well:
        raise typer.Exit(FAILED)


def findings() -> Iterator[Finding]:
    """Everything that is looked at, in the order in which it would go wrong."""
    yield checks.python()
    try:
        chosen = settings.load()
    except ThroughlineError as error:
        yield Finding("settings", "fail", str(error), "correct or unset it; see `docs/reference.md`")
        return
    yield Finding("settings", "ok", "all known and usable")
    yield checks.agreements(chosen)
    yield from _kafka(chosen)
    yield from worker_checks.databases(chosen)
    yield checks.docker()
    yield checks.disk(chosen.data_dir)
    yield checks.memory()
    yield from checks.ports(chosen, _own_ports(chosen))
    yield from checks.stores(chosen.data_dir)
    yield from worker_checks.workers(chosen.data_dir)
    yield from checks.secrets(chosen.data_dir)
    yield checks.heads(chosen)


def _kafka(chosen: Settings) -> Iterator[Finding]:
    """The broker that is known; where none is, whether one could be started."""
    address = settings.bootstrap_from_settings()
    if address is None:
        yield checks.local_kafka(kafka_jars.default_cache_dir())
        return
    yield (access := checks.access(chosen, address))
    if access.level == "fail":
        return
    try:
        table = topics.table(load_agreements(chosen.agreements), chosen.partner_partitions, chosen.released_partitions)
    except ThroughlineError:  # said already
        table = []
    try:
        yield from broker_checks.broker(address, table, wanted_of(chosen))
    except KafkaException as error:
        yield Finding("broker", "fail", f"refuses to be asked: {error.args[0].name()}", "may this user describe it?")


def _own_ports(chosen: Settings) -> frozenset[int]:
    """Ports that our own processes have noted."""
    notes = [*noted(chosen.data_dir).values()]
    if (portal := chosen.data_dir / "portal").exists():
        notes.append(portal.read_text(encoding="ascii"))
    return frozenset(int(port) for note in notes if (port := note.rpartition(":")[2]).isdecimal())


def _show(found: list[Finding]) -> None:
    rows = [(one.level, one.check, one.what, one.remedy) for one in found]
    tables.show(("", "check", "found", "remedy"), rows, STYLES.__getitem__)
