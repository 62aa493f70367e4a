"""Whatever comes first, however large a batch is: a view shows what a decision from scratch permits, and all of it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import events, worlds
from support.events import NOON, Message, message
from support.sam import CENTER, CSU, NUMBER, PHONE, SAM, TOKENS
from support.worlds import PureWorld

from processors.consent import policy
from processors.consent.law.shipped import SHIPPED
from processors.consent.policy import Person, Subject
from processors.consent.register import Register
from processors.consent.rights import UNKNOWN, Age, Standing
from processors.consent.statements import Statement

SHARED = Register(worlds.shipped_agreements()).by_source
TODAY = NOON // 86_400_000_000
SLOW = settings(max_examples=35, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Version = tuple[int, str]
Shown = dict[tuple[str, str], tuple[str, ...]]
"""Recipient and event: the field groups."""


@dataclass(frozen=True)
class Told:
    """One version of one fact."""

    partner: str
    family: str
    fact: str
    published: int = 0
    operation: str = "assert"
    said: tuple[tuple[str, Any], ...] = ()
    categories: tuple[str, ...] = ()

    def message(self, n: int) -> Message:
        """As the partner sends it; ``n`` makes its id."""
        more = {"operation": self.operation, "published_at": NOON + self.published, "event_id": events.event_id(str(n))}
        more["data_categories"] = list(self.categories)
        return message(self.partner, self.family, TOKENS[self.partner], self.fact, **more, **dict(self.said))


def knows(partner: str, **said: Any) -> Told:
    """A partner's record of Sam."""
    return Told(partner, "identity", "identity", said=tuple({**SAM, **said}.items()))


UNBORN = {"birth_date": None, "ssn": NUMBER}
APART = [knows("ccc", phone=PHONE), knows(CENTER, phone=PHONE), knows("csac", **UNBORN), knows(CSU, **UNBORN)]
"""Two persons: the college's and the center's record; and of no known birth date the commission's and the advisers'."""
BRIDGE = knows("csu", phone=PHONE, ssn=NUMBER)
BORN = {"ccc", CENTER, "csu"}
"""Whose records say when Sam was born."""
OPERATIONS = st.sampled_from(["assert", "assert", "correct", "retract"])
MOMENTS = st.integers(0, 3)


def of(partner: str, family: str, facts: list[str], said: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
    """Versions of some facts of one partner."""
    extra = st.sampled_from([(), (), ("housing",)]) if family in {"aid", "enrollment"} else st.just(())
    return st.builds(Told, st.just(partner), st.just(family), st.sampled_from(facts), MOMENTS, OPERATIONS, said, extra)


SCOPES = st.builds(
    lambda state, controllers, categories, recipients, until: (
        ("event_state", state), ("controllers", controllers), ("records_covered", categories),
        ("purposes", ["transfer_advising", "academic_advising"]), ("recipients", recipients), ("valid_until", until),
    ),
    st.sampled_from(["given", "given", "renewed", "withdrawn", "refused", "requested"]),
    st.sampled_from([["csac"], ["ccc", "csac"]]),
    st.sampled_from([["aid"], ["aid", "education", "immigration_proxy"], ["aid", "education", "housing"]]),
    st.sampled_from([[CENTER], [CENTER, CSU]]),
    st.sampled_from([None, None, "2026-09-20", "2026-12-31"]),
)  # fmt: skip
STATES = st.sampled_from(["assigned", "assigned", "ended"]).map(lambda state: (("assignment_state", state),))
NOTHING = st.just(())
CONSENTS = st.one_of(
    of("ccc", "consent", ["c1", "c2"], SCOPES),
    of("csu", "consent", ["c1"], SCOPES).filter(lambda told: dict(told.said)["controllers"] == ["csac"]),
)
BRIDGES = st.builds(
    Told, st.just("csu"), st.just("identity"), st.just("identity"), MOMENTS, OPERATIONS, st.just(BRIDGE.said)
)
FACTS = st.one_of(
    CONSENTS,
    CONSENTS,
    CONSENTS,
    BRIDGES,
    of(CENTER, "caseload", ["k1", "k2"], STATES),
    of(CSU, "caseload", ["k1"], STATES),
    of("csac", "aid", ["a1", "a2"], NOTHING),
    of("csac", "aid", ["a1"], NOTHING),
    of("ccc", "enrollment", ["e1"], NOTHING),
)
HISTORIES = st.lists(FACTS, min_size=3, max_size=14).map(lambda told: [*APART, *told])


def permitted(history: list[tuple[Told, Message]]) -> Shown:
    """From scratch: the newest versions, the persons, every fact decided once."""
    versions: dict[tuple[str, str, str], list[tuple[Version, Told]]] = defaultdict(list)
    for told, sent in history:
        place = (told.partner, told.family, told.fact)
        versions[place].append(((told.published, sent.event_id), told))
    for found in versions.values():
        found.sort(key=lambda pair: pair[0])
    newest = {place: found[-1] for place, found in versions.items() if found[-1][1].operation != "retract"}
    shown: Shown = {}
    for members in persons({partner for partner, family, _ in newest if family == "identity"}):
        who = Person(
            tuple(statements(newest, partner) for partner in sorted(members)),
            frozenset(
                partner
                for (partner, family, _), (_, told) in newest.items()
                if partner in members and family == "caseload" and dict(told.said)["assignment_state"] == "assigned"
            ),
            Standing(age=Age.ADULT)
            if members & BORN & {who for who, family, _ in newest if family == "identity"}
            else UNKNOWN,
        )
        for (partner, family, _), found in versions.items():
            if partner in members and family not in {"identity", "consent"}:
                shown |= decided(who, partner, family, found)
    return shown


def persons(known: set[str]) -> list[set[str]]:
    """Partners whose records are one person's; one that says nothing of traits stands alone."""
    if "csu" in known:
        return [{"ccc", CENTER, "csac", CSU, "csu"}]
    return [{"ccc", CENTER} & known, {"csac", CSU} & known, *({p} for p in set(TOKENS) - known)]


def statements(newest: dict[tuple[str, str, str], tuple[Version, Told]], partner: str) -> tuple[Statement, ...]:
    """A record's statements, oldest first."""
    found = sorted(
        (version, dict(told.said))
        for (of_partner, family, _), (version, told) in newest.items()
        if (of_partner, family) == (partner, "consent")
    )
    return tuple(statement(version, said) for version, said in found)


def statement(version: Version, said: dict[str, Any]) -> Statement:
    """What a consent event says."""
    controllers, categories, purposes, recipients = (
        frozenset(said[name]) for name in ("controllers", "records_covered", "purposes", "recipients")
    )
    until = None if said["valid_until"] is None else events.days(said["valid_until"])
    published, event = version
    scope = (controllers, categories, purposes, recipients)
    return Statement(
        event,
        published,
        said["event_state"],
        said.get("granted_by_role", "student"),
        *scope,
        valid_from=None,
        valid_until=until,
    )


def decided(who: Person, partner: str, family: str, versions: list[tuple[Version, Told]]) -> Shown:
    """What of a fact's versions stands in whose view."""
    retracted = max((n for n, (_, told) in enumerate(versions) if told.operation == "retract"), default=-1)
    return {
        (decision.recipient, version[1]): decision.groups
        for version, told in versions[retracted + 1 :]
        for decision in policy.decide(
            Subject(partner, family, frozenset(told.categories)), who, SHARED.get((partner, family), ()), SHIPPED, TODAY
        )
        if decision.permit
    }


def shown(world: PureWorld) -> Shown:
    """What the views show."""
    return {
        (recipient, event): tuple(row["release"]["groups"])
        for recipient in (CENTER, CSU)
        for (_, event), row in world.view(recipient).items()
    }


def run(messages: list[Message], batch: int) -> PureWorld:
    """A world that has heard all of it."""
    world = PureWorld(batch=batch)
    for sent in messages:
        world.send(*sent)
    return world.settle()


@SLOW
@given(HISTORIES, st.data())
def test_views_are_what_a_decision_from_scratch_permits_in_every_order_and_batching(
    history: list[Told], data: st.DataObject
) -> None:
    told = [(one, one.message(n)) for n, one in enumerate(history)]
    order = data.draw(st.permutations([sent for _, sent in told]))
    batch = data.draw(st.sampled_from([1, 2, 5, 100]))
    world = run(order, batch)
    assert shown(world) == permitted(told)
    for recipient in (CENTER, CSU):
        of_event = {sent.event_id: one.partner for one, sent in told}
        for person, event in world.view(recipient):
            assert person == world.person_of(of_event[event], TOKENS[of_event[event]])


@settings(SLOW, max_examples=20)
@given(HISTORIES)
def test_at_no_moment_does_a_view_show_more_or_less_than_is_permitted_by_what_was_told(history: list[Told]) -> None:
    world = PureWorld(batch=1)
    told: list[tuple[Told, Message]] = []
    for n, one in enumerate(history):
        told.append((one, one.message(n)))
        world.send(*told[-1][1])
        world.settle()
        assert shown(world) == permitted(told)


@settings(SLOW, max_examples=20)
@given(HISTORIES, st.data())
def test_repeats_of_the_log_change_no_view(history: list[Told], data: st.DataObject) -> None:
    """As after a crash between sending and committing: a part of the log is decided twice."""
    messages = [one.message(n) for n, one in enumerate(history)]
    once, twice = run(messages, 100), run(messages, 100)
    log = twice.topics["resolved.events"]
    start = data.draw(st.integers(0, len(log) - 1))
    twice.decide_again(log[start:])
    assert shown(twice) == shown(once)
