"""Sign-in by a link that works once, and the session that follows. Neither names anybody in a URL."""

import contextlib
import fcntl
import hashlib
import hmac
import pathlib
import secrets
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeSerializer

LINK_SECONDS = 12 * 3600
SESSION_SECONDS = 12 * 3600
VISIT_SECONDS = 90 * 86400
CLOCKS_APART_SECONDS = 60
"""How far the clock of who makes links may be ahead."""


def make_sign_in_link(base_url: str, secret_key: str, user_id: str, now: float | None = None) -> str:
    """A link that signs a user in once, within 12 hours.

    ``now`` is in seconds since 1970 UTC, by default the machine's clock.
    """
    issued = int(time.time() if now is None else now)
    payload = [mark_of(secret_key, user_id), secrets.token_hex(16), issued]
    return f"{base_url.rstrip('/')}/sign-in?token={_signer(secret_key, 'sign-in').dumps(payload)}"


def mark_of(secret_key: str, user_id: str) -> str:
    """Stands for a user in links and cookies: a keyed hash, since what is signed can be read."""
    return hmac.new(secret_key.encode(), f"user:{user_id}".encode(), hashlib.sha256).hexdigest()[:32]


def user_of(secret_key: str, mark: str, user_ids: Iterable[str]) -> str | None:
    """The user that a mark stands for."""
    return next((u for u in user_ids if hmac.compare_digest(mark_of(secret_key, u), mark)), None)


class Spent:
    """Remembers links that were used and sessions that ended, in a file where one is named, else in this process.

    Portals that share the file know of each other's: whoever asks reads it again where it was replaced.
    """

    def __init__(self, path: pathlib.Path | None = None) -> None:
        """Read what was remembered."""
        self._path = path
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}
        self._read: tuple[int, int, int] | None = None
        self._catch_up()

    def __contains__(self, nonce: str) -> bool:
        """Whether it was spent."""
        with self._lock:
            self._catch_up()
            return nonce in self._expiry

    def spend(self, nonce: str, now: float) -> bool:
        """Use a link or end a session, by its number; False where that was done before."""
        with self._lock, _alone(self._path):
            self._catch_up()
            self._expiry = {known: until for known, until in self._expiry.items() if until > now}
            if nonce in self._expiry:
                return False
            self._expiry[nonce] = now + max(LINK_SECONDS, SESSION_SECONDS)
            if self._path:
                text = "".join(f"{known} {until:.0f}\n" for known, until in self._expiry.items())
                _replace(self._path, text)
            return True

    def _catch_up(self) -> None:
        """Read the file, if it is another than the one that was read."""
        try:
            found = self._path.stat() if self._path else None
        except FileNotFoundError:
            return
        if not self._path or not found or (mark := (found.st_ino, found.st_mtime_ns, found.st_size)) == self._read:
            return
        lines = self._path.read_text(encoding="ascii").splitlines()
        self._expiry = {nonce: float(until) for nonce, until in (line.split() for line in lines)}
        self._read = mark


@dataclass(frozen=True)
class Session:
    """A signed-in user."""

    user_id: str
    id: str
    since: int
    """Change number up to which this user had seen the views at the last visit."""


class Sessions:
    """Signs and checks links and cookies."""

    def __init__(self, secret_key: str, user_ids: Collection[str], spent: Spent) -> None:
        """For these users, whoever they are when somebody asks."""
        self._key = secret_key
        self._user_ids = user_ids
        self._spent = spent

    def user_of_link(self, token: str, now: float) -> str | None:
        """The user whose link this is, now used up; None where it is forged, old, used or nobody's."""
        found = self._read("sign-in", token, LINK_SECONDS, now)
        user_id = user_of(self._key, found[0], self._user_ids) if found else None
        return user_id if found and user_id and self._spent.spend(found[1], now) else None

    def begin(self, user_id: str, since: int, now: float) -> str:
        """Cookie value of a new session."""
        payload = [mark_of(self._key, user_id), f"{secrets.token_hex(16)}.{since}", int(now)]
        return str(_signer(self._key, "session").dumps(payload))

    def find(self, cookie: str | None, now: float) -> Session | None:
        """The session of a cookie; None where it is forged, old or ended."""
        found = self._read("session", cookie, SESSION_SECONDS, now)
        user_id = user_of(self._key, found[0], self._user_ids) if found else None
        if not found or not user_id:
            return None
        session_id, _, since = found[1].partition(".")
        return None if session_id in self._spent else Session(user_id, session_id, int(since))

    def end(self, session: Session, now: float) -> None:
        """End a session, also where its cookie is kept, and also for the next process."""
        self._spent.spend(session.id, now)

    def visit(self, user_id: str, seq: int, now: float) -> str:
        """Cookie value that remembers up to which change number a user has seen the views."""
        return str(_signer(self._key, "visit").dumps([mark_of(self._key, user_id), str(seq), int(now)]))

    def visited(self, cookie: str | None, user_id: str, now: float) -> int | None:
        """The change number that a visit cookie of this user remembers."""
        found = self._read("visit", cookie, VISIT_SECONDS, now)
        return int(found[1]) if found and found[0] == mark_of(self._key, user_id) else None

    def _read(self, salt: str, text: str | None, seconds: int, now: float) -> tuple[str, str] | None:
        try:
            mark, value, issued = _signer(self._key, salt).loads(text or "")
        except BadData:
            return None
        return (mark, value) if -CLOCKS_APART_SECONDS <= now - issued <= seconds else None


@contextlib.contextmanager
def _alone(path: pathlib.Path | None) -> Iterator[None]:
    """No other process replaces the file meanwhile."""
    if path is None:
        yield
        return
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace(path: pathlib.Path, text: str) -> None:
    """Write a file whole, or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="ascii")
    beside.replace(path)


def _signer(secret_key: str, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt=f"throughline {salt}", signer_kwargs={"digest_method": hashlib.sha256})
