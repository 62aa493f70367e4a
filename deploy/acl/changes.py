"""What has to be changed on a broker so that it allows what it is to allow; nothing of what is not ours. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from deploy.acl.wanted import ADDRESS, CONNECTIONS, PRODUCED, REQUESTS, USER, Limit, Rule, Standing, is_ours

ADDED, DROPPED, ROTATED = "+", "-", "~"
OURS = {PRODUCED, REQUESTS}
"""Limits of a user that we set; another one, of a user that is to be there, is left alone."""
WORDS = {
    PRODUCED: "bytes a second to each broker", REQUESTS: "percent of a broker's thread",
    CONNECTIONS: "connections a second to each broker",
}  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """What is to be changed."""

    users_added: tuple[str, ...] = ()
    users_dropped: tuple[str, ...] = ()
    rotated: tuple[str, ...] = ()
    """Users that get a new password."""
    rules_added: tuple[Rule, ...] = ()
    rules_dropped: tuple[Rule, ...] = ()
    limits_set: Mapping[Limit, float] = field(default_factory=dict)
    limits_dropped: tuple[Limit, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        parts: tuple[Collection[object], ...] = (
            self.users_added, self.users_dropped, self.rotated, self.rules_added, self.rules_dropped,
            self.limits_set, self.limits_dropped,
        )  # fmt: skip
        return sum(map(len, parts))

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """For people, by user: how, whom it is about, and what."""
        found = [(user, ADDED, "user with a password") for user in self.users_added]
        found += [(user, DROPPED, "user") for user in self.users_dropped]
        found += [(user, ROTATED, "another password") for user in self.rotated]
        for sign, rules in ((ADDED, self.rules_added), (DROPPED, self.rules_dropped)):
            found += [(user, sign, said) for user, said in _said(rules)]
        found += [(_whom(limit), ADDED, f"at most {n:g} {_words(limit)}") for limit, n in self.limits_set.items()]
        found += [(_whom(limit), DROPPED, f"limit of {_words(limit)}") for limit in self.limits_dropped]
        for user, sign, said in sorted(found, key=lambda one: one[0]):
            yield sign, user, said

    def to_document(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "changes": self.count,
            "users": {"added": self.users_added, "dropped": self.users_dropped, "rotated": self.rotated},
            "acls": {
                "added": [asdict(rule) for rule in self.rules_added],
                "dropped": [asdict(rule) for rule in self.rules_dropped],
            },
            "quotas": {
                "set": [{**asdict(limit), "value": value} for limit, value in self.limits_set.items()],
                "dropped": [asdict(limit) for limit in self.limits_dropped],
            },
        }


def compared(wanted: Standing, there: Standing, rotate: Collection[str] = ()) -> Changes:
    """What is to be changed.

    Args:
        wanted: what is to be allowed.
        there: what is.
        rotate: users that are to have another password.
    """
    limits = {limit: value for limit, value in there.limits.items() if _is_kept_by_us(limit, wanted.users)}
    return Changes(
        tuple(sorted(wanted.users - there.users)),
        tuple(sorted(user for user in there.users - wanted.users if is_ours(user))),
        tuple(sorted(set(rotate) & wanted.users & there.users)),
        tuple(sorted(wanted.rules - there.rules)),
        tuple(sorted(rule for rule in there.rules - wanted.rules if is_ours(rule.user))),
        {limit: value for limit, value in sorted(wanted.limits.items()) if limits.get(limit) != value},
        tuple(sorted(limits.keys() - wanted.limits.keys())),
    )


def _is_kept_by_us(limit: Limit, users: Collection[str]) -> bool:
    if limit.kind == ADDRESS:
        return not limit.name and limit.what == CONNECTIONS
    return is_ours(limit.name) and (limit.name not in users or limit.what in OURS)


def _said(rules: Collection[Rule]) -> Iterator[tuple[str, str]]:
    """A line for each thing that a user may do something with."""
    may = defaultdict[tuple[str, str], list[str]](list)
    for rule in rules:
        called = f"{rule.resource.replace('_', ' ')} {rule.name}{'*' * rule.is_prefix}"
        where = "" if rule.host == "*" else f" from {rule.host}"
        may[rule.user, f"{called}{where}"].append(rule.operation if rule.permission == "allow" else rule.permission)
    for (user, what), operations in may.items():
        yield user, f"{', '.join(sorted(operations))}: {what}"


def _whom(limit: Limit) -> str:
    return limit.name or ("each address" if limit.kind == ADDRESS else f"each {USER}")


def _words(limit: Limit) -> str:
    return WORDS.get(limit.what, limit.what)
