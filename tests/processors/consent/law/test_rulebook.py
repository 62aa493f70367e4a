"""The rulebook: every rule with examples that are what the rules themselves say, and all of it in plain words."""

import pytest
from hypothesis import given, settings
from support import laws

from processors.consent.law import plain
from processors.consent.law.facts import CLASSES, Agency, Category, ConsentState, Purpose, Relation
from processors.consent.law.rulebook import Chapter, Entry, chapters
from processors.consent.law.rules import Effect, RuleSet, when
from processors.consent.law.shipped import SHIPPED

BOOK = chapters(SHIPPED)
ENTRIES = {entry.rule.name: (chapter, entry) for chapter in BOOK for entry in chapter.entries}
NEVER_FIRST = {"unemployment_code.1094.default/1", "information_practices.1798_24.default/1"}
"""Defaults of laws whose records are under another law too, whose default is told first."""


def speaks(rules: RuleSet, chapter: Chapter, entry: Entry, number: int) -> bool:
    spoken = {law.law_id: spoke for law, spoke in rules.spoken(entry.examples[number].facts)}
    return entry.rule in spoken.get(chapter.law.law_id, [])


def test_every_rule_of_every_law_has_its_entry_in_order() -> None:
    assert [chapter.law for chapter in BOOK] == list(SHIPPED.laws)
    assert list(ENTRIES) == [rule.name for rule in SHIPPED.rules]


@pytest.mark.parametrize("name", ENTRIES)
def test_the_first_example_is_decided_by_the_rule(name: str) -> None:
    _, entry = ENTRIES[name]
    first = entry.examples[0]
    assert first.verdict.permit == (entry.rule.effect is Effect.PERMIT)
    assert (name in first.verdict.rules) == (name not in NEVER_FIRST)


@pytest.mark.parametrize("name", ENTRIES)
def test_the_second_is_the_same_but_for_one_fact_and_the_rule_is_silent(name: str) -> None:
    chapter, entry = ENTRIES[name]
    first, second = entry.examples[:2]
    assert sum(one is not other for one, other in zip(first.facts, second.facts, strict=True)) == 1
    assert speaks(SHIPPED, chapter, entry, 0)
    assert not speaks(SHIPPED, chapter, entry, 1)
    assert name not in second.verdict.rules


def test_of_a_permit_the_third_is_denied_all_the_same() -> None:
    permits = [(chapter, entry) for chapter, entry in ENTRIES.values() if entry.rule.effect is Effect.PERMIT]
    assert permits
    for chapter, entry in permits:
        assert len(entry.examples) == 3
        assert speaks(SHIPPED, chapter, entry, 2)
        assert not entry.examples[2].verdict.permit


def test_an_example_tells_whether_the_rule_is_alone() -> None:
    _, consent = ENTRIES["ferpa.30.consent/1"]
    _, nobody = ENTRIES["ferpa.30.none/1"]
    assert (consent.examples[0].is_alone, nobody.examples[0].is_alone) == (True, False)


def test_an_example_is_a_sentence() -> None:
    first, second, third = ENTRIES["ferpa.30.consent/1"][1].examples
    assert first.told == (
        "A college asks a school for data of the kind education; the right claimed is consent; the purpose is academic "
        "advising; consent is in force."
    )
    assert second.told == "The same, but consent was not given."
    assert third.told == (
        "The same, but the recipient and the person: its agreement asks for a caseload, and the person is not on it."
    )


def test_a_condition_names_what_it_asks_or_what_it_leaves_out() -> None:
    asked = when(
        holder={Agency.SCHOOL, Agency.COLLEGE}, purpose=set(Purpose) - {Purpose.OTHER}, relation=set(Relation),
        category=set(), consent={ConsentState.NONE},
    )  # fmt: skip
    assert plain.condition(asked) == [
        ("The record is held by", "a school or a college"),
        ("The purpose is", "any but one that no law names"),
        ("The recipient and the person", "any"),
        ("The data are of the kind", "none at all"),
        ("Consent", "was not given"),
    ]


def test_values_that_share_a_name_have_words_of_their_own() -> None:
    for kind in CLASSES:
        words = [plain.word(value) for value in kind]
        assert len(set(words)) == len(words)
        assert not [word for word in words if "_" in word]
    assert plain.word(Relation.NONE) != plain.word(ConsentState.NONE)
    assert plain.word(Agency.CHILD_WELFARE) != plain.word(Category.CHILD_WELFARE)


@given(rules=laws.rule_sets())
@settings(max_examples=20, deadline=None)
def test_examples_say_what_the_rules_say(rules: RuleSet) -> None:
    """Whatever the rules are, also those that never speak."""
    for chapter in chapters(rules):
        for entry in chapter.entries:
            assert all(one.verdict == rules.decide(one.facts) for one in entry.examples)
            assert not entry.examples or speaks(rules, chapter, entry, 0)
