"""A broker with users, for tests of who may do what."""

from collections.abc import Iterator

import pytest
from support.secured import SecuredKafka, secured_kafka


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """One for a file of tests; which users it has, and what they may do, each test says anew by ``acl apply``."""
    with secured_kafka(tmp_path_factory.mktemp("secured")) as kafka:
        yield kafka
