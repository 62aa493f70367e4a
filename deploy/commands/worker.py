"""``throughline worker resolve|consent|signals``: the single-active stages, and the signals after them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import structlog
import typer

from deploy.console import bootstrap, stop_on_signals
from schemas_avro import codec
from streams import consent, memory, resolve, settings, telemetry
from streams.errors import Stop, ThroughlineError
from streams.forgetting import Forgetting
from streams.heads import signer_of
from streams.health import Health, served
from streams.keyring import Keyring
from streams.metrics import Metrics
from streams.pulse import Done, Pulse
from streams.settings import Settings
from streams.stage import INTERNAL_ERRORS_IN_A_ROW, Stage, StageParts
from streams.stops import Stops
from streams.store import Store, path_of

log = structlog.get_logger()
SIGNALS = "signals"
ROLES = (resolve.NAME, consent.NAME, SIGNALS)
LESS_URGENT = 10
"""Niceness of signals: a release that waits for a signal would be the wrong way round."""


def worker(role: Annotated[str, typer.Argument(help="resolve, consent or signals.")]) -> None:
    """Run one stage until SIGTERM; the batch under way is finished.

    Example: throughline worker resolve
    """
    if role not in ROLES:
        raise ThroughlineError(f"no worker is called {role}; there are {', '.join(ROLES)}")
    chosen = settings.load()
    telemetry.configure(role, chosen.data_dir / "logs", chosen.log_level)
    codec.use_arrow(chosen.codec == "arrow")
    memory.prepare()
    if role == SIGNALS:
        _give_way()
        run_signals(chosen, bootstrap(must_answer=False), stop_on_signals())
    else:
        run_stage(role, chosen, bootstrap(must_answer=False), stop_on_signals())


def _give_way() -> None:
    """Let the others have the processor first."""
    os.nice(LESS_URGENT)
    # Linux shares the processor between sessions; within a session of one's own, niceness alone means nothing.
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LESS_URGENT), encoding="ascii")


def run_signals(chosen: Settings, address: str, stopping: threading.Event) -> None:
    """Run the signals over their store until told to stop.

    Raises:
        ThroughlineError: what no waiting mends, but a stop: that is stood still for.
    """
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
    keyring = Keyring(keys_dir(chosen))
    with Store.open(path_of(chosen.data_dir, role), chosen.store_cache_mb) as store:
        parts = stage_parts(role, chosen, address, keyring)
        metrics = Metrics(role, parts.pulse, parts.sweeps)
        stops = Stops(role, chosen.data_dir)
        forgetting = _forgetting(role, store, keyring)
        with _signing(role, chosen, metrics) as signs:
            after = (*parts.after, metrics.done, stops.done, forgetting.done, *signs)
            parts = replace(parts, after=after, errors_before=_errors_before(stops))
            stage = Stage(parts, address, store, keyring)
            metrics.follow(stage.standings)
            if role == resolve.NAME:
                metrics.begin_identity()
                _know_partners(metrics, chosen)
            else:
                metrics.begin_orders()
            with served(Health(role, parts.pulse, metrics), chosen):
                log.info("started", kafka=address)
                stops.stand_still_after(lambda: stage.run(stopping), parts.pulse, stopping)
        stage.close()
    keyring.close()
    log.info("stopped")


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
