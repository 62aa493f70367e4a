"""What a broker is to allow whom, by the agreements in force: users, rules, limits. Pure; default deny does the rest.

A user's name begins with what it is: ``partner.``, ``recipient.`` or ``service.``. Whoever is called so is ours; of
all others nothing is changed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from processors import names
from processors.consent.agreements import Agreement

Resource = Literal["topic", "group", "transactional_id", "cluster"]
PARTNER, RECIPIENT, SERVICE = "partner.", "recipient.", "service."
KINDS = (PARTNER, RECIPIENT, SERVICE)
PRODUCED, REQUESTS, CONNECTIONS = "producer_byte_rate", "request_percentage", "connection_creation_rate"
"""Kafka's names of limits."""
USER, ADDRESS = "user", "ip"
"""Whom a limit is of, as Kafka calls it."""


@dataclass(frozen=True, order=True)
class Rule:
    """That a user may do something: a line of an access control list."""

    user: str
    resource: str
    name: str
    """Of the topic, group or transactional id; of several, what their names begin with."""
    operation: str
    """As Kafka calls it, in lower case."""
    is_prefix: bool = False
    permission: str = "allow"
    host: str = "*"


@dataclass(frozen=True, order=True)
class Limit:
    """What is limited; a second, for each broker."""

    kind: str
    """user or ip."""
    name: str
    """Empty: of each that has none of its own."""
    what: str


@dataclass(frozen=True)
class Standing:
    """What a broker allows, or is to allow, whom."""

    users: frozenset[str]
    rules: frozenset[Rule]
    limits: Mapping[Limit, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How much is allowed; 0: any number."""

    bytes_per_second: float
    request_percent: float
    connections_per_second: float


@dataclass(frozen=True)
class Needs:
    """What somebody does on a broker; a name that ends with ``*`` is of all that begin so."""

    reads: tuple[str, ...] = ()
    """Topics."""
    writes: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    """Topics that it makes where they are not there."""
    configs: tuple[str, ...] = ()
    """Topics whose settings it looks at."""
    groups: tuple[str, ...] = ()
    """In which it reads."""
    looks_at: tuple[str, ...] = ()
    """Groups of others, of which it asks how far they are."""
    ends: tuple[str, ...] = ()
    """Groups that it may delete."""
    transactions: tuple[str, ...] = ()
    """Ids under which it writes; whoever else wrote under one would end what its owner does."""

    def rules(self, user: str) -> Iterator[Rule]:
        """As lines of an access control list."""
        done: list[tuple[Resource, tuple[str, ...], str]] = [
            ("topic", self.reads, "read"),
            ("topic", self.writes, "write"),
            ("topic", tuple(dict.fromkeys((*self.reads, *self.writes, *self.makes))), "describe"),
            ("topic", self.makes, "create"),
            ("topic", self.configs, "describe_configs"),
            ("group", self.groups, "read"),
            ("group", (*self.groups, *self.looks_at), "describe"),
            ("group", self.ends, "delete"),
            ("transactional_id", self.transactions, "write"),
            ("transactional_id", self.transactions, "describe"),
        ]
        for resource, called, operation in done:
            for name in called:
                yield Rule(user, resource, name.removesuffix("*"), operation, is_prefix=name.endswith("*"))


ALL = (
    "control.*", "partner.*", "identity.*", "resolved.*", "audit.*", "released.*", "signals.*", "deadletter.*",
    "state.*",
)  # fmt: skip
MADE = (*ALL, "sandbox.*", "receipts.*")
"""Topics that an operator makes; what partners try on theirs, and their receipts, are read by nobody but them."""
CONTROL = (names.AGREEMENTS, names.STEWARDS, names.ERASURES)
LOOKING = "outsider"
"""Group of commands that look at topics; nothing is committed in it."""


def looking(user: str) -> str:
    """The same of a user who may know of no other: Kafka's client asks for its group, though nobody joins it."""
    return f"{user}.{LOOKING}"


def _standing_by(stage: str) -> tuple[str, str]:
    """Topic and group by which a stage's workers stand by for one another."""
    return names.state_topic(stage), f"{stage}-standby"


RESOLVE_STATE, RESOLVE_STANDBY = _standing_by("resolve")
CONSENT_STATE, CONSENT_STANDBY = _standing_by("consent")
SERVICES = {
    "resolve": Needs(
        reads=("partner.*", *CONTROL, RESOLVE_STATE),
        writes=(
            names.RESOLVED_EVENTS, names.IDENTITY_RECORDS, names.IDENTITY_CHANGES, names.MODELS, names.REVIEWS,
            "deadletter.*", RESOLVE_STATE,
        ),
        makes=(RESOLVE_STATE,),
        groups=("resolve", RESOLVE_STANDBY),
        looks_at=("consent",),
        transactions=("resolve",),
    ),
    "consent": Needs(
        reads=(names.RESOLVED_EVENTS, CONSENT_STATE),
        writes=("released.*", "receipts.*", names.AUDIT_DECISIONS, CONSENT_STATE),
        makes=(CONSENT_STATE,),
        groups=("consent", CONSENT_STANDBY),
        transactions=("consent",),
    ),
    "signals": Needs(
        reads=("released.*", "state.signals.*"),
        writes=("signals.*", "state.signals.*"),
        makes=("state.signals.*",),
        groups=("signals", "signals.*"),
        transactions=("signals.*",),
    ),
    "sink": Needs(reads=("released.*", "signals.*"), groups=("case-views.shared",)),
    "serve": Needs(reads=("released.*", "signals.*"), groups=("case-views",)),
    "operator": Needs(
        reads=ALL,
        writes=(*CONTROL, "partner.*", "deadletter.*", "state.signals.*"),
        makes=MADE,
        configs=MADE,
        groups=("signals.*",),
        looks_at=(
            LOOKING, "drain", "rebuild", "resolve", "consent", "signals", "case-views", "case-views.shared",
            RESOLVE_STANDBY, CONSENT_STANDBY,
        ),
        ends=("signals", "signals.*"),
        transactions=("deadletters.*", "signals.*"),
    ),
    "steward": Needs(
        reads=("identity.*", names.STEWARDS, names.RESOLVED_EVENTS),
        writes=(names.STEWARDS,),
        looks_at=(LOOKING,),
    ),
}  # fmt: skip
"""Processes and people of ours by what they do; each takes a worker or its commands for what it is given here."""


def is_ours(user: str) -> bool:
    """Whether a user is one of those that agreements and services call for, or called for once."""
    return user.startswith(KINDS)


def wanted(agreements: Sequence[Agreement], day: int, readers: Iterable[str], limits: Limits) -> Standing:
    """What a broker is to allow.

    Args:
        agreements: all there are.
        day: on which they have to hold, counted from 1970-01-01.
        readers: recipients that read their topics themselves.
        limits: how much is allowed.

    Raises:
        ValueError: no agreement in force shares anything with such a reader.
    """
    in_force = [agreement for agreement in agreements if agreement.in_force(day)]
    partners = {a.party for a in in_force if a.tier == "mou"}
    recipients = {a.party for a in in_force if a.tier == "dsa"}
    if unknown := sorted(set(readers) - recipients):
        raise ValueError(unknown[0])
    needs = {f"{SERVICE}{name}": need for name, need in SERVICES.items()}
    needs |= {f"{PARTNER}{party}": _of_partner(party, in_force) for party in partners}
    needs |= {f"{RECIPIENT}{party}": _of_recipient(party) for party in readers}
    rules = frozenset(rule for user, need in needs.items() for rule in need.rules(user))
    return Standing(frozenset(needs), rules, _limits(partners, limits))


def _of_partner(party: str, agreements: Iterable[Agreement]) -> Needs:
    """It writes its own topics, reads its receipts and what it tries in its own sandbox, and nothing else.

    Who may write any topic may be an idempotent producer (KIP-679).
    """
    families = sorted({family for a in agreements if a.tier == "mou" and a.party == party for family in a.families})
    tried = tuple(names.sandbox_topic(party, family) for family in families)
    writes = (*(names.partner_topic(party, family) for family in families), *tried)
    reads, group = (names.receipts_topic(party), *tried), looking(f"{PARTNER}{party}")
    return Needs(reads=reads, writes=writes, looks_at=(group,))


def _of_recipient(party: str) -> Needs:
    own = (names.released_topic(party), names.signals_topic(party))
    return Needs(reads=own, groups=(f"{RECIPIENT}{party}.*",))


def _limits(partners: Iterable[str], limits: Limits) -> dict[Limit, float]:
    found = {Limit(ADDRESS, "", CONNECTIONS): limits.connections_per_second}
    for party in sorted(partners):
        found[Limit(USER, f"{PARTNER}{party}", PRODUCED)] = limits.bytes_per_second
        found[Limit(USER, f"{PARTNER}{party}", REQUESTS)] = limits.request_percent
    return {limit: value for limit, value in found.items() if value}
