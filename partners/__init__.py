"""The partners' door: a client that publishes, file formats, a synthetic population. Knows Kafka and the contract.

``from partners import Publisher`` is what a partner's program needs. It is imported when it is asked for, so that
whoever reads files alone loads no Kafka client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partners.async_client import AsyncPublisher
    from partners.client import Publisher, PublishError, Report
    from partners.sendable import RefusedEventError

__all__ = ["AsyncPublisher", "PublishError", "Publisher", "RefusedEventError", "Report"]
_HOMES = {"AsyncPublisher": "partners.async_client", "RefusedEventError": "partners.sendable"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "partners.client")), name)
