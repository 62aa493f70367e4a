"""What a partner's own user may do on a broker, as the broker says it: nothing is written to find out."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation

from deploy.acl.wanted import PARTNER
from deploy.onboarding.check import Check, failed, not_checked, ok
from processors import names
from streams import clients, settings

SECONDS = 10.0
CONNECTION, USER, TOPICS, OTHERS = "connection", "user", "topics", "others' topics"
ASK = "ask the operator for `throughline topics create` and `throughline acl apply`, with the agreement in force"
NAMED = 5
"""Topics that are told by name."""
NOBODY = "somebody_else"
"""A partner that there is not: who may not know of its topics may not write those of any other."""


@dataclass(frozen=True)
class Connected:
    """A broker that has let somebody in."""

    admin: AdminClient
    topics: frozenset[str]
    """That it shows."""


def connected(address: str) -> Connected:
    """Connect by the settings.

    Raises:
        ThroughlineError: it does not answer, or does not let us in; one line with the remedy.
    """
    admin = clients.admin(address)
    try:
        return Connected(admin, frozenset(admin.list_topics(timeout=clients.ANSWER_SECONDS).topics))
    except KafkaException as error:
        admin.poll(0)  # has it say whether it was not let in
        raise clients.away(error.args[0]) from error


def checks(there: Connected, partner: str, families: Sequence[str]) -> Iterator[Check]:
    """Who we are there, whether the topics are there, and whether others' are closed to us."""
    yield _of_user(partner)
    own = {make(partner, family) for family in families for make in (names.partner_topic, names.sandbox_topic)}
    yield _of_topics(there, own)
    yield _of_others(there, partner, own)


def _of_user(partner: str) -> Check:
    chosen, user = settings.load(), f"{PARTNER}{partner}"
    if chosen.kafka_user is None:
        return not_checked(USER, f"the connection names none; where the broker asks for one, it is {user}")
    if chosen.kafka_user != user:
        return failed(USER, f"connected as another than the partner: set THROUGHLINE_KAFKA_USER={user}")
    return ok(USER, user)


def _of_topics(there: Connected, own: Collection[str]) -> Check:
    if missing := sorted(set(own) - there.topics):
        return failed(TOPICS, f"not there, or not shown to us: {', '.join(missing)}; {ASK}")
    return ok(TOPICS, f"{len(own)} are there")


def _of_others(there: Connected, partner: str, own: Collection[str]) -> Check:
    """By what the broker says that we may do with every topic that is not ours, and with one that we cannot know of."""
    family = min(own).rpartition(".")[2]
    closed = names.partner_topic(f"{partner}_{NOBODY}", family)
    mine = {name for name in there.topics if name.split(".")[:2] in (["partner", partner], ["sandbox", partner])}
    open_ = [name for name in sorted({*there.topics - mine, closed}) if _may_write(there.admin, name)]
    if not open_:
        return ok(OTHERS, "writing to them is refused")
    if settings.load().kafka_user is None:
        return not_checked(OTHERS, "this broker has no authorizer")
    more = f" and {len(open_) - NAMED} more" if open_[NAMED:] else ""
    return failed(
        OTHERS,
        f"we may write to {', '.join(open_[:NAMED])}{more}: have the operator look at the authorizer and at "
        "`throughline acl plan` at once",
    )


def _may_write(admin: AdminClient, topic: str) -> bool:
    """Of a topic that is not there, whether we may know of that: who may write may know."""
    asked = admin.describe_topics(TopicCollection([topic]), include_authorized_operations=True, request_timeout=SECONDS)
    try:
        operations = asked[topic].result().authorized_operations or []
    except KafkaException as error:
        return bool(error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED)
    return AclOperation.WRITE in operations
