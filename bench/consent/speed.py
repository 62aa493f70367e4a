"""Decisions a second of one core's CPU: ours in two ways, and two peers that are asked of each disclosure alone."""

import functools
import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from bench.consent import world
from processors.consent import judge, policy
from processors.consent.book import Sharing, person_of
from processors.consent.law.cedar import ACTION, policies_of
from processors.consent.law.facts import Facts
from processors.consent.law.rules import Effect, Reason, RuleSet
from processors.consent.policy import Person, Subject
from processors.consent.register import Shared

Row = dict[str, Any]
EVENTS_A_QUESTION = 10
"""Events of a person, partner and family that come together; a person has twice as many."""


class Asked(NamedTuple):
    """One question: a person's events of one partner and family."""

    name: str
    records: tuple[bytes, ...]
    person: Person
    subject: Subject


def questions(people: int) -> list[Asked]:
    """Of so many people."""
    kept = [(f"p{n}", world.records(n), world.subjects(n)) for n in range(people)]
    return [Asked(name, rows, person_of(rows), one) for name, rows, subjects in kept for one in subjects]


def seconds(work: Callable[[], Any], rounds: int) -> float:
    """CPU seconds of the fastest of some rounds."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def each(asked: Sequence[Asked], sharing: Sharing, rounds: int) -> Row:
    """The decision itself, asked anew each time of persons that have been read."""

    def work() -> None:
        for one in asked:
            shared = sharing.by_source[one.subject.partner_id, one.subject.family]
            policy.decide(one.subject, one.person, shared, sharing.rules, world.TODAY)

    return {"each": round(decisions(asked, sharing) / seconds(work, rounds))}


def each_by_outcome(asked: Sequence[Asked], sharing: Sharing, rounds: int) -> dict[str, int]:
    """The same, one recipient a call, of what is permitted by consent, and of all else."""
    parts: dict[str, list[tuple[Asked, Shared]]] = {"permitted_by_consent": [], "all_else": []}
    for one in asked:
        for shared in sharing.by_source[one.subject.partner_id, one.subject.family]:
            [found] = policy.decide(one.subject, one.person, [shared], sharing.rules, world.TODAY)
            parts["permitted_by_consent" if found.reason is Reason.CONSENT else "all_else"].append((one, shared))

    def work(pairs: list[tuple[Asked, Shared]]) -> None:
        for one, shared in pairs:
            policy.decide(one.subject, one.person, [shared], sharing.rules, world.TODAY)

    return {name: round(len(p) / seconds(functools.partial(work, p), rounds)) for name, p in parts.items()}


def batched(asked: Sequence[Asked], sharing: Sharing, rounds: int, events: int = EVENTS_A_QUESTION) -> float:
    """As the stage asks: remembered by its contents, from an empty memory, reading persons and hashing included."""

    def work() -> None:
        judge.judge.cache_clear()
        person_of.cache_clear()
        for _ in range(events):
            for one in asked:
                judge.judge(*one.subject, one.name, one.records, sharing, world.TODAY)

    return round(events * decisions(asked, sharing) / seconds(work, rounds))


def decisions(asked: Iterable[Asked], sharing: Sharing) -> int:
    """Recipients named, over all questions."""
    return sum(len(sharing.by_source[one.subject.partner_id, one.subject.family]) for one in asked)


def facts_of(asked: Iterable[Asked], sharing: Sharing) -> list[list[Facts]]:
    """For each recipient of each question the disclosures that peers are asked about: one of each kind of data."""
    return [
        _disclosures(one, shared)
        for one in asked
        for shared in sharing.by_source[one.subject.partner_id, one.subject.family]
    ]


def _disclosures(one: Asked, shared: Shared) -> list[Facts]:
    kinds = sorted(policy.shared_categories(shared.grant) | one.subject.categories)
    return [policy.facts_of(one.subject, one.person, shared, world.TODAY, kind) for kind in kinds]


def naive(asked: Sequence[list[Facts]], rules: RuleSet, rounds: int) -> int:
    """A loop over the rules; (event, recipient) decisions a second, the facts made before."""
    return round(len(asked) / seconds(lambda: [[permits(rules, one) for one in facts] for facts in asked], rounds))


def permits(rules: RuleSet, facts: Facts) -> bool:
    """Whether no rule denies, and every law that applies, and one at least, has a rule that permits."""
    applying = [law for law in rules.laws if any(one.speaks_of(facts) for one in law.applies)]
    speaking = [{rule.effect for rule in law.rules if rule.when.speaks_of(facts)} for law in rules.laws]
    permitting = {law.law_id for law, said in zip(rules.laws, speaking, strict=True) if Effect.PERMIT in said}
    is_denied = any(Effect.DENY in said for said in speaking)
    return bool(applying) and not is_denied and all(law.law_id in permitting for law in applying)


def cedar(asked: Sequence[list[Facts]], rules: RuleSet, rounds: int) -> int | None:
    """Cedar's engine with the exported policies, asked in one batch; None where it is not installed."""
    try:
        import cedarpy  # noqa: PLC0415  # of the development environment
    except ImportError:
        return None
    policies, entities = cedarpy.PolicySet.from_str(policies_of(rules)), cedarpy.Entities.from_json_str("[]")
    who = {"principal": 'Recipient::"one"', "action": ACTION, "resource": 'Record::"one"'}
    requests = [{**who, "context": json.dumps(one._asdict())} for facts in asked for one in facts]
    return round(len(asked) / seconds(lambda: cedarpy.is_authorized_batch(requests, policies, entities), rounds))


def figures(people: int, rounds: int) -> Row:
    """Of so many people."""
    asked, sharing = questions(people), world.sharing()
    few = facts_of(asked[: max(2, people // 20)], sharing)
    whole = {**each(asked, sharing, rounds), "batched": batched(asked, sharing, rounds)}
    info = judge.judge.cache_info()
    naively, by_cedar = naive(few, sharing.rules, 1), cedar(few, sharing.rules, 1)
    return {
        "decisions_per_cpu_second": whole,
        "batched_by_events_a_question": {str(n): batched(asked, sharing, 1, n) for n in (1, 3, 30)},
        "each_by_outcome": each_by_outcome(asked, sharing, rounds),
        "remembered_share": round(info.hits / (info.hits + info.misses), 3),
        "peers_decisions_per_cpu_second": {"loop_over_rules": naively, "cedarpy": by_cedar},
        "recipients_per_event": round(decisions(asked, sharing) / len(asked), 1),
        "permitted_share": _permitted(asked, sharing),
        "rules": len(sharing.rules.rules), "agreements": world.AGREEMENTS, "people": people,
    }  # fmt: skip


def _permitted(asked: Sequence[Asked], sharing: Sharing) -> float:
    found = [
        one.permit
        for ask in asked
        for one in policy.decide(
            ask.subject, ask.person, sharing.by_source[ask.subject.partner_id, ask.subject.family],
            sharing.rules, world.TODAY,
        )
    ]  # fmt: skip
    return round(sum(found) / len(found), 3)
