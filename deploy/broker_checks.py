"""What ``throughline doctor`` asks of a broker: does it answer, are its topics right, does its clock agree."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec

from deploy.checks import Finding
from deploy.console import waiting_for
from processors import names
from streams import clients, topics
from streams.access import SEE
from streams.errors import ThroughlineError
from streams.replication import CONFIG, MIN_INSYNC, USUAL_FACTOR, Wanted
from streams.topics import WHAT_FITS, TopicSpec

SECONDS = 10.0
AHEAD_SECONDS = 2.0
"""How far the broker's clock may be ahead of this machine's."""
SHOWN = 3


def broker(
    address: str, specs: Sequence[TopicSpec], wanted: Wanted = WHAT_FITS, clock: Callable[[], float] = time.time
) -> Iterator[Finding]:
    """Whether a broker answers, and what is in it.

    Args:
        address: host:port.
        specs: the topics that there must be.
        wanted: how they are to be replicated.
        clock: seconds since 1970, on this machine.
    """
    admin = clients.admin(address)
    try:
        with waiting_for(f"the broker at {address}"):
            described = admin.list_topics(timeout=clients.ANSWER_SECONDS)
    except KafkaException as error:
        admin.poll(0)  # has it say whether it was not let in
        if (refusal := clients.refused(error.args[0])) is not None:
            yield Finding("broker", "fail", f"does not let us in: {refusal.str()}", SEE)
        else:
            remedy = "is it up? is THROUGHLINE_BOOTSTRAP right?"
            yield Finding("broker", "fail", f"does not answer on {address}", remedy)
        return
    yield Finding("broker", "ok", f"{len(described.brokers)} answering on {address}")
    there = {name: len(topic.partitions) for name, topic in described.topics.items()}
    made = {spec.name: described.topics[spec.name] for spec in specs if spec.name in there}
    configs = _configs(admin, list(made))
    yield table(specs, there, configs)
    if made:
        kept = {name: topics.replicas(topic) for name, topic in made.items()}
        must_have = {name: int(config[CONFIG]) for name, config in configs.items()}
        yield copies(kept, must_have, topics.lagging(made.values()), len(described.brokers), wanted)
    if names.RESOLVED_EVENTS in there:
        yield clocks(_newest(admin, names.RESOLVED_EVENTS), clock())


def table(specs: Sequence[TopicSpec], there: Mapping[str, int], configs: Mapping[str, Mapping[str, str]]) -> Finding:
    """Whether the topics are as the table says.

    Args:
        specs: the topics that there must be.
        there: number of partitions of each topic that there is.
        configs: Kafka's settings of each.
    """
    if missing := [spec.name for spec in specs if spec.name not in there]:
        return Finding("topics", "fail", f"missing: {_some(missing)}", "run `throughline topics create`")
    wrong = [f"{s.name} partitions={there[s.name]}" for s in specs if there[s.name] != s.partitions]
    wrong += [
        f"{spec.name} {name}={configs[spec.name].get(name)}"
        for spec in specs
        for name, value in spec.config.items()
        if configs[spec.name].get(name) != value
    ]
    if wrong:
        return Finding(
            "topics", "fail", f"not as the table says: {_some(wrong)}", "see `throughline topics list`; set it right"
        )
    return Finding("topics", "ok", f"{len(specs)} as the table says")


def copies(
    kept: Mapping[str, int], must_have: Mapping[str, int], lagging: int, brokers: int, wanted: Wanted
) -> Finding:
    """Whether topics are on as many brokers as they should be.

    Args:
        kept: replicas of each topic.
        must_have: of them, how many must have a record before it counts.
        lagging: partitions of which a replica is away or behind.
        brokers: how many answer.
        wanted: what the settings ask for.
    """
    try:
        wanted.check_made(kept)
    except ThroughlineError as error:
        return Finding("replicas", "fail", *str(error).split(": ", 1))
    least, fewest = wanted.min_insync or 0, min(wanted.factor or USUAL_FACTOR, brokers)
    if other := [f"{name} has {found}" for name, found in sorted(must_have.items()) if found < least]:
        remedy = f"set {CONFIG} of them by Kafka's own kafka-configs"
        return Finding("replicas", "fail", f"{MIN_INSYNC} is {least}: {_some(other)}", remedy)
    if lagging:
        what = f"{lagging} partitions lack a replica that is in sync"
        return Finding("replicas", "warn", what, "is a broker down? they come back by themselves when it is up")
    if few := [f"{name} has {found}" for name, found in sorted(kept.items()) if found < fewest]:
        remedy = f'give them {fewest}: "Several brokers" in docs/keep-it-running.md'
        return Finding("replicas", "warn", f"fewer than {brokers} brokers could keep: {_some(few)}", remedy)
    return Finding("replicas", "ok", f"{min(kept.values())} of each topic, all in sync")


def clocks(newest: float | None, now: float) -> Finding:
    """Whether the broker's clock agrees with this machine's, as far as its newest stamp can tell.

    Args:
        newest: LogAppendTime of the newest record, seconds since 1970; None: there is none.
        now: this machine's time.
    """
    if newest is None:
        return Finding("clock", "ok", "nothing to compare with yet")
    ahead = newest - now
    if ahead > AHEAD_SECONDS:
        return Finding("clock", "fail", f"the broker's is {ahead:.0f} s ahead of this machine's", "set both by NTP")
    return Finding("clock", "ok", "the broker's is not ahead of this machine's")


def _some(found: Sequence[str]) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def _configs(admin: AdminClient, topics_there: Sequence[str]) -> dict[str, dict[str, str]]:
    if not topics_there:
        return {}
    asked = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics_there]
    answers = admin.describe_configs(asked, request_timeout=SECONDS)
    return {
        resource.name: {name: str(entry.value) for name, entry in future.result().items()}
        for resource, future in answers.items()
    }


def _newest(admin: AdminClient, topic: str) -> float | None:
    newest = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
    [future] = admin.list_offsets({TopicPartition(topic, 0): newest}, request_timeout=SECONDS).values()
    stamp = future.result().timestamp
    return stamp / 1_000 if stamp > 0 else None
