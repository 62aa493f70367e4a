"""Whether a registry says of partners' schemas what the catalog says: asked in the background; nothing waits for it.

Stages know ids from the catalog alone, before the first batch. A registry that says otherwise misleads partners: that
is told, as a metric and in the log. One that is away, slow or answers nonsense changes nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import httpx
import orjson
import structlog

from portal.registry import canonical
from schemas_avro import catalog
from schemas_avro.catalog import Entry

log = structlog.get_logger()
Found = Literal["same", "other", "missing", "unknown"]
"""What the registry has under an id: the catalog's schema, another, none; or it did not answer."""
FOUND: tuple[Found, ...] = get_args(Found)
EVERY_SECONDS = 60.0
WAIT_SECONDS = 5.0
"""For one answer, from its first byte to its last."""
MOST_BYTES = 1 << 20
NOT_FOUND = 404


class _AwayError(Exception):
    """No answer that anybody could use."""


class RegistryWatch:
    """Looks again and again, in a thread of its own that ends with the process."""

    def __init__(self, url: str, every_seconds: float = EVERY_SECONDS, wait_seconds: float = WAIT_SECONDS) -> None:
        """At a registry's address."""
        self._url, self._every, self._wait = url.rstrip("/"), every_seconds, wait_seconds
        self._ending = threading.Event()
        self._found: Mapping[Found, int] = {"unknown": len(_watched())}
        self._told: str | None = None

    def start(self) -> "RegistryWatch":
        """Begin; itself."""
        threading.Thread(target=self._run, name="registry", daemon=True).start()
        return self

    def end(self) -> None:
        """Look no more; an answer under way is not waited for."""
        self._ending.set()

    def found(self) -> Mapping[Found, int]:
        """How many of the schemas that partners publish by it has how, when last asked."""
        return self._found

    def _run(self) -> None:
        while not self._ending.is_set():
            self._found = self.look()
            self._tell(self._found)
            self._ending.wait(self._every)

    def look(self) -> Mapping[Found, int]:
        """Ask for each id; once one is not answered the others are not asked."""
        found: Counter[Found] = Counter()
        with httpx.Client(timeout=self._wait) as client:
            for place, entry in enumerate(_watched()):
                try:
                    found[self._look_for(client, entry)] += 1
                except (_AwayError, httpx.HTTPError, httpx.InvalidURL):
                    found["unknown"] += len(_watched()) - place
                    break
        return found

    def _look_for(self, client: httpx.Client, entry: Entry) -> Found:
        until, body = time.monotonic() + self._wait, b""
        with client.stream("GET", f"{self._url}/schemas/ids/{entry.id}") as answer:
            if answer.status_code == NOT_FOUND:
                return "missing"
            if answer.is_error:
                raise _AwayError
            for chunk in answer.iter_bytes():  # one that sends a byte now and then would never run into the timeout
                body += chunk
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise _AwayError
        try:
            return "same" if canonical(str(orjson.loads(body)["schema"])) == canonical(entry.text) else "other"
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise _AwayError from None
        except Exception:  # noqa: BLE001  # what it has under the id is no Avro at all
            return "other"

    def _tell(self, found: Mapping[Found, int]) -> None:
        """In the log, where it is otherwise than before."""
        worst: Found = next((one for one in reversed(FOUND) if found.get(one)), "same")
        if worst != self._told:
            say = log.info if worst == "same" else log.warning
            say("registry", why=worst, count=found.get(worst, 0))
        self._told = worst


def _watched() -> list[Entry]:
    """Every version that partners may publish by."""
    return [version for family in catalog.FAMILIES for version in catalog.versions_of(f"partner.{family}.v1")]


def watching(url: str | None, follow: Callable[[Callable[[], Mapping[str, int]]], None]) -> Callable[[], None]:
    """Begin to watch where there is an address; what ends it."""
    if url is None:
        return lambda: None
    watch = RegistryWatch(url).start()
    follow(lambda: {one: watch.found().get(one, 0) for one in FOUND})
    return watch.end
