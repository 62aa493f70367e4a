"""What librdkafka does not ask a broker, or does not hear the answer to, asked by aiokafka's client.

librdkafka has no requests about limits (its issue 5227); aiokafka knows the question and not yet the order, which is
here as KIP-546 has it. And where a broker refuses to tell its access control lists, librdkafka 2.16 says that there
are none; where it refuses to tell its users, it frees what is not its own, and the process aborts.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeAclsRequest, DescribeClientQuotasRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

from deploy.acl.wanted import Limit
from streams.access import of_environment
from streams.errors import ThroughlineError

TEXT = String("utf-8")
ANY_NAMED, BY_DEFAULT = 2, 1
"""Which entities are asked for."""
TOPIC, LITERAL, ANY = 2, 3, 1
"""Which access control lists are asked for, as the protocol numbers it."""
SECONDS = 15.0


class _AlteredV0(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", TEXT),
                ("entity", Array(("entity_type", TEXT), ("entity_name", TEXT))),
            ),
        ),
    )


class _AlterV0(RequestStruct):  # type: ignore[misc]
    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = _AlteredV0
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", Array(("entity_type", TEXT), ("entity_name", TEXT))),
                ("ops", Array(("key", TEXT), ("value", Float64), ("remove", Boolean))),
            ),
        ),
        ("validate_only", Boolean),
    )


class _Alter(Request[_AlterV0]):  # type: ignore[misc]
    API_KEY = 49

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    def build(self, request_struct_class: type[_AlterV0]) -> _AlterV0:
        return request_struct_class(self._entries, False)  # noqa: FBT003  # to be done, not only looked at


def refusal(bootstrap: str) -> str:
    """What a broker says to whoever asks for access control lists, as Kafka calls it; empty: it tells them.

    Raises:
        ThroughlineError: it does not answer.
    """
    [answer] = _ask(bootstrap, [DescribeAclsRequest(TOPIC, "no-topic", LITERAL, None, None, ANY, ANY)])
    return "" if not answer.error_code else str(for_code(answer.error_code).message)


def limits(bootstrap: str) -> dict[Limit, float]:
    """Limits of users and of addresses that a broker has.

    Raises:
        ThroughlineError: it does not answer, or refuses.
    """
    asked = [
        DescribeClientQuotasRequest([(kind, match, None)], True)  # noqa: FBT003  # strictly so
        for kind in ("user", "ip")
        for match in (ANY_NAMED, BY_DEFAULT)
    ]
    found: dict[Limit, float] = {}
    for answer in _ask(bootstrap, asked):
        _must_be_fine(answer.error_code, answer.error_message)
        for entity, values in answer.entries or ():
            [(kind, name)] = entity
            found |= {Limit(kind, name or "", what): value for what, value in values}
    return found


def alter(bootstrap: str, set_: Mapping[Limit, float], dropped: Collection[Limit]) -> None:
    """Set limits, and drop others.

    Raises:
        ThroughlineError: the broker does not answer, or refuses.
    """
    changes = [(limit, value, False) for limit, value in set_.items()] + [(limit, 0.0, True) for limit in dropped]
    by_entity: dict[tuple[str, str], list[tuple[str, float, bool]]] = {}
    for limit, value, is_dropped in changes:
        by_entity.setdefault((limit.kind, limit.name), []).append((limit.what, value, is_dropped))
    if not by_entity:
        return
    entries = [([(kind, name or None)], said) for (kind, name), said in by_entity.items()]
    [answer] = _ask(bootstrap, [_Alter(entries)])
    for code, message, _ in answer.entries:
        _must_be_fine(code, message)


def _must_be_fine(code: int, message: str | None) -> None:
    if code:
        raise ThroughlineError(f"the broker refuses what is asked of limits: {message or for_code(code).__name__}")


def _ask(bootstrap: str, requests: list[Any]) -> list[Any]:
    """Ask a broker, one after the other."""
    try:
        return asyncio.run(_asked(bootstrap, requests))
    except (KafkaError, OSError, TimeoutError) as error:
        raise ThroughlineError(f"the broker does not answer: {type(error).__name__}") from error


async def _asked(bootstrap: str, requests: list[Any]) -> list[Any]:
    async with asyncio.timeout(SECONDS):
        client = AIOKafkaClient(bootstrap_servers=bootstrap.split(","), **of_environment().for_aiokafka())
        try:
            await client.bootstrap()
            node = client.get_random_node()
            await client.ready(node)
            return [await client.send(node, request) for request in requests]
        finally:
            await client.close()
