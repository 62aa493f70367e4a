"""Passwords of users of the broker: each made once, in a file of its own that only its owner reads."""

import secrets
from pathlib import Path

from streams.keyring import write_once

BYTES = 32
NEXT = ".next"
"""Of a file with the password that a user is about to have."""


class Passwords:
    """Those of a data directory, by user."""

    def __init__(self, data_dir: Path) -> None:
        """They are in a folder of its secrets."""
        self._folder = data_dir / "secrets" / "kafka"

    def path(self, user: str) -> Path:
        """Where a user's is."""
        return self._folder / f"{user}.password"

    def has(self, user: str) -> bool:
        """Whether it is here."""
        return self.path(user).exists()

    def being_changed(self) -> set[str]:
        """Users of whom it is not known which password the broker has: a change of it was cut off."""
        return {path.name.removesuffix(f".password{NEXT}") for path in self._folder.glob(f"*.password{NEXT}")}

    def read_or_make(self, user: str) -> bytes:
        """A user's password, made now where there is none."""
        return self._made(self.path(user))

    def make_next(self, user: str) -> bytes:
        """Another password, that is not the user's yet; the same again where a change was cut off."""
        return self._made(self._next(user))

    def take_next(self, user: str) -> None:
        """The broker has the other password: it is the user's."""
        self._next(user).replace(self.path(user))

    def remove(self, user: str) -> None:
        """The user is no more."""
        for path in (self.path(user), self._next(user)):
            path.unlink(missing_ok=True)

    def _next(self, user: str) -> Path:
        return self.path(user).with_name(f"{self.path(user).name}{NEXT}")

    @staticmethod
    def _made(path: Path) -> bytes:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            write_once(path, secrets.token_urlsafe(BYTES).encode())
        return path.read_bytes()
