"""What a broker allows whom, read and changed: by its own users, access control lists and limits."""

import time
from collections.abc import Collection, Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from deploy.acl import asking
from deploy.acl.changes import Changes, compared
from deploy.acl.passwords import Passwords
from deploy.acl.wanted import Rule, Standing
from streams import clients
from streams.access import SEE
from streams.errors import ThroughlineError

SECONDS = 15.0
SEEN_SECONDS, LOOK_SECONDS = 15.0, 0.1
MECHANISM = ScramMechanism.SCRAM_SHA_512
ITERATIONS = 8_192
PREFIX = "User:"
REFUSALS = {
    "SECURITY_DISABLED": f"the broker lets everybody do everything: it has no authorizer; {SEE}",
    "CLUSTER_AUTHORIZATION_FAILED": (
        f"the broker does not let us see and change who may do what: be its super user; {SEE}"
    ),
}
"""What comes of what it says to whoever asks."""
RESOURCES = {
    "topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "cluster": ResourceType.BROKER,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}  # fmt: skip
ANYTHING: tuple[Any, ...] = (
    ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY,
)  # fmt: skip
NAMES = {kind: name for name, kind in RESOURCES.items()}


def standing(bootstrap: str) -> Standing:
    """What a broker allows whom, of everybody.

    Raises:
        ThroughlineError: it does not answer, has no access control, or does not let us look.
    """
    _must_be_let_look(bootstrap)
    admin = clients.admin(bootstrap)
    try:
        bindings = admin.describe_acls(AclBindingFilter(*ANYTHING), request_timeout=SECONDS).result()
        users: Any = admin.describe_user_scram_credentials(None, request_timeout=SECONDS)
        described = users.result()
    except KafkaException as error:
        raise _told(error.args[0]) from error
    named = frozenset(
        user for user, found in described.items() if any(i.mechanism is MECHANISM for i in found.scram_credential_infos)
    )
    return Standing(named, frozenset(map(_rule, bindings)), asking.limits(bootstrap))


def _must_be_let_look(bootstrap: str) -> None:
    if refusal := asking.refusal(bootstrap):
        raise ThroughlineError(REFUSALS.get(refusal, f"the broker refuses to be asked: {refusal}"))


def change(bootstrap: str, changes: Changes, passwords: Passwords) -> None:
    """Make changes; done again after a crash it finishes them.

    What is taken away goes first, its rules before all else, since they bind who is connected too; who is new comes in
    last, when all is there that limits it.

    Raises:
        ThroughlineError: the broker does not answer, or refuses.
    """
    admin = clients.admin(bootstrap)
    try:
        if dropped := [_filter(rule) for rule in changes.rules_dropped]:
            _wait(admin.delete_acls(dropped, request_timeout=SECONDS))
        for user in changes.users_dropped:  # before the user, whom else nothing would name any more
            passwords.remove(user)
        _alter_users(admin, [UserScramCredentialDeletion(user, MECHANISM) for user in changes.users_dropped])
        asking.alter(bootstrap, changes.limits_set, changes.limits_dropped)
        if added := [_binding(rule) for rule in changes.rules_added]:
            _wait(admin.create_acls(added, request_timeout=SECONDS))
        _alter_users(admin, [_upsertion(user, passwords.read_or_make(user)) for user in changes.users_added])
        _alter_users(admin, [_upsertion(user, passwords.make_next(user)) for user in changes.rotated])
        for user in changes.rotated:
            passwords.take_next(user)
    except KafkaException as error:
        raise _told(error.args[0]) from error


def wait_until(bootstrap: str, wanted: Standing) -> None:
    """Wait until a broker says itself that it allows what it is to: it hears of changes a moment after they are made.

    Raises:
        ThroughlineError: it does not, in good time.
    """
    deadline = time.monotonic() + SEEN_SECONDS
    while left := compared(wanted, standing(bootstrap)).count:
        if time.monotonic() > deadline:
            raise ThroughlineError(f"the broker does not show {left} of the changes yet: run `throughline acl plan`")
        time.sleep(LOOK_SECONDS)


def _alter_users(admin: AdminClient, alterations: Collection[Any]) -> None:
    if alterations:
        _wait(admin.alter_user_scram_credentials(list(alterations), request_timeout=SECONDS))


def _wait(futures: dict[Any, "Future[Any]"]) -> None:
    for future in futures.values():
        future.result()


def _upsertion(user: str, password: bytes) -> UserScramCredentialUpsertion:
    return UserScramCredentialUpsertion(user, ScramCredentialInfo(MECHANISM, ITERATIONS), password)


def _binding(rule: Rule) -> AclBinding:
    return AclBinding(*_parts(rule))


def _filter(rule: Rule) -> AclBindingFilter:
    return AclBindingFilter(*_parts(rule))


def _parts(rule: Rule) -> Iterable[Any]:
    pattern = ResourcePatternType.PREFIXED if rule.is_prefix else ResourcePatternType.LITERAL
    return (
        RESOURCES[rule.resource],
        rule.name,
        pattern,
        f"{PREFIX}{rule.user}",
        rule.host,
        AclOperation[rule.operation.upper()],
        AclPermissionType[rule.permission.upper()],
    )


def _rule(binding: Any) -> Rule:
    """A line as the broker has it; of what we never write, such as a delegation token's, as it is called there."""
    return Rule(
        binding.principal.removeprefix(PREFIX),
        NAMES.get(binding.restype, binding.restype.name.lower()),
        binding.name,
        binding.operation.name.lower(),
        is_prefix=binding.resource_pattern_type is ResourcePatternType.PREFIXED,
        permission=binding.permission_type.name.lower(),
        host=binding.host,
    )


def _told(error: KafkaError) -> ThroughlineError:
    said = REFUSALS.get(error.name())
    return clients.away(error) if said is None else ThroughlineError(said)
