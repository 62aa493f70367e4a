"""Where the time goes: CPU of the functions that do a stage's parts, each without what it calls of another part."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from processors import sealing
from processors.consent import audit, release
from processors.state import Working
from schemas_avro import codec
from sinks import release_rows, view_batch
from streams.store import Store

PLACES: dict[str, tuple[tuple[Any, str], ...]] = {
    "decode": ((codec, "decode"),),
    "encode": ((codec, "encode"), (codec, "encode_rows"), (release, "encode")),
    "look_ups": ((Store, "get_many"), (Store, "scan")),
    "json": ((Working, "prefetch"), (Working, "changes"), (view_batch, "texts")),
    "seal": ((sealing, "seal"), (sealing, "unseal")),
    "chain": ((audit, "chained"),),
    "commit": ((Store, "commit"),),
    "write": ((release_rows.ReleaseWriter, "write"),),
}
"""The functions that each part is done in."""
REST = "decide"
"""The part that all else belongs to."""


class Clock:
    """CPU seconds by stage and part."""

    def __init__(self) -> None:
        """Nothing runs."""
        self.seconds: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self._stage = ""
        self._parts: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What runs within is the work of a stage."""
        self._stage = name
        with self._part(REST):
            yield

    @contextmanager
    def by_parts(self) -> Iterator[None]:
        """While it lasts, the functions that do a part say so."""
        held = [(owner, name, getattr(owner, name)) for places in PLACES.values() for owner, name in places]
        for part, places in PLACES.items():
            for owner, name in places:
                setattr(owner, name, self._timed(part, getattr(owner, name)))
        yield
        for owner, name, function in held:
            setattr(owner, name, function)

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            with self._part(part):
                return function(*args, **named)

        return timed

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        self._note()
        self._parts.append(name)
        yield
        self._note()
        self._parts.pop()

    def _note(self) -> None:
        """Give the time since the last note to the part that it was spent in."""
        now = time.process_time()
        if self._parts:
            self.seconds[self._stage][self._parts[-1]] += now - self._since
        self._since = now
