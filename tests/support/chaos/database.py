"""A PostgreSQL under faults: killed and started again, and connections cut between COMMIT and its reply."""

import random
import time

from support.cutting_proxy import CuttingProxy
from support.postgres import Postgres

RESTART, CUT = "db restart", "db cut"
DOWN_SECONDS = 3.0
"""At most, beside the time that a start takes."""
CUT_SECONDS = 2.0
"""For which a COMMIT is waited for at once; it may also come later."""


class Database:
    """One server, and the proxy by which those reach it whose connections are cut."""

    def __init__(self, server: Postgres, proxy: CuttingProxy, chance: random.Random) -> None:
        """Of a server that runs."""
        self._server, self._proxy, self._chance = server, proxy, chance
        self._asked = 0

    def restart(self) -> bool:
        """Kill it as a crash does and start it again: it recovers from its log."""
        self._server.kill()
        time.sleep(self._chance.uniform(0, DOWN_SECONDS))
        self._server.start()
        return True

    def cut(self) -> bool:
        """Cut the connection of the next COMMIT once it is done, and before its reply; False: none came yet."""
        if self._asked == self._proxy.cuts:
            self._asked += 1
            self._proxy.cut_next("after")
        deadline = time.monotonic() + CUT_SECONDS
        while self._proxy.cuts < self._asked and time.monotonic() < deadline:
            time.sleep(0.02)
        return self._proxy.cuts == self._asked
