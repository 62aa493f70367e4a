"""Every word is a value of its class; what no law names is something else, and no error."""

import pytest

from processors.consent.law.facts import CLASSES, Agency, Basis, Category, Facts, Purpose, value_of


@pytest.mark.parametrize("kind", [Agency, Category, Basis, Purpose])
def test_a_word_that_a_class_does_not_have_is_something_else(kind: type[Agency | Category | Basis | Purpose]) -> None:
    assert [value_of(kind, word) for word in ("", "weather", "*", "OTHER")] == [kind("other")] * 4
    assert [value_of(kind, one.value) for one in kind] == list(kind)


def test_each_fact_has_its_class_in_the_order_of_facts() -> None:
    names = [kind.__name__ for kind in CLASSES]
    assert dict(zip(Facts._fields, names, strict=True)) == {
        "holder": "Agency", "recipient": "Agency", "basis": "Basis", "purpose": "Purpose", "tiers": "Tiers",
        "relation": "Relation", "institution": "Institution", "care": "Care", "approval": "Approval",
        "address": "Address", "category": "Category", "consent": "ConsentState",
    }  # fmt: skip
