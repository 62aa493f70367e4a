"""``throughline worker resolve|consent|signals|sink``: the single-active stages, and what comes after them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import structlog
import typer

from deploy.console import bootstrap, stop_on_signals
from deploy.named import one_of_its_name
from deploy.views_dsn import views_dsn
from schemas_avro import codec
from streams import clients, consent, memory, resolve, settings, telemetry, topics
from streams.errors import Stop, ThroughlineError
from streams.forgetting import Forgetting
from streams.heads import signer_of
from streams.health import Health, served
from streams.keyring import Keyring
from streams.leases import FileLease, Lease
from streams.metrics import Metrics
from streams.pulse import Done, Pulse
from streams.replication import Wanted
from streams.settings import Settings
from streams.stage import INTERNAL_ERRORS_IN_A_ROW, Stage, StageParts, Turn
from streams.standby import Standby
from streams.stops import Stops
from streams.store import Store, path_of

log = structlog.get_logger()
SIGNALS = "signals"
SINK = "sink"
ROLES = (resolve.NAME, consent.NAME, SIGNALS, SINK)
LESS_URGENT = 10
"""Niceness of signals: a release that waits for a signal would be the wrong way round."""


def worker(role: Annotated[str, typer.Argument(help="resolve, consent, signals or sink.")]) -> None:
    """Run one stage until SIGTERM; the batch under way is finished.

    Example: throughline worker resolve
    """
    if role not in ROLES:
        raise ThroughlineError(f"no worker is called {role}; there are {', '.join(ROLES)}")
    chosen = settings.load()
    telemetry.configure(chosen.name_of(role), chosen.data_dir / "logs", chosen.log_level)
    codec.use_arrow(chosen.codec == "arrow")
    memory.prepare()
    if role == SIGNALS:
        _give_way()
        run_signals(chosen, bootstrap(must_answer=False), stop_on_signals())
    elif role == SINK:
        views_dsn(chosen)
        from deploy.shared_views import run_sink  # noqa: PLC0415  # needs an extra, which was asked for just now

        run_sink(chosen.name_of(role), chosen, bootstrap(must_answer=False), stop_on_signals())
    else:
        run_stage(role, chosen, bootstrap(must_answer=False), stop_on_signals())


def _give_way() -> None:
    """Let the others have the processor first."""
    os.nice(LESS_URGENT)
    # Linux shares the processor between sessions; within a session of one's own, niceness alone means nothing.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LESS_URGENT), encoding="ascii")


def run_signals(chosen: Settings, address: str, stopping: threading.Event) -> None:
    """Run the signals until told to stop: over their one store, or where they have a name, a share of them.

    Raises:
        ThroughlineError: what no waiting mends, but a stop: that is stood still for.
    """
    if chosen.instance is not None:
        from deploy.shared_signals import run_shared_signals  # noqa: PLC0415  # as below

        run_shared_signals(chosen, address, stopping)
        return
    from streams import signals  # noqa: PLC0415  # Faust takes 0.3 s to load, which a stage that starts again would lose

    with Store.open(path_of(chosen.data_dir, SIGNALS), chosen.store_cache_mb) as store:
        metrics = Metrics(SIGNALS, pulse := Pulse())
        stops = Stops(SIGNALS, chosen.data_dir)
        worker_ = signals.Signals(chosen, address, store, pulse, lambda done: _tell(done, metrics, stops))
        metrics.follow(worker_.standings)
        with served(Health(SIGNALS, pulse, metrics), chosen):
            log.info("started", kafka=address)
            stops.stand_still_after(lambda: worker_.run(stopping), pulse, stopping)
    log.info("stopped")


def run_stage(role: str, chosen: Settings, address: str, stopping: threading.Event) -> None:
    """Run a stage over its store until told to stop.

    Raises:
        ThroughlineError: what no waiting mends, but a stop: that is stood still for.
    """
    with closing(Keyring(keys_dir(chosen))) as keyring:
        parts = stage_parts(role, chosen, address, keyring)
        metrics, stops = Metrics(role, parts.pulse, parts.sweeps), Stops(chosen.name_of(role), chosen.data_dir)
        parts = replace(parts, after=(*parts.after, metrics.done, stops.done), errors_before=_errors_before(stops))
        _begin(metrics, role, chosen)

        def act(store: Store, turn: Turn | None = None) -> None:
            forgetting = _forgetting(role, store, keyring)
            with _signing(role, chosen, metrics) as signs:
                mine = replace(parts, after=(*parts.after, forgetting.done, *signs), turn=turn)
                with closing(Stage(mine, address, store, keyring)) as stage:
                    metrics.follow(stage.standings)
                    stage.run(stopping)

        with (
            _watching_registry(role, chosen, metrics),
            _acting(role, chosen, address, parts, act, metrics) as run,
            served(Health(chosen.name_of(role), parts.pulse, metrics), chosen),
        ):
            log.info("started", kafka=address)
            stops.stand_still_after(lambda: run(stopping), parts.pulse, stopping)
    log.info("stopped")


@contextmanager
def _acting(
    role: str,
    chosen: Settings,
    address: str,
    parts: StageParts,
    act: Callable[[Store, Turn | None], None],
    metrics: Metrics,
) -> Iterator[Callable[[threading.Event], None]]:
    """What runs a stage until told to stop: over its one store, or in turns with others."""
    path = path_of(chosen.data_dir, chosen.name_of(role))
    if chosen.instance is None:
        with Store.open(path, chosen.store_cache_mb) as store:
            yield lambda _: act(store, None)
        return
    wanted = Wanted(chosen.replication_factor, chosen.min_insync_replicas)
    topics.create(clients.admin(address), [topics.of_state(role)], wanted)
    with (
        one_of_its_name(chosen.data_dir, chosen.name_of(role)),
        closing(_lease(role, chosen.instance, chosen)) as lease,
    ):
        standby = Standby(
            role, chosen.instance, address, path, lease, parts.inputs, cache_mb=chosen.store_cache_mb, pulse=parts.pulse
        )
        metrics.follow_turns(lambda: (standby.is_acting, standby.is_level))
        yield lambda stopping: standby.run(act, stopping)


def _lease(role: str, instance: str, chosen: Settings) -> Lease:
    if chosen.leases_dsn is None:
        return FileLease.of(chosen.data_dir, role)
    from streams.postgres_leases import PostgresLease  # noqa: PLC0415  # an extra that one machine does not need

    return PostgresLease(chosen.leases_dsn.get_secret_value(), role, instance)


def _begin(metrics: Metrics, role: str, chosen: Settings) -> None:
    """Begin counts at 0, so that the first one is seen as a rise."""
    if role == resolve.NAME:
        metrics.begin_identity()
        _know_partners(metrics, chosen)
    else:
        metrics.begin_orders()


def _forgetting(role: str, store: Store, keyring: Keyring) -> Forgetting:
    if role == resolve.NAME:
        return Forgetting(role, store, resolve.forgotten)
    return Forgetting(role, store, consent.forgotten, keyring)


@contextmanager
def _signing(role: str, chosen: Settings, metrics: Metrics) -> Iterator[list[Callable[[Done], None]]]:
    """Who is to hear of batches so that the audit's heads are signed: consent's have it."""
    if role != consent.NAME:
        yield []
        return
    signer = signer_of(chosen).start()
    metrics.follow_audit(signer.waiting)
    try:
        yield [signer.done]
    finally:
        signer.end()


@contextmanager
def _watching_registry(role: str, chosen: Settings, metrics: Metrics) -> Iterator[None]:
    """Look beside resolve's work whether a registry says what the catalog says."""
    if role != resolve.NAME or chosen.registry is None:
        yield
        return
    from deploy.registry_watch import watching  # noqa: PLC0415  # loads what a stage has no need of

    end = watching(chosen.registry, metrics.follow_registry)
    try:
        yield
    finally:
        end()


def _know_partners(metrics: Metrics, chosen: Settings) -> None:
    """For labels only: the agreements that count are those in the log."""
    from deploy.agreements_folder import load_agreements  # noqa: PLC0415  # consent has no need of what that loads

    with suppress(ThroughlineError):
        metrics.know_partners([a.party for a in load_agreements(chosen.agreements) if a.tier == "mou"])


def _errors_before(stops: Stops) -> int:
    """A stage that a bug has stopped stops again at the next error: it does not begin to count anew."""
    noted = stops.noted()
    return INTERNAL_ERRORS_IN_A_ROW - 1 if noted is not None and noted.why is Stop.INTERNAL_ERRORS else 0


def _tell(done: Done, metrics: Metrics, stops: Stops) -> None:
    metrics.done(done)
    stops.done(done)


def stage_parts(role: str, chosen: Settings, address: str, keyring: Keyring) -> StageParts:
    """What makes the stage of a role."""
    return resolve.parts(chosen, address, keyring) if role == resolve.NAME else consent.parts(chosen, keyring)


def keys_dir(chosen: Settings) -> Path:
    """Folder of the keyring: to be backed up apart from everything else."""
    return chosen.data_dir / "keys"
