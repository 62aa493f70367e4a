"""Tables of codes that ship, by the names that mapping files call them by: the crosswalks of the contract."""

from collections.abc import Mapping

from schemas_avro.codes import crosswalks


def table(name: str) -> Mapping[str, str] | None:
    """A table; None: none has this name."""
    walk = crosswalks().get(name)
    return None if walk is None else walk.codes


def names() -> list[str]:
    """Of all tables."""
    return sorted(crosswalks())
