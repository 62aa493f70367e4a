"""Worker consent: the ordered log in, each recipient's releases and the audit out. See ``processors/consent``."""

from processors import names, sealing
from processors.consent import chain, sweep
from processors.consent import decide as consent
from processors.consent.settle import Context
from processors.records import Arrival, Arrivals, Outs
from processors.state import Working
from streams import layout, newer
from streams.errors import Stop, StoppedError
from streams.pulse import Progress
from streams.settings import Settings
from streams.stage import StageParts
from streams.store import Store

NAME = "consent"
OWN = ("resolved.", "released.", "receipts.", "audit.")
"""How the names of topics begin that it reads or writes."""


def parts(settings: Settings, keys: sealing.Keys) -> StageParts:
    """What makes the stage consent."""
    context = Context(keys, settings.released_partitions)
    sweeps: list[Progress] = []

    def decide(arrivals: Arrivals, state: Working) -> Outs:
        newer.check_schemas(NAME, arrivals)
        outs = consent.decide(arrivals, state, context)
        sweeps[:] = _progress(state)
        state.reached = chain.reached(state)
        return outs

    return StageParts(
        NAME,
        nothing,
        inputs,
        decide,
        reject,
        layout=lambda there: layout.check(there, settings, OWN),
        batch_records=settings.batch_records,
        linger_seconds=settings.linger_seconds,
        sweeps=lambda: tuple(sweeps),
    )


def _progress(state: Working) -> list[Progress]:
    """How far the sweeps are."""
    everyone = sweep.progress(state)
    return [
        Progress(sweep.DAY, is_running=sweep.is_day_under_way(state)),
        Progress(sweep.EVERYONE, everyone is not None, *(everyone or ())),
    ]


def forgotten(store: Store) -> list[str]:
    """Tables of which no file is to hold what was said of erased records."""
    del store
    return ["record", "fact"]


def nothing(topic: str) -> bool:
    """One log, one order: no topic comes first."""
    del topic
    return False


def inputs(topic: str) -> bool:
    """What consent reads."""
    return topic == names.RESOLVED_EVENTS


def reject(arrival: Arrival, state: Working) -> Outs:
    """No dead letter here: leaving a record of the log out would change whose events come after it.

    Raises:
        StoppedError: always.
    """
    del state
    line = f"consent cannot decide {arrival.position}: report this; nothing after it was released"
    raise StoppedError(line, Stop.UNDECIDABLE)
