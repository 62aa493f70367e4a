"""Values about a person: themselves in data, a mask in any repr, and so in logs, tracebacks and failing tests."""

import copy
import logging
import pickle
import pprint
import traceback
from dataclasses import dataclass
from datetime import date

import pytest
from pydantic import ValidationError

from schemas_avro.masked import Frozen, Hidden, Masked, MaskedDate

NAME, DAY = "Ana María", date(2008, 2, 29)


class Pupil(Frozen):
    """A model with each kind of mask."""

    name: Masked
    born: MaskedDate | None = None
    twin: Hidden[bool | None] = None
    names: tuple[Masked, ...] = ()
    year: int = 9


ANA = Pupil.model_validate({"name": NAME, "born": "2008-02-29", "twin": True, "names": ["Ana", "Anita"]})


@dataclass
class Holder:
    """Something else that holds them."""

    name: Masked
    born: MaskedDate


@pytest.mark.parametrize("value", [Masked(NAME), MaskedDate(2008, 2, 29)], ids=["text", "date"])
def test_a_repr_is_a_mask_however_it_is_asked_for(value: Masked | MaskedDate) -> None:
    asked = [repr(value), f"{value!r}", "%r" % (value,), f"{value!a}", pprint.pformat(value)]  # noqa: UP031
    assert asked == ["***"] * 5
    assert [str(within) for within in ([value], (value,), {"k": value}, {value})] == [
        "[***]", "(***,)", "{'k': ***}", "{***}",
    ]  # fmt: skip


def test_a_text_is_itself_in_data() -> None:
    value = Masked(NAME)
    assert value == NAME
    assert hash(value) == hash(NAME)
    assert {NAME: 1}[value] == 1
    assert (str(value), f"{value}", value.encode()) == (NAME, NAME, NAME.encode())
    assert type(str(value)) is str


def test_a_date_is_itself_in_data() -> None:
    value = MaskedDate(2008, 2, 29)
    assert value == DAY
    assert hash(value) == hash(DAY)
    assert (str(value), value.isoformat(), value.toordinal()) == ("2008-02-29", "2008-02-29", DAY.toordinal())
    assert repr(value.replace(year=2012)) == "***"


def test_what_is_made_of_a_text_is_masked_no_more() -> None:
    """Known limit: whoever cuts or joins a name takes it out of its mask."""
    assert repr(Masked(NAME).upper()) == "'ANA MARÍA'"
    assert repr(Masked(NAME) + "") == "'Ana María'"


@pytest.mark.parametrize("value", [Masked(NAME), MaskedDate(2008, 2, 29), ANA], ids=["text", "date", "model"])
def test_copies_keep_the_mask(value: object) -> None:
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301  # our own
        assert again == value
        assert type(again) is type(value)
        assert repr(again) == repr(value)


def test_a_models_repr_shows_what_is_set_and_not_what_it_is() -> None:
    assert repr(ANA) == "Pupil(name=***, born=***, twin=***, names=(***, ***), year=9)"
    assert str(ANA) == "name=*** born=*** twin=*** names=(***, ***) year=9"
    assert repr(Pupil(name=Masked("x"))) == "Pupil(name=***, born=None, twin=None, names=(), year=9)"
    assert repr(Holder(Masked(NAME), MaskedDate(2008, 2, 29))).endswith("Holder(name=***, born=***)")


def test_a_models_data_is_whole() -> None:
    assert ANA.twin is True
    assert ANA.model_dump() == {"name": NAME, "born": DAY, "twin": True, "names": ("Ana", "Anita"), "year": 9}
    assert Pupil.model_validate_json(ANA.model_dump_json()) == ANA
    assert [type(value) for value in (ANA.name, ANA.born, ANA.names[0])] == [Masked, MaskedDate, Masked]


def test_a_dump_keeps_the_masks_of_texts_and_dates() -> None:
    assert repr(ANA.model_dump()) == "{'name': ***, 'born': ***, 'twin': True, 'names': (***, ***), 'year': 9}"


def test_logs_and_tracebacks_that_show_reprs_show_masks(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("t").warning("could not read %r of %s", ANA.name, ANA)
    assert "could not read *** of name=***" in caplog.text
    with pytest.raises(KeyError) as missing:
        dict[str, int]()[ANA.name]
    assert traceback.format_exception_only(missing.value) == ["KeyError: ***\n"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 987654321},
        {"name": NAME, "born": "canary"},
        {"name": NAME, "born": 987654321.5},
        {"name": NAME, "twin": "canary"},
        {"name": NAME, "names": "canary"},
        {"name": NAME, "names": ["a", ["canary"]]},
        {"name": NAME, "unknown": "canary"},
        ["canary"],
    ],
)
def test_what_is_refused_is_not_shown(wrong: object) -> None:
    with pytest.raises(ValidationError) as refusal:
        Pupil.model_validate(wrong)
    told = f"{refusal.value}{refusal.value!r}{refusal.value.errors(include_input=False)}"
    assert not [leak for leak in ("canary", "987654321", NAME) if leak in told]


def test_the_list_of_errors_holds_the_input_unless_told_otherwise() -> None:
    """Pydantic's own: who logs ``errors()`` says ``include_input=False``."""
    with pytest.raises(ValidationError) as refusal:
        Pupil.model_validate({"name": 987654321})
    assert refusal.value.errors()[0]["input"] == 987654321


@pytest.mark.parametrize("field", ["name", "twin", "year"])
def test_a_model_is_frozen(field: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(ANA, field, None)


def test_a_model_refuses_fields_that_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        Pupil.model_validate({"name": "x", "nickname": "y"})
