"""Rows on topics, where a test speaks in the place of whoever writes there."""

from collections.abc import Sequence
from typing import Any

from deploy import control
from processors.drafts import Draft

Row = dict[str, Any]


def put(address: str, topic: str, subject: str, rows: Sequence[Row], key: str) -> None:
    """Write rows onto a topic as resolve and stewards do; ``key`` names the field that is a row's key."""
    control.send(address, [Draft(topic, row[key], subject, row, f"{topic}{n}") for n, row in enumerate(rows)])
