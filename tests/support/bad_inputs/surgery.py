"""Surgery on the bytes of a partner event, for inputs that no encoder writes."""

from schemas_avro import catalog, wire
from support.events import Message, zigzag


def payload(sent: Message) -> bytes:
    """Avro bytes of a message."""
    return wire.payload_of(sent.value or b"")


def with_value(sent: Message, value: bytes | None) -> Message:
    """The message with another value."""
    return sent._replace(value=value)


def with_payload(sent: Message, changed: bytes) -> Message:
    """The message with other Avro bytes under its own schema id."""
    return sent._replace(value=(sent.value or b"")[: wire.HEADER.size] + changed)


def under(sent: Message, schema: int | str) -> Message:
    """The message under another schema id, or another subject's."""
    schema_id = catalog.id_of(schema) if isinstance(schema, str) else schema
    return sent._replace(value=wire.frame(schema_id, payload(sent)))


def place_of(sent: Message, other: Message) -> int:
    """Place of the first byte in which two messages of one schema differ."""
    pairs = zip(payload(sent), payload(other), strict=False)
    return next(i for i, (one, two) in enumerate(pairs) if one != two)


def replaced(sent: Message, other: Message, new: bytes) -> Message:
    """The message with other bytes in place of the byte in which it first differs from another message."""
    place = place_of(sent, other)
    return with_payload(sent, payload(sent)[:place] + new + payload(sent)[place + 1 :])


def with_number(sent: Message, mark: int, number: int) -> Message:
    """The message, a number that it holds once replaced by one that its field's type may not hold."""
    return with_bytes(sent, zigzag(mark), zigzag(number))


def with_bytes(sent: Message, old: bytes, new: bytes) -> Message:
    """The message, bytes that its payload holds once replaced by others.

    Raises:
        ValueError: it holds them not at all, or more than once.
    """
    if payload(sent).count(old) != 1:
        raise ValueError("these bytes are not there once")
    return with_payload(sent, payload(sent).replace(old, new))
