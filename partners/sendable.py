"""What a partner's program must not send, seen before it is sent; a file's rows are looked at where they are read."""

from collections.abc import Sequence

from partners.events import ids_like_ssn
from partners.rows import Row
from streams.errors import ThroughlineError


class RefusedEventError(ThroughlineError):
    """An event that must not be sent as it is. None of its batch was; those before it were handed over.

    Attributes:
        event_id: of the event.
        field: of its envelope that is wrong.
    """

    def __init__(self, row: Row, field: str, why: str) -> None:
        """Say what is wrong with a physical row, and no value of it."""
        super().__init__(f"an event is not sent: envelope.{field} {why}")
        self.event_id: str = row["envelope"]["event_id"]
        self.field = field


def check_sendable(rows: Sequence[Row], partner_id: str) -> None:
    """See that physical rows are a partner's own, and that no key of theirs looks like a social security number.

    Raises:
        RefusedEventError: one is not.
    """
    for row in rows:
        if row["envelope"]["partner_id"] != partner_id:
            raise RefusedEventError(row, "partner_id", f"names another partner than the publisher's, {partner_id}")
        for name in ids_like_ssn(row):
            why = "looks like a social security number, and goes into a message's key: use your system's own id"
            raise RefusedEventError(row, name, why)
