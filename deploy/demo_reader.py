"""A demo case manager's program: signs in to the portal by link and follows the changes on its caseload."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import httpx

from streams.errors import ThroughlineError


@dataclass
class Reader:
    """Reads the JSON API as one signed-in user."""

    link: str = field(repr=False)
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=10), repr=False)
    _seq: int = 0

    def __enter__(self) -> Self:
        """Sign in.

        Raises:
            ThroughlineError: the portal refuses the link.
        """
        parts = urlsplit(self.link)
        base = f"{parts.scheme}://{parts.netloc}"
        self._client.base_url = httpx.URL(base)
        token = parse_qs(parts.query)["token"][0]
        answer = self._client.post("/sign-in", data={"token": token}, headers={"Origin": base})
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise ThroughlineError("the portal does not take the sign-in link; see its log")
        self.changed()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the connection."""
        self._client.close()

    def changed(self) -> set[str]:
        """Ids of the events of my caseload that were released since the last call."""
        found: set[str] = set()
        while True:
            answer = self._client.get("/api/changes", params={"since": self._seq}).raise_for_status().json()
            if answer["seq"] == self._seq:
                return found
            found |= {c["event_id"] for c in answer["changes"] if c["state"] == "released"}
            self._seq = answer["seq"]

    def persons(self) -> list[str]:
        """Ids of the persons on my caseload."""
        answer = self._client.get("/api/caseload").raise_for_status().json()
        return [person["person_id"] for person in answer["persons"]]

    def event_ids(self, person_id: str) -> list[str]:
        """Ids of the events that hold on a person's timeline."""
        answer = self._client.get(f"/api/persons/{person_id}/timeline").raise_for_status().json()
        return [fact["event_id"] for fact in answer["facts"]]

    @contextmanager
    def feed(self, person_id: str) -> Iterator[Iterator[str]]:
        """Lines of what keeps a person's open page up to date, as they come."""
        with self._client.stream("GET", "/feed", params={"person": person_id}, timeout=None) as answer:
            yield answer.raise_for_status().iter_lines()
