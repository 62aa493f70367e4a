"""Records that commands put onto control topics, on a real broker."""

import threading
import uuid
from contextlib import closing

import pytest
from confluent_kafka.cimpl import NewTopic

from deploy import control
from deploy.topic_reader import TopicReader
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED, VERSION
from processors.drafts import Draft
from streams import clients
from streams.errors import ThroughlineError

pytestmark = pytest.mark.broker


@pytest.fixture
def topic() -> str:
    return f"control.{uuid.uuid4().hex}"


def draft(topic: str) -> Draft:
    return Draft(topic, "rules", "internal.rules_activated.v1", row_of(SHIPPED, VERSION, ""), "1")


def make(address: str, topic: str) -> None:
    admin = clients.admin(address)
    for future in admin.create_topics([NewTopic(topic, 1, 1)]).values():
        future.result(30)


def test_a_topic_of_which_the_broker_hears_a_moment_later_is_waited_for(broker: str, topic: str) -> None:
    later = threading.Timer(1.0, make, [broker, topic])
    later.start()
    control.send(broker, [draft(topic)])
    later.join()
    with closing(TopicReader(broker, lambda name: name == topic)) as reader:
        assert [read.name for read in reader.poll()] == ["rules_activated"]


def test_a_topic_that_is_not_made_is_refused_by_name(broker: str, topic: str) -> None:
    with pytest.raises(ThroughlineError, match=f"no topic {topic}; run `throughline topics create`"):
        control.send(broker, [draft(topic)])
