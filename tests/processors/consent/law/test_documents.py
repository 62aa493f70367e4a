"""Rules as JSON and back: what travels in the log is what was decided by."""

import orjson
import pytest
from hypothesis import given
from support.laws import facts, rule_sets

from processors.consent.law.documents import document_of, hash_of, row_of, rules_of
from processors.consent.law.facts import Facts
from processors.consent.law.rules import NO_RULES, RuleSet
from processors.consent.law.shipped import LAWS, SHIPPED


@given(rule_sets())
def test_rules_come_back_as_they_were(rules: RuleSet) -> None:
    assert rules_of(document_of(rules)).laws == rules.laws


@given(rule_sets(), facts)
def test_rules_that_came_back_decide_as_before(rules: RuleSet, asked: Facts) -> None:
    assert rules_of(document_of(rules)).decide(asked) == rules.decide(asked)


def test_the_shipped_rules_come_back_as_they_were() -> None:
    assert rules_of(document_of(SHIPPED)).laws == LAWS
    assert rules_of(document_of(NO_RULES)).laws == ()


def test_the_same_rules_give_the_same_bytes_and_another_order_of_denials_others() -> None:
    assert document_of(RuleSet(LAWS)) == document_of(SHIPPED)
    assert hash_of(document_of(RuleSet(LAWS[::-1]))) != hash_of(document_of(SHIPPED))


DOCUMENT = orjson.loads(document_of(RuleSet(LAWS[:1])))


@pytest.mark.parametrize("name", sorted({*DOCUMENT["laws"][0], *DOCUMENT["laws"][0]["rules"][0]} - {"default"}))
def test_a_document_that_lacks_anything_is_refused(name: str) -> None:
    law = DOCUMENT["laws"][0]
    told = [{key: value for key, value in one.items() if key != name} for one in law["rules"]]
    cut = {key: value for key, value in {**law, "rules": told}.items() if key != name}
    with pytest.raises(ValueError, match="not a document of rules: KeyError"):
        rules_of(orjson.dumps({"laws": [cut]}))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"effect": "maybe"}, "maybe"), ({"when": {"weather": ["fine"]}}, "ask of nothing called weather"),
        ({"when": {"basis": ["hearsay"]}}, "hearsay"), ({"section": " "}, "cites no law"),
        ({"effect": "permit", "text": None}, "was not read"), ({"obligations": ["sing"]}, "sing"),
        ({"version": "one"}, "invalid literal"),
    ],
)  # fmt: skip
def test_a_document_with_a_rule_that_cannot_be_one_is_refused(changed: dict[str, object], why: str) -> None:
    law = DOCUMENT["laws"][0]
    told = orjson.dumps({"laws": [{**law, "rules": [{**law["rules"][0], **changed}]}]})
    with pytest.raises(ValueError, match=why):
        rules_of(told)


@pytest.mark.parametrize("document", [b"null", b"[]", b"7", b'{"laws": 7}', b'{"laws": [7]}', b'{"laws": ["a"]}'])
def test_what_is_no_document_of_rules_is_refused_as_none(document: bytes) -> None:
    with pytest.raises(ValueError, match="not a document of rules"):
        rules_of(document)


@pytest.mark.parametrize("condition", [None, [], 7])
def test_a_condition_that_is_none_is_refused(condition: object) -> None:
    law = DOCUMENT["laws"][0]
    with pytest.raises(ValueError, match="not a document of rules"):
        rules_of(orjson.dumps({"laws": [{**law, "applies": [condition]}]}))


def test_a_row_of_rules_says_version_hash_and_who() -> None:
    row = row_of(SHIPPED, 3, "somebody")
    document = document_of(SHIPPED)
    assert row == {
        "version": 3, "content_hash": hash_of(document), "activated_by": "somebody", "document": document.decode(),
    }  # fmt: skip
    assert row_of(SHIPPED, 3)["activated_by"] == ""
    assert len(hash_of(document)) == 64
