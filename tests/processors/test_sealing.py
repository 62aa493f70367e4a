"""A sealed body opens with its own key, in its own place, and nowhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.worlds import DictKeys

from processors.sealing import UnreadableError, seal, unseal

CONTENT = b"what was said"


@given(st.binary(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_what_was_sealed_opens_again_and_the_same_is_the_same(content: bytes, key_id: str, place: str) -> None:
    keys = DictKeys()
    sealed = seal(keys, key_id, place, content)
    assert unseal(keys, key_id, place, sealed) == content
    assert seal(keys, key_id, place, content) == sealed
    assert not content or len(content) < 4 or content not in base64.b64decode(sealed)


def test_it_opens_in_no_other_place_and_under_no_other_key() -> None:
    keys = DictKeys()
    sealed = seal(keys, "record", "event|resolve", CONTENT)
    keys.keys["other"] = keys.keys["record"]
    for key_id, place in (("record", "event|consent"), ("other", "event|resolve")):
        with pytest.raises(UnreadableError):
            unseal(keys, key_id, place, sealed)


def test_two_places_under_one_key_share_no_key_stream() -> None:
    keys = DictKeys()
    one, other = (base64.b64decode(seal(keys, "record", place, CONTENT)) for place in ("a", "b"))
    assert one[: len(CONTENT)] != other[: len(CONTENT)]


def test_an_erased_key_opens_nothing_and_neither_does_one_made_anew() -> None:
    keys = DictKeys()
    sealed = seal(keys, "record", "place", CONTENT)
    del keys.keys["record"]
    with pytest.raises(UnreadableError, match="key erased"):
        unseal(keys, "record", "place", sealed)
    keys.keys["record"] = b"n" * 32
    with pytest.raises(UnreadableError):
        unseal(keys, "record", "place", sealed)


@pytest.mark.parametrize("damaged", ["", "AAAA", "no base64!", "é", "A" * 64])
def test_what_was_never_sealed_is_unreadable_and_no_bug(damaged: str) -> None:
    keys = DictKeys()
    seal(keys, "record", "place", CONTENT)
    with pytest.raises(UnreadableError):
        unseal(keys, "record", "place", damaged)


def test_an_unreadable_error_says_nothing_of_key_or_content() -> None:
    with pytest.raises(UnreadableError) as caught:
        unseal(DictKeys(), "record-774411", "place", "AAAA")
    assert "774411" not in str(caught.value)
