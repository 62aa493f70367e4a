"""Types whose repr is a mask, and the base of the frozen models."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

MASK = "***"
T = TypeVar("T")
Hidden = Annotated[T, MASK]
"""A field about a person of a type that has no masked twin, as a symbol or a boolean: ``***`` in its model's repr."""


class Masked(str):
    """A string about a person: itself in data, ``***`` in any repr, and so in logs and tracebacks."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Never the value."""
        return MASK

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as a string, then wrap."""
        del source, handler
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


class MaskedDate(date):
    """A date about a person, as a birth date: itself in data, ``***`` in any repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Never the value."""
        return MASK

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as a date, then wrap."""
        del source, handler
        return core_schema.no_info_after_validator_function(
            lambda day: cls(day.year, day.month, day.day), core_schema.date_schema()
        )


class Frozen(BaseModel):
    """Base of the models: immutable, unknown fields refused, no input value in an error's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Fields and values for repr, str and rich; a hidden field's value is a mask unless it is null."""
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            hidden = name in fields and MASK in fields[name].metadata
            yield name, Masked() if hidden and value is not None else value


class Event(Frozen):
    """Base of a partner event's models; each subclass adds envelope and body."""
