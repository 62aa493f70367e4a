"""Who may do what, by agreements: rules in, changes out; no broker."""

import pytest
from support.worlds import next_version, shipped_agreements

from deploy.acl.changes import Changes, compared
from deploy.acl.wanted import SERVICES, Limit, Limits, Rule, Standing, wanted
from processors import names
from processors.consent.agreements import Agreement, number_of
from streams import consent, membership, resolve, shared_signals, shared_sink, signals, sink, topics

FREELY = Limits(0, 0, 0)
LIMITS = Limits(1_000, 50, 20)
TODAY = number_of(next_version("mou-csac").effective_from)
EMPTY = Standing(frozenset(), frozenset())


def standing(*readers: str, agreements: list[Agreement] | None = None, limits: Limits = FREELY) -> Standing:
    """What the agreements that ship call for."""
    return wanted(shipped_agreements() if agreements is None else agreements, TODAY, readers, limits)


def said_of(user: str, found: Standing) -> list[str]:
    """What a user may do."""
    return [said for _, whom, said in compared(found, EMPTY).lines() if whom == user]


def test_a_partner_may_write_its_topics_try_its_sandbox_read_its_receipts_and_do_nothing_else() -> None:
    assert said_of("partner.csac", standing()) == [
        "user with a password",
        "describe: group partner.csac.outsider",
        "describe, write: topic partner.csac.aid",
        "describe, write: topic partner.csac.identity",
        "describe, read: topic receipts.csac",
        "describe, read, write: topic sandbox.csac.aid",
        "describe, read, write: topic sandbox.csac.identity",
    ]


def test_what_a_partner_tries_in_its_sandbox_is_written_and_read_by_that_partner_alone() -> None:
    rules = standing(*{a.party for a in shipped_agreements() if a.tier == "dsa"}).rules
    for operation in ("read", "write"):
        every = [r for r in rules if (r.resource, r.operation) == ("topic", operation)]
        near = [r for r in every if r.name.startswith("sandbox") or (r.is_prefix and "sandbox.".startswith(r.name))]
        assert {r.user for r in near} == {f"partner.{a.party}" for a in shipped_agreements() if a.tier == "mou"}
        assert [r for r in near if r.is_prefix or r.name.split(".")[1] != r.user.removeprefix("partner.")] == []


def test_families_of_several_agreements_of_a_partner_come_together() -> None:
    said = {"agreement_id": "mou-csac-more", "families": ("consent",)}
    other = next_version("mou-csac").model_copy(update=said)
    found = said_of("partner.csac", standing(agreements=[*shipped_agreements(), other]))
    assert "describe, write: topic partner.csac.consent" in found
    assert "describe, write: topic partner.csac.aid" in found


def test_a_recipient_is_a_user_only_where_it_reads_itself_and_reads_its_own() -> None:
    assert not any(user.startswith("recipient.") for user in standing().users)
    assert said_of("recipient.csu_advising", standing("csu_advising")) == [
        "user with a password",
        "describe, read: group recipient.csu_advising.*",
        "describe, read: topic released.csu_advising",
        "describe, read: topic signals.csu_advising",
    ]


def test_a_recipient_with_whom_nothing_is_shared_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^edd$"):
        standing("csu_advising", "edd")


@pytest.mark.parametrize("day", [TODAY - 1, TODAY + 20])
def test_an_agreement_that_does_not_hold_yet_or_any_more_calls_for_nothing(day: int) -> None:
    last = next_version("mou-csac").effective_from.replace(day=15)
    agreement = next_version("mou-csac", effective_to=last)
    assert "partner.csac" not in wanted([agreement], day, (), FREELY).users
    assert "partner.csac" in wanted([agreement], TODAY, (), FREELY).users


def test_a_partner_is_limited_and_so_is_each_address() -> None:
    found = standing(agreements=[next_version("mou-csac")], limits=LIMITS).limits
    assert found == {
        Limit("ip", "", "connection_creation_rate"): 20,
        Limit("user", "partner.csac", "producer_byte_rate"): 1_000,
        Limit("user", "partner.csac", "request_percentage"): 50,
    }
    assert standing().limits == {}


def test_names_of_groups_and_transactions_are_those_that_workers_use() -> None:
    assert set(SERVICES["resolve"].groups) == {resolve.NAME, f"{resolve.NAME}-standby"}
    assert SERVICES["resolve"].transactions == (resolve.NAME,)
    assert set(SERVICES["consent"].groups) == {consent.NAME, f"{consent.NAME}-standby"}
    assert SERVICES["consent"].transactions == (consent.NAME,)
    assert SERVICES["signals"].groups == (signals.NAME, f"{signals.NAME}.*")
    for name in (shared_signals.GROUP, shared_signals.stage_of(7), f"{shared_signals.stage_of(7)}-standby"):
        assert name.startswith(f"{signals.NAME}.")
    assert topics.of_state(shared_signals.stage_of(7)).name.startswith("state.signals.")
    assert SERVICES["sink"].groups == (shared_sink.GROUP,)
    assert SERVICES["serve"].groups == (sink.GROUP,)
    assert membership.MEMBER  # who joins a group by it does so under shared_signals.GROUP alone


@pytest.mark.parametrize("stage", ["resolve", "consent"])
def test_nobody_but_a_stage_may_write_under_its_transactional_id(stage: str) -> None:
    rules = standing(*{a.party for a in shipped_agreements() if a.tier == "dsa"}).rules
    writing = [rule for rule in rules if rule.resource == "transactional_id"]
    covering = {r.user for r in writing if (stage.startswith(r.name) if r.is_prefix else r.name == stage)}
    assert covering == {f"service.{stage}"}


def test_every_topic_has_who_writes_it_and_only_operators_write_what_decides() -> None:
    found = standing()
    rules = [rule for rule in found.rules if (rule.resource, rule.operation) == ("topic", "write")]

    def writers(topic: str) -> set[str]:
        return {r.user for r in rules if (topic.startswith(r.name) if r.is_prefix else r.name == topic)}

    for spec in topics.table(shipped_agreements(), 3, 3):
        assert writers(spec.name), spec.name
    assert writers(names.AGREEMENTS) == writers(names.ERASURES) == {"service.operator"}
    assert writers(names.STEWARDS) == {"service.operator", "service.steward"}
    assert writers(names.AUDIT_DECISIONS) == {"service.consent"}
    assert writers(names.RESOLVED_EVENTS) == {"service.resolve"}


def test_only_resolve_and_operators_read_the_identity_zone_of_partners() -> None:
    rules = standing(*{a.party for a in shipped_agreements() if a.tier == "dsa"}).rules
    reading = {r.user for r in rules if r.operation == "read" and r.name.startswith(("partner.", "deadletter."))}
    assert reading == {"service.resolve", "service.operator"}


def test_what_is_as_it_is_to_be_is_not_changed() -> None:
    found = standing("csu_advising", limits=LIMITS)
    assert compared(found, found) == Changes()
    assert compared(found, found).count == 0


def test_what_no_agreement_calls_for_any_more_is_dropped_and_what_is_not_ours_is_left() -> None:
    strange = Rule("partner.csac", "topic", "partner.ccc.enrollment", "write", host="10.0.0.1")
    others = Rule("grafana", "topic", "x", "read")
    there = standing(limits=LIMITS)
    there = Standing(
        there.users | {"grafana"},
        there.rules | {strange, others},
        {
            **there.limits,
            Limit("user", "grafana", "producer_byte_rate"): 7,
            Limit("user", "partner.csac", "consumer_byte_rate"): 8,
            Limit("ip", "10.0.0.1", "connection_creation_rate"): 9,
        },
    )
    without = [a for a in shipped_agreements() if a.agreement_id != "mou-edd"]
    changes = compared(wanted(without, TODAY, (), LIMITS), there)
    assert changes.users_dropped == ("partner.edd",)
    assert {rule.user for rule in changes.rules_dropped} == {"partner.edd", "partner.csac"}
    assert strange in changes.rules_dropped
    assert {limit.name for limit in changes.limits_dropped} == {"partner.edd"}
    assert (changes.users_added, changes.rules_added, changes.limits_set) == ((), (), {})


def test_all_limits_of_a_user_that_is_no_more_go_with_it() -> None:
    there = Standing(frozenset(), frozenset(), {Limit("user", "partner.gone", "consumer_byte_rate"): 8})
    assert compared(EMPTY, there).limits_dropped == tuple(there.limits)


def test_only_a_user_that_is_there_gets_another_password() -> None:
    found = Standing(frozenset({"partner.a", "partner.b"}), frozenset())
    there = Standing(frozenset({"partner.a"}), frozenset())
    changes = compared(found, there, {"partner.a", "partner.b", "partner.c"})
    assert (changes.users_added, changes.rotated) == (("partner.b",), ("partner.a",))


def test_a_plan_tells_every_change_in_words_and_as_data() -> None:
    there = Standing(
        frozenset({"partner.old"}),
        frozenset({Rule("partner.old", "topic", "partner.old.aid", "write", permission="deny", host="10.0.0.1")}),
        {Limit("user", "partner.old", "request_percentage"): 3},
    )
    changes = compared(Standing(frozenset({"partner.new"}), frozenset(), {Limit("ip", "", "x"): 5}), there)
    assert list(changes.lines()) == [
        ("+", "each address", "at most 5 x"),
        ("+", "partner.new", "user with a password"),
        ("-", "partner.old", "user"),
        ("-", "partner.old", "deny: topic partner.old.aid from 10.0.0.1"),
        ("-", "partner.old", "limit of percent of a broker's thread"),
    ]
    document = changes.to_document()
    assert document["changes"] == changes.count == 5
