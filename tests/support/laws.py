"""Made-up laws for property tests: rules over few facts, so that they meet."""

from hypothesis import strategies as st

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import Citation, Effect, Law, Obligation, Reason, Rule, RuleSet, When

CITED = Citation('Code "1"\\2', 'What is "given"\nmay\tbe taken § — é', "code-1")
ASKED = ("basis", "tiers", "relation", "institution", "consent")
"""Facts that made-up rules ask; the others stand for any."""


def values(name: str) -> st.SearchStrategy[frozenset[str] | None]:
    """What a rule asks of a fact; most often nothing."""
    kind = CLASSES[Facts._fields.index(name)]
    return st.one_of(st.none(), st.frozensets(st.sampled_from(list(kind))))


conditions = st.fixed_dictionaries({name: values(name) for name in ASKED}).map(lambda asked: When(**asked))
facts = st.tuples(*(st.sampled_from(list(kind)) for kind in CLASSES)).map(Facts._make)


@st.composite
def rules(draw: st.DrawFn, rule_id: str) -> Rule:
    """One rule."""
    effect, obligations = draw(st.sampled_from(Effect)), draw(st.frozensets(st.sampled_from(Obligation)))
    return Rule(rule_id, 1, CITED, effect, "Plain\nwords.", draw(conditions), Reason.STATUTE, obligations)


@st.composite
def laws(draw: st.DrawFn, law_id: str) -> Law:
    """One law, which applies to records or does not."""
    applies = tuple(draw(st.lists(conditions, max_size=2)))
    default = Rule(f"{law_id}.default", 1, CITED, Effect.DENY, "Not said.", When(), Reason.NOT_PERMITTED)
    count = draw(st.integers(0, 4))
    made = tuple([draw(rules(f"{law_id}.{number}")) for number in range(count)])
    return Law(law_id, law_id, applies, default if applies else None, made)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Up to three laws."""
    return RuleSet([draw(laws(f"law{number}")) for number in range(draw(st.integers(0, 3)))])
