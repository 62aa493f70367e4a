"""Splink's models: each level of ours takes over what Splink weighs its pairs with; what is not understood is named."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.linkage import MODEL

from processors.resolve.matching.levels import LEVELS
from processors.resolve.matching.model import Model
from processors.resolve.matching.splink import from_splink, is_splink
from processors.resolve.matching.training import LINK_BITS, REVIEW_BITS

FEBRL4 = Path(__file__).with_name("splink_febrl4.json").read_bytes()
"""Of Splink 5, trained on FEBRL's fourth set, which is made up."""
PRIOR = 0.001
Level = tuple[str, Any, Any]


def comparison(*levels: Level, name: str = "it") -> dict[str, Any]:
    """Of levels as SQL, m and u; a level for missing values goes before."""
    rows = [
        {"sql_condition": sql, "label_for_charts": f"level {sql}", "m_probability": m, "u_probability": u}
        for sql, m, u in levels
    ]
    missing = {"sql_condition": '"x_l" IS NULL OR "x_r" IS NULL', "label_for_charts": "null", "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [missing, *rows]}


def read(*comparisons: dict[str, Any], base: Model = MODEL) -> Model:
    """A model of some comparisons."""
    row = {"probability_two_random_records_match": PRIOR, "comparisons": list(comparisons)}
    return from_splink(orjson.dumps(row), base)


def share(model: Model, trait: str, *levels: str) -> tuple[float, float]:
    """Shares m and u of some levels together."""
    places = [LEVELS[trait].index(level) for level in levels]
    m, u = (sum(shares[trait][place] for place in places) for shares in (model.m, model.u))
    return round(m, 9), round(u, 9)


def alike(column: str) -> str:
    """SQL arguments of a column on both sides."""
    return f'"{column}_l", "{column}_r"'


def days(limit: float) -> str:
    """SQL of DuckDB, as Splink writes it."""
    return f"ABS(EPOCH(try_strptime(\"dob_l\", '%Y-%m-%d')) - EPOCH(try_strptime(\"dob_r\", '%Y-%m-%d'))) <= {limit}"


USER = "NULLIF(regexp_extract(\"email_{}\", '^[^@]+', 0), '')"
DOMAIN = "NULLIF(regexp_extract(\"email_{}\", '@([^@]+)$', 1), '')"
DAY_FOR_MONTH = (
    "substr(dob_l, 1, 4) = substr(dob_r, 1, 4) and substr(dob_l, 6, 2) = substr(dob_r, 9, 2) "
    "and substr(dob_l, 9, 2) = substr(dob_r, 6, 2)"
)
BOTH_NAMES = '("forename_l" = "forename_r") AND ("surname_l" = "surname_r")'

MAPPED: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "exact": ("given", '"first_name_l" = "first_name_r"', ("exact",)),
    "exact_in_lower_case": ("given", "lower(given_name_l) = lower(given_name_r)", ("exact",)),
    "exact_of_spark": ("surname", "`last_name_l` = `last_name_r`", ("exact",)),
    "jaro_winkler": ("given", f"jaro_winkler_similarity({alike('forename')}) >= 0.92", ("exact", "similar")),
    "jaro_winkler_of_spark": ("surname", f"jaro_winkler({alike('surname')}) >= 0.92", ("exact", "cut_off", "similar")),
    "jaro": ("middle", f"jaro_similarity({alike('middle_name')}) >= 0.9", ("exact", "similar")),
    "likeness_of_the_same_alone": ("given", f"jaro_winkler_similarity({alike('first_name')}) >= 0.99", ("exact",)),
    "levenshtein": ("number", f"levenshtein({alike('ssn')}) <= 1", ("exact", "typing_error")),
    "damerau": ("number", f"damerau_levenshtein({alike('soc_sec_id')}) < 2", ("exact", "typing_error")),
    "one_wrong_in_a_date": ("born", f"damerau_levenshtein({alike('date_of_birth')}) <= 1", ("exact", "one_digit")),
    "a_month": ("born", days(2629800.0), ("exact",)),
    "about_a_year": ("born", days(31708800.0), ("exact", "day_and_month", "year")),
    "ten_years_of_spark": (
        "born", "ABS(DATEDIFF(dob_l, dob_r)) <= 3653", ("exact", "day_and_month", "one_digit", "two_parts", "year")
    ),
    "same_year": (
        "born", 'year("dob_l") = year("dob_r")', ("exact", "day_and_month", "one_digit", "two_parts", "year")
    ),
    "day_for_month": (
        "born",
        DAY_FOR_MONTH,
        ("day_and_month",),
    ),
    "reversed": ("given", '"first_name_l" = "last_name_r" AND "first_name_r" = "last_name_l"', ("crossed",)),
    "reversed_seen_from_the_surname": ("surname", '"surname_l" = "forename_r"', ("crossed",)),
    "by_the_middle_name": (
        "given", "first_name_l = middle_name_r or middle_name_l = first_name_r", ("other_middle",)
    ),
    "first_letter": (
        "given", "substr(first_name_l, 1, 1) = substr(first_name_r, 1, 1)", ("exact", "similar", "initial", "token")
    ),
    "nicknames_in_common": (
        "given",
        'array_length(list_intersect("first_name_nicknames_l", "first_name_nicknames_r")) >= 1',
        ("exact", "nickname", "token"),
    ),
    "sound_in_common": (
        "surname", "SIZE(ARRAY_INTERSECT(surname_dm_l, surname_dm_r)) >= 1", ("exact", "similar")
    ),
    "street": ("address", f"jaro_winkler_similarity({alike('address')}) >= 0.9", ("exact", "similar")),
    "zip_of_an_address": ("address", "street_l = street_r or zip_l = zip_r", ("exact", "street", "similar", "zip")),
    "user_of_an_email": ("email", f"{USER.format('l')} = {USER.format('r')}", ("exact", "name")),
    "sex": ("sex", "gender_l = gender_r", ("exact",)),
    "phone": ("phone", "phone_number_l = phone_number_r", ("exact",)),
    "suffix": ("suffix", "suffix_l = suffix_r", ("exact",)),
}  # fmt: skip


@pytest.mark.parametrize("case", MAPPED)
def test_levels_of_ours_that_meet_a_condition_have_its_shares_and_all_others_those_of_the_rest(case: str) -> None:
    trait, sql, levels = MAPPED[case]
    model = read(comparison((sql, 0.7, 0.05), ("ELSE", 0.3, 0.95)))
    assert share(model, trait, *levels) == (0.7, 0.05)
    assert share(model, trait, *set(LEVELS[trait]) - set(levels)) == (0.3, 0.95)


def test_the_first_level_counts_that_is_met_and_what_none_meets_counts_with_the_next_below() -> None:
    exact, jaro_winkler = '"surname_l" = "surname_r"', f"jaro_winkler_similarity({alike('surname')}) >= "
    model = read(
        comparison(
            (exact, 0.6, 0.01), (jaro_winkler + "0.98", 0.1, 0.01), (jaro_winkler + "0.9", 0.1, 0.02),
            (jaro_winkler + "0.82", 0.05, 0.06), ("ELSE", 0.15, 0.9),
        )
    )  # fmt: skip
    assert share(model, "surname", "exact") == (0.6, 0.01)
    assert share(model, "surname", "similar", "cut_off") == (0.2, 0.03)
    assert share(model, "surname", "weak") == (0.05, 0.06)
    assert share(model, "surname", "token", "differ", "crossed") == (0.15, 0.9)


def test_levels_that_share_one_of_splinks_relate_as_in_the_base() -> None:
    model = read(comparison(("ssn_l = ssn_r", 0.6, 0.2), ("ELSE", 0.4, 0.8)))
    for ours, bases in ((model.m, MODEL.m), (model.u, MODEL.u)):
        assert ours["number"][1] / ours["number"][2] == pytest.approx(bases["number"][1] / bases["number"][2])


def test_a_comparison_of_two_names_at_once_says_of_each_what_it_asks_of_it() -> None:
    model = read(
        comparison(
            (BOTH_NAMES, 0.5, 0.001), ("surname_l = surname_r", 0.2, 0.01), ("forename_l = forename_r", 0.1, 0.02),
            ("ELSE", 0.2, 0.969),
        )
    )  # fmt: skip
    assert share(model, "given", "exact") == (0.6, 0.021)
    assert share(model, "surname", "exact") == (0.7, 0.011)
    assert share(model, "given", *LEVELS["given"]) == share(model, "surname", *LEVELS["surname"]) == (1, 1)


def test_zip_codes_beside_addresses_say_what_the_same_zip_weighs_where_the_address_is_another() -> None:
    address = comparison(("address_l = address_r", 0.6, 0.001), ("ELSE", 0.4, 0.999), name="address")
    model = read(address, comparison(("postcode_l = postcode_r", 0.8, 0.1), ("ELSE", 0.2, 0.9), name="postcode"))
    assert share(model, "address", "exact") == (0.6, 0.001)
    (m, u), (all_m, all_u) = share(model, "address", "zip"), share(model, "address", "zip", "differ")
    assert (m / all_m, u / all_u) == pytest.approx((0.8, 0.1))


@pytest.mark.parametrize("untrained", [(None, 0.5), (0.5, None), ("level not observed in training dataset", 0.5)])
def test_a_level_that_was_not_trained_keeps_the_shares_of_the_base(
    untrained: Sequence[Any],
) -> None:
    model = read(comparison(("email_l = email_r", 0.6, 0.001), (MAPPED["user_of_an_email"][1], *untrained),
                            ("ELSE", 0.3, 0.9)))  # fmt: skip
    assert share(model, "email", "exact") == (0.6, 0.001)
    assert share(model, "email", "name") == share(MODEL, "email", "name")


def test_a_level_that_was_never_seen_weighs_much_but_not_all() -> None:
    model = read(comparison(("sex_l = sex_r", 1, 0.5), ("ELSE", 0, 0.5)))
    assert -30 < model.bits["sex"][2] < -20


def test_what_splink_does_not_say_is_the_bases() -> None:
    model = read(comparison(("sex_l = sex_r", 0.9, 0.5), ("ELSE", 0.1, 0.5)))
    for trait in set(LEVELS) - {"sex"}:
        assert (model.m[trait], model.u[trait]) == (MODEL.m[trait], MODEL.u[trait])
    assert (model.vetoes, model.rules, model.rarest) == (MODEL.vetoes, MODEL.rules, MODEL.rarest)
    assert model.link_bits == pytest.approx(-math.log2(PRIOR) + LINK_BITS)
    assert model.review_bits == pytest.approx(-math.log2(PRIOR) + REVIEW_BITS)


def test_a_model_that_splink_trained_is_read_and_written_as_one_of_ours() -> None:
    model = from_splink(FEBRL4, MODEL)
    assert share(model, "given", "exact") == pytest.approx((0.6892, 0.0032), rel=1e-3)
    assert share(model, "number", "typing_error") == pytest.approx((0.05078, 0.000024), rel=0.01)
    bits = model.bits
    for trait in ("given", "surname", "born", "number", "address"):
        assert bits[trait][1] > 7
        assert bits[trait][LEVELS[trait].index("differ") + 1] < -1
    assert Model.from_json(model.to_json()) == model
    assert model.name != MODEL.name
    assert (is_splink(FEBRL4), is_splink(model.to_json()), is_splink(b"no JSON"), is_splink(b"[]")) == (1, 0, 0, 0)


NAMED = {
    "column": ("city_l = city_r", "the column city is no trait that is compared here"),
    "no_column": ("1 = 1", "its SQL names no column"),
    "measure": (f"jaccard({alike('surname')}) >= 0.9", "its measure is none that is known"),
    "sign": (f"levenshtein({alike('surname')}) >= 2", "its measure is none that is known"),
    "two_columns": ("ssn_l = email_r", "it compares one column with another in a way that is not known"),
    "measure_of_two": (
        "levenshtein(first_name_l, surname_r) <= 1", "it compares one column with another in a way that is not known"
    ),
    "one_side": ("ssn_l = ssn_l", "its SQL does not compare one record with the other"),
    "part": ("substr(surname_l, 1, 3) = substr(surname_r, 1, 3)", "what its SQL does with a value is not known"),
    "negation": ("NOT (ssn_l <> ssn_r) IS TRUE", "its SQL is of no kind that is known"),
}  # fmt: skip


@pytest.mark.parametrize("case", NAMED)
def test_what_is_not_understood_is_one_line_with_comparison_and_level(case: str) -> None:
    sql, why = NAMED[case]
    with pytest.raises(ValueError, match="is not understood") as told:
        read(comparison((sql, 0.9, 0.1), ("ELSE", 0.1, 0.9), name="mine"))
    line = str(told.value)
    assert line.startswith(f"comparison mine, level 'level {sql}', is not understood: {why}; known are columns such as")
    assert "\n" not in line


def test_the_domain_of_an_email_is_met_by_the_same_address_alone() -> None:
    sql = f"{DOMAIN.format('l')} = {DOMAIN.format('r')}"
    model = read(comparison(("email_l = email_r", 0.5, 0.1), (sql, 0.3, 0.2), ("ELSE", 0.2, 0.7)))
    assert share(model, "email", "exact") == (0.5, 0.1)
    assert share(model, "email", "name", "differ") == (0.5, 0.9)


ELSE_ALONE = (
    b'{"comparisons": [{"output_column_name": "a", "comparison_levels": [{"sql_condition": "ELSE"}]}], '
    b'"probability_two_random_records_match": 0.1}'
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"comparisons": []}', "no model of Splink's: KeyError at 'probability_two_random_records_match'"),
        (b'{"comparisons": [1], "probability_two_random_records_match": 0.1}', "no model of Splink's: TypeError"),
        (b'{"comparisons": [], "probability_two_random_records_match": 0}', "is not between 0 and 1"),
        (ELSE_ALONE, "comparison a has no level but that of all others"),
    ],
)  # fmt: skip
def test_what_is_no_model_is_told(text: bytes, line: str) -> None:
    with pytest.raises(ValueError, match=line):
        from_splink(text, MODEL)
