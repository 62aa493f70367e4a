"""``throughline partner verify``: a partner's folder, user and made-up rows, tried before real events go."""

import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.console import FAILED
from deploy.onboarding import agreement as agreements
from deploy.onboarding import files, rights
from deploy.onboarding.check import Check, Status, failed, not_checked, ok
from deploy.onboarding.plan import Plan, load
from deploy.onboarding.trial import Trial
from deploy.progress import counting
from processors.consent.agreements import Agreement
from streams import clients, settings, topics
from streams.errors import ThroughlineError

OWN = "a Kafka of this run's own, which ends with it: user, rights and the operator's topics are not looked at"
SAY = "or say the operator's broker with --bootstrap HOST:PORT"
STYLES: dict[Status, str] = {"ok": "green", "failed": "red", "not checked": "yellow"}
WIDTH = max(map(len, STYLES))
Tell = Callable[[Check], None]


def verify(
    folder: Annotated[Path, typer.Argument(help="That `throughline partner new` wrote.")],
    bootstrap: Annotated[
        str | None,
        typer.Option(help="The operator's broker, host:port; else THROUGHLINE_BOOTSTRAP, else one of its own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a partner's test plan: made-up rows to its sandbox, back byte for byte, and through the gate.

    Looks too whether the broker lets the partner in, shows its topics and refuses others', and runs each mapping over
    its export without sending it. No value of a row is shown. With no address anywhere it starts a Kafka of its own.
    Exit code 0: nothing failed; 1: something did; 2: it cannot be done so.

    Example: throughline partner verify oak_valley
    """
    plan = load(folder)
    agreement = agreements.load(folder, plan.partner)
    address = bootstrap or settings.bootstrap_from_settings()
    found: list[Check] = []
    with counting(f"verifying {plan.partner}", "checks") as counted:

        def tell(one: Check) -> None:
            found.append(one)
            counted(one.name, len(found))
            if not as_json:
                _say(one)

        for one in (*files.of_agreement(agreement, plan), *files.of_mappings(folder, plan, agreement)):
            tell(one)
        _at_a_broker(address, folder, plan, agreement, tell)
    counts = Counter(one.status for one in found)
    if as_json:
        typer.echo(orjson.dumps(_document(plan, found, counts, is_own=address is None)))
    else:
        typer.echo(
            f"{plan.partner}: {len(found)} checks, " + ", ".join(f"{counts[status]} {status}" for status in STYLES)
        )
    if counts["failed"]:
        raise typer.Exit(FAILED)


def _at_a_broker(address: str | None, folder: Path, plan: Plan, agreement: Agreement, tell: Tell) -> None:
    """What needs a broker: the operator's, or one that is started for this."""
    with ExitStack() as held:
        if address is None:
            address = held.enter_context(_own_broker(agreement))
            tell(not_checked("operator's broker", OWN))
        else:
            try:
                there = rights.connected(address)
            except ThroughlineError as error:
                _tell_unconnected(plan, str(error), tell)
                return
            tell(ok(rights.CONNECTION, address))
            for one in rights.checks(there, plan.partner, plan.families):
                tell(one)
        memory = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-trial-")))
        trial = held.enter_context(Trial(address, agreements.as_if_in_force(agreement), folder, memory))
        for case in plan.case:
            tell(trial.run(case))


def _tell_unconnected(plan: Plan, why: str, tell: Tell) -> None:
    tell(failed(rights.CONNECTION, why))
    for name in (rights.USER, rights.TOPICS, rights.OTHERS, *(case.name for case in plan.case)):
        tell(not_checked(name, "there is no connection"))


@contextmanager
def _own_broker(agreement: Agreement) -> Iterator[str]:
    """A Kafka for as long as the block runs, started as the demo's is, with the topics that the agreement calls for.

    Raises:
        ThroughlineError: it cannot be started, or the settings are of another.
    """
    chosen = settings.load()
    if chosen.kafka_security != "plaintext":
        raise ThroughlineError(
            "THROUGHLINE_KAFKA_SECURITY says how to connect, and nothing says where: say --bootstrap HOST:PORT"
        )
    tell = partial(typer.echo, err=True)
    with tempfile.TemporaryDirectory(prefix="throughline-kafka-") as place:
        kafka = Path(place) / "kafka"
        kafka.mkdir()
        try:
            from deploy import brokers  # noqa: PLC0415  # a slim install lacks what it needs

            started = brokers.local(kafka, brokers.way_of(kafka, chosen.broker, tell), tell).start()
        except ModuleNotFoundError as error:
            raise ThroughlineError(f"no Kafka can be started here without {error.name}; {SAY}") from None
        except ThroughlineError as error:
            raise ThroughlineError(f"{error}; {SAY}") from None
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it is ended then too
        try:
            topics.create(clients.admin(started.bootstrap), topics.table([agreement], 1, 1))
            yield started.bootstrap
        finally:
            started.stop()


def _say(one: Check) -> None:
    """A line."""
    status = typer.style(one.status.ljust(WIDTH), STYLES[one.status])
    typer.echo(f"{status}  {one.name}" + (f": {one.told}" if one.told else ""))


def _document(plan: Plan, found: Sequence[Check], counts: Counter[Status], *, is_own: bool) -> dict[str, object]:
    """As JSON values."""
    summed = {status.replace(" ", "_"): counts[status] for status in STYLES}
    results = [{"check": one.name, "status": one.status.replace(" ", "_"), "told": one.told} for one in found]
    broker = "own" if is_own else "given"
    return {"partner": plan.partner, "broker": broker, "checks": len(found), **summed, "results": results}
