"""Consent's book as the log alone makes it, for commands that tell what holds now."""

from contextlib import closing

from deploy.consent_explained import folded
from deploy.console import waiting_for
from deploy.topic_reader import TopicReader
from processors import names, sealing
from processors.consent.book import Book


class NoKeys:
    """Where there is no keyring: nothing can be read, which is enough to know whose records are whose."""

    def find(self, key_id: str) -> None:
        """None: it is not here."""
        del key_id

    def find_or_make(self, key_id: str) -> bytes:
        """Never: who reads the log makes no key."""
        raise KeyError(key_id)


def book_of_log(address: str, keys: sealing.Keys) -> Book:
    """The book at the end of the log.

    Args:
        address: of the broker.
        keys: by which consents are read.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    reader = TopicReader(address, {names.RESOLVED_EVENTS}.__contains__)
    with closing(reader), waiting_for(f"the end of {names.RESOLVED_EVENTS}"):
        return folded(reader.arrivals(), keys)
