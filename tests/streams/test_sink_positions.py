"""The sink stops rather than jump: views that expect what a topic does not hold are not filled on in its middle."""

import threading
import uuid
from pathlib import Path

import pytest
from confluent_kafka.cimpl import NewTopic
from support.views import view_batch

from sinks.case_views import CaseViews
from streams import clients
from streams.errors import StoppedError
from streams.sink import Sink

pytestmark = pytest.mark.broker


def test_views_that_expect_an_offset_that_is_not_there_stop_the_sink(broker: str, tmp_path: Path) -> None:
    topic, admin = f"released.{uuid.uuid4().hex}", clients.admin(broker)
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
    views = CaseViews.open(tmp_path / "views.duckdb")
    views.apply(view_batch(offsets={(topic, 0): 99}))
    with pytest.raises(
        StoppedError, match=rf"^{topic}/0 holds offsets 0 to 0, the views expect 99: rebuild them: see .Backup. "
    ):
        Sink(broker, views, lambda *_: None).run(threading.Event())
    views.close()
