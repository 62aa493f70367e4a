"""Heads of the audit's chain, signed into a file outside the data directory, in a thread of their own.

A head is signed once the transaction that holds its last record is known to be committed: a crash may lose the last
lines, but no line names what the log did not get. Whatever becomes of the file holds up no decision: a file that cannot
be written, or hangs, shows in ``throughline_audit_unsigned_seconds`` and in the log, and is tried again.
"""

import os
import threading
import time
from collections.abc import Callable
from errno import EILSEQ, ENODATA, ENOSPC
from pathlib import Path

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from processors.consent.chain import Reached
from processors.consent.heads import Head, digest_of, head_in, key_id_of, line_of, pem_of
from processors.names import AUDIT_DECISIONS
from streams.keyring import read_or_make_secret
from streams.pulse import Done
from streams.settings import Settings

log = structlog.get_logger()
SIGN_RECORDS = 1_000
SIGN_SECONDS = 60.0
"""A head is signed after so many records, or so long after the first that no head covers, whichever comes first; the
first one of a worker at once."""
LAST_SECONDS = 5.0
"""For the last head of a worker that ends."""
LONGEST_LINE = 4_096
"""Bytes, beyond what any line has."""


def key_path(data_dir: Path) -> Path:
    """Where the key that signs is; only consent reads it."""
    return data_dir / "secrets" / "audit.key"


def public_path(heads: Path) -> Path:
    """Where the public keys are, beside the heads: every key that ever signed there."""
    return heads.with_suffix(".pem")


class Signer:
    """Signs how far the chain is known to be committed. ``done`` is for the stage's thread, the rest for its own."""

    def __init__(self, heads: Path, secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        """Into a file, by a key of 32 bytes; ``clock`` gives seconds."""
        self._heads, self._clock = heads, clock
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self._changed = threading.Condition()
        self._newest: Reached | None = None
        self._signed: Reached | None = None
        self._since: float | None = None
        """When the first record that no head covers was committed."""
        self._not_before = float("-inf")
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="heads", daemon=True)

    def start(self) -> "Signer":
        """Begin to sign."""
        self._thread.start()
        return self

    def done(self, done: Done) -> None:
        """A batch is committed."""
        if done.reached is None:
            return
        with self._changed:
            self._newest = done.reached
            if self._since is None and not self._is_signed():
                self._since = self._clock()
            if self._wait_seconds() <= 0:
                self._changed.notify()

    def waiting(self) -> tuple[int, float]:
        """Records that no head covers, and for how many seconds the first of them has been committed."""
        with self._changed:
            if self._since is None or self._newest is None:
                return 0, 0.0
            return self._unsigned(), self._clock() - self._since

    def is_due(self) -> bool:
        """Whether a head is to be signed now."""
        with self._changed:
            return self._wait_seconds() <= 0

    def end(self) -> bool:
        """Sign what is left; whether that is done, or the file does not answer for so long that nobody waits for it."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()
        self._thread.join(LAST_SECONDS)
        if self._thread.is_alive():
            log.error("head_not_written", why="the file of heads does not answer")
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._is_ending:
                    self._changed.wait(max(0.0, min(SIGN_SECONDS, self._wait_seconds())))
                is_ending, newest = self._is_ending, self._newest
                is_due = is_ending or self._wait_seconds() <= 0
            if newest is not None and is_due:
                self.sign(newest)
            if is_ending:
                return

    def sign(self, newest: Reached) -> None:
        """Sign a head, unless the last line has it; where that cannot be, say so."""
        try:
            self._append(newest)
        except OSError as error:
            log.error("head_not_written", why=error.strerror)  # noqa: TRY400  # the fact says it all
            with self._changed:
                self._not_before = self._clock() + SIGN_SECONDS
            return
        with self._changed:
            self._signed = newest
            self._since = None if self._is_signed() else self._clock()

    def _is_signed(self) -> bool:
        """Whether the newest record is under a head."""
        return self._newest is None or (
            self._signed is not None and (self._signed.records, self._signed.hash) == self._newest[:2]
        )

    def _unsigned(self) -> int:
        signed = 0 if self._signed is None else self._signed.records
        newest = 0 if self._newest is None else self._newest.records
        return max(0, (newest or 0) - (signed or 0))

    def _wait_seconds(self) -> float:
        """Until a head is due; none: not before more comes."""
        if self._since is None:
            return float("inf")
        is_many = self._signed is None or self._unsigned() >= SIGN_RECORDS
        due = self._clock() if is_many else self._since + SIGN_SECONDS
        return max(due, self._not_before) - self._clock()

    def _append(self, newest: Reached) -> None:
        """One line more, on the disk before it counts.

        Raises:
            OSError: it cannot be written.
        """
        if newest.records is None:
            raise OSError(ENODATA, "records are not counted: run `throughline rebuild consent`")
        public = self._key.public_key()
        self._heads.parent.mkdir(parents=True, exist_ok=True)
        _know(public_path(self._heads), pem_of(public))
        descriptor = os.open(self._heads, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            last = _last_line(descriptor)
            head = Head(
                AUDIT_DECISIONS, 0, newest.records, newest.hash, newest.tick, digest_of(last), key_id_of(public)
            )
            if last is not None and self._has(last, head):
                return
            _write(descriptor, line_of(head, self._key) + b"\n")
        finally:
            os.close(descriptor)

    def _has(self, line: bytes, head: Head) -> bool:
        """Whether a line of ours is of this head already: a restart signs nothing anew."""
        found = head_in(line, {head.key: self._key.public_key()})
        return isinstance(found, Head) and (found.records, found.hash) == (head.records, head.hash)


def _last_line(descriptor: int) -> bytes | None:
    """The last whole line; one that a full disk has cut off is taken away.

    Raises:
        OSError: the file cannot be read, or what it ends with is no part of a line.
    """
    size = os.fstat(descriptor).st_size
    tail = os.pread(descriptor, LONGEST_LINE, max(0, size - LONGEST_LINE))
    whole = tail.rfind(b"\n") + 1
    if len(tail) - whole == LONGEST_LINE:
        raise OSError(EILSEQ, "it is no file of heads")
    if whole < len(tail):
        os.ftruncate(descriptor, size - len(tail) + whole)
        log.warning("head_cut_off", why="the last line was not whole: it was removed")
    return tail[:whole].split(b"\n")[-2] if whole else None


def _write(descriptor: int, line: bytes) -> None:
    """All of it or nothing."""
    size = os.fstat(descriptor).st_size
    try:
        written = os.write(descriptor, line)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
    if written != len(line):
        os.ftruncate(descriptor, size)
        raise OSError(ENOSPC, "no room for a whole line")


def _know(path: Path, pem: bytes) -> None:
    """Put a public key beside the heads, with those before it."""
    known = path.read_bytes() if path.exists() else b""
    if pem not in known:
        with path.open("ab") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())


def signer_of(chosen: Settings) -> Signer:
    """The signer of the settings; its key is made at first use.

    Raises:
        StoreError: the key's file holds something else.
    """
    return Signer(chosen.heads, read_or_make_secret(key_path(chosen.data_dir)))
