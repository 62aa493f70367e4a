"""The models that Splink gets: for records of agencies, and for FEBRL. Trained without labels.

The thresholds are those with the best F1 of the ones tried with the truth at hand, so they flatter Splink.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on


@dataclass(frozen=True)
class Model:
    """What records are compared by."""

    comparisons: Sequence[object]
    blocking: Sequence[object]
    """Of the pairs that are scored."""
    certain: Sequence[object]
    """Rules whose pairs are surely matches; the share of matches is estimated from them."""
    certain_recall: float
    training: Sequence[object]
    """Blocks in which expectation-maximisation runs, one after the other."""
    match_weight: float
    """From which a pair is joined."""


def _compared(column: str, *levels: object, frequent: bool = True) -> cl.CustomComparison:
    """Levels from the most alike; the first are that a value is missing, and that both are the same.

    Args:
        column: what is compared.
        levels: between the same and anything else.
        frequent: whether the same rare value says more than the same common one.
    """
    same = cll.ExactMatchLevel(column, term_frequency_adjustments=frequent)
    return cl.CustomComparison([cll.NullLevel(column), same, *levels, cll.ElseLevel()], output_column_name=column)


def _alike(column: str, *similarities: float) -> list[object]:
    return [cll.JaroWinklerLevel(column, similarity) for similarity in similarities]


def _mistyped(column: str, *errors: int) -> list[object]:
    return [cll.DamerauLevenshteinLevel(column, count) for count in errors]


def _initial(column: str) -> object:
    least = f"least(length({column}_l), length({column}_r))"
    return cll.CustomLevel(f"{least} = 1 and substr({column}_l, 1, 1) = substr({column}_r, 1, 1)", "initial")


def _begins(column: str) -> str:
    least = f"least(length({column}_l), length({column}_r))"
    return f"({least} > 2 and (starts_with({column}_l, {column}_r) or starts_with({column}_r, {column}_l)))"


_SWAPPED = cll.CustomLevel("first_name_l = last_name_r and last_name_l = first_name_r", "names swapped")
_BY_MIDDLE = cll.CustomLevel("first_name_l = middle_name_r or middle_name_l = first_name_r", "by the middle name")
_PART = cll.CustomLevel(
    f"list_has_any(string_split(last_name_l, ' '), string_split(last_name_r, ' ')) or {_begins('last_name')}",
    "part of a double name, or cut off",
)
_DAY_FOR_MONTH = cll.CustomLevel(
    "substr(dob_l, 1, 4) = substr(dob_r, 1, 4) and substr(dob_l, 6, 2) = substr(dob_r, 9, 2) "
    "and substr(dob_l, 9, 2) = substr(dob_r, 6, 2)",
    "day for month",
)
_CUT_OFF = cll.CustomLevel(_begins("first_name"), "cut off")
_SAME_ZIP = cll.CustomLevel("zip_l = zip_r", "another house of the postcode")
_SAME_CITY = cll.CustomLevel("city_l = city_r", "another of the city")

AGENCIES = Model(
    comparisons=[
        _compared(
            "first_name", _SWAPPED, _initial("first_name"), _BY_MIDDLE, _CUT_OFF, *_alike("first_name", 0.9, 0.8)
        ),
        _compared("last_name", _SWAPPED, _PART, *_alike("last_name", 0.9, 0.8)),
        _compared("middle_name", _initial("middle_name"), *_alike("middle_name", 0.9)),
        _compared("dob", *_mistyped("dob", 1), _DAY_FOR_MONTH, *_mistyped("dob", 2), frequent=False),
        _compared("sex", frequent=False),
        _compared("ssn", *_mistyped("ssn", 1, 2), frequent=False),
        _compared("address", *_alike("address", 0.95), _SAME_ZIP, _SAME_CITY),
        _compared("email"),
        _compared("local_id", frequent=False),
    ],
    blocking=[
        block_on("ssn"),
        block_on("email"),
        block_on("local_id"),
        block_on("first_name", "last_name"),
        block_on("dob", "last_name"),
        block_on("dob", "first_name"),
        block_on("dob", "address"),
        block_on("first_name", "address"),
        block_on("substr(ssn, 1, 5)", "substr(last_name, 1, 4)"),
        block_on("substr(ssn, 5, 5)", "substr(first_name, 1, 3)"),
        block_on("substr(ssn, 4, 6)"),
        "l.first_name = r.last_name and l.last_name = r.first_name and l.dob = r.dob",
    ],
    certain=[block_on("ssn", "last_name"), block_on("first_name", "last_name", "dob")],
    certain_recall=0.8,
    training=[block_on("dob"), block_on("ssn"), block_on("first_name", "last_name")],
    match_weight=5,
)

FEBRL = Model(
    comparisons=[
        _compared("first_name", _SWAPPED, *_alike("first_name", 0.92, 0.8)),
        _compared("last_name", _SWAPPED, *_alike("last_name", 0.92, 0.8)),
        _compared("dob", *_mistyped("dob", 1, 2), frequent=False),
        _compared("ssn", *_mistyped("ssn", 1, 2), frequent=False),
        _compared("address", *_alike("address", 0.9, 0.75)),
        _compared("city", *_alike("city", 0.9, 0.8)),
        _compared("zip", *_mistyped("zip", 1)),
    ],
    blocking=[
        block_on("ssn"),
        block_on("dob"),
        block_on("first_name", "last_name"),
        block_on("first_name", "zip"),
        block_on("last_name", "zip"),
        block_on("address"),
        block_on("zip", "substr(address, 1, 4)"),
        block_on("city", "substr(address, 1, 4)"),
        block_on("substr(ssn, 1, 4)", "zip"),
        block_on("substr(ssn, 4, 4)", "zip"),
        "l.first_name = r.last_name and l.last_name = r.first_name",
    ],
    certain=[block_on("ssn"), block_on("first_name", "last_name", "dob")],
    certain_recall=0.9,
    training=[block_on("dob"), block_on("zip")],
    match_weight=6,
)
