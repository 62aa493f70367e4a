"""Ports of loopback that stay a server's own while it is down."""

import random
from itertools import islice

from deploy.local_kafka import is_free

PORTS = range(20_000, 32_000)
"""Below those that Linux gives to whoever connects: nobody else gets one, and nobody who looks for it meets itself."""


def free_ports(count: int) -> list[int]:
    """Some that nobody listens on, by chance: another run of the tests may be looking too."""
    tried = iter(random.sample(PORTS, len(PORTS)))
    return list(islice(filter(is_free, tried), count))
