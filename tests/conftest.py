"""One real Apache Kafka for a whole test run; each test has topics of its own by running on a fresh set of them.

``THROUGHLINE_CODEC=fastavro`` puts the referee in charge of every batch, here and in the processes that tests start.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.brokers import fresh_broker
from support.cluster import Cluster
from support.postgres import Databases, postgres

from deploy.local_kafka import LocalKafka
from schemas_avro import codec
from streams import settings


def pytest_configure() -> None:
    """Have batches carried as the settings say."""
    codec.use_arrow(settings.load().codec == "arrow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """What was logged may be no text; where tests run in several processes, reports travel as UTF-8."""
    report = yield
    report.sections = [(name, said.encode("utf-8", "backslashreplace").decode()) for name, said in report.sections]
    return report


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real broker: THROUGHLINE_BOOTSTRAP where it is set, else one started here on a free port."""
    given = settings.load().bootstrap
    if given:
        yield given
        return
    with fresh_broker(tmp_path_factory.mktemp("kafka")) as address:
        yield address


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker for one test, which may kill it; always native: its process is the point."""
    with LocalKafka(tmp_path / "kafka") as kafka:
        yield kafka


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases with empty views on a real PostgreSQL of this test run."""
    with postgres() as server:
        yield Databases(server)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers, all of them up; always native, since tests kill them."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started
