"""A partner that publishes at an even rate, whatever becomes of the broker."""

import threading
import time
from collections.abc import Sequence

from deploy.demo_run import PARTNER
from partners.client import Publisher, PublishError
from partners.population import Planned
from partners.population.send import send

PATIENCE_SECONDS = 5.0
"""For an acknowledgement. Shorter than some times without a broker: then the partner sends again."""
TRIES = 60
LOOK_SECONDS = 0.02


class Partner:
    """Sends events, and sends again what was not acknowledged, as partners are told to: the ids are the same."""

    def __init__(self, bootstrap: str) -> None:
        """To a broker."""
        self.sent_again = 0
        """Events."""
        self.gives_up = threading.Event()
        """Set by whoever has no use for more."""
        self._bootstrap = bootstrap
        self._publisher = self._new()

    def _new(self) -> Publisher:
        return Publisher(self._bootstrap, PARTNER, timeout_seconds=PATIENCE_SECONDS)

    def send_evenly(self, events: Sequence[Planned], seconds: float) -> set[str]:
        """Send events over some seconds; ids that the broker acknowledged."""
        started, sent, acknowledged = time.monotonic(), 0, set[str]()
        while (gone := time.monotonic() - started) < seconds or sent < len(events):
            if self.gives_up.is_set():
                break
            due = min(len(events), round(len(events) * gone / seconds))
            acknowledged |= self._send(events[sent:due])
            sent = max(sent, due)
            time.sleep(LOOK_SECONDS)
        return acknowledged

    def _send(self, events: Sequence[Planned]) -> set[str]:
        for again in range(TRIES):
            try:
                return send(self._publisher, events)
            except PublishError:
                if again == TRIES - 1 or self.gives_up.is_set():
                    raise
            # All of them: which were taken the partner need not know.
            self.sent_again += len(events)
            self._publisher = self._new()
        return set()
