"""What must stand at the end: the script decided record by record, with nothing that fails and nothing in between."""

import functools

from simulation.script import Script, script
from simulation.views import PARTITIONS, Kept, Sight, row_of

from processors.consent import decide as consent
from processors.consent.settle import Context
from processors.names import RESOLVED_EVENTS
from processors.records import Arrival, Arrivals
from processors.state import Memory, Working


def memory_of(one: Script) -> tuple[Memory, dict[Sight, Kept]]:
    """Consent's state after a script, and the rows that it told of."""
    state, context = Memory(), Context(one.keys, PARTITIONS)
    rows: dict[Sight, Kept] = {}
    for offset, logged in enumerate(one.logged):
        part = [Arrival(RESOLVED_EVENTS, 0, offset, 0, logged.key, logged.value, {"ce_id": logged.id.encode()})]
        while part or state.scan("sweep", ""):
            working = Working(state)
            outs = consent.decide(Arrivals.of(part), working, context)
            state.apply(working.changes())
            rows.update(found for out in outs if out.topic.startswith("released.") and (found := row_of(out.value)))
            part = []
    return state, rows


@functools.lru_cache(maxsize=16)
def standing(number: int) -> dict[Sight, str]:
    """Rows that stand after the script of a number."""
    _, rows = memory_of(script(number))
    return {sight: kept.terms for sight, kept in rows.items() if kept.terms is not None}
