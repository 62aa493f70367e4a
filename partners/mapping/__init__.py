"""Mapping files: how the columns of a partner's own file become the fields of a family, said by the partner."""

from partners.mapping.document import load
from partners.mapping.model import Mapped
from partners.mapping.rows import reader_by

__all__ = ["Mapped", "load", "reader_by"]
