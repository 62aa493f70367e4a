"""What the portal is made of, chosen by who starts it."""

import pathlib
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.feed import Feed
from portal.headlines import organization_key
from portal.sign_in import Spent
from sinks.views import Readable

FEWEST_KEY_CHARACTERS = 32


@dataclass(frozen=True)
class User:
    """Somebody who may sign in."""

    id: str
    """As in the recipient's caseload events."""
    name: str
    recipient: str
    """The one recipient whose views this user reads."""


@dataclass(frozen=True)
class PortalParts:
    """Everything that ``create_app`` needs."""

    views: Readable
    users: Mapping[str, User]
    """By id."""
    secret_key: str
    """Signs links and sessions; at least 32 characters."""
    feed: Feed
    known_pairs: tuple[tuple[str, str], ...] = ()
    """Partner and family of everything that partners may publish, from their agreements."""
    recipients: tuple[str, ...] = ()
    """Whose agreements the data dictionary tells of, beside those of the users."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Id of a partner or recipient to what people call it."""
    organization_names: Mapping[str, str] = field(default_factory=dict)
    """List and number of a school or college, ``UNITID 110662``, to what people call it."""
    spent: Spent = field(default_factory=Spent)
    clock: Callable[[], float] = time.time
    """Seconds since 1970 UTC, for the age of links and sessions only; what is shown obeys ticks."""
    time_zone: str = "America/Los_Angeles"
    """In which times of day are written."""

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed."""
        if len(self.secret_key) < FEWEST_KEY_CHARACTERS:
            raise ValueError(f"the portal's secret key has fewer than {FEWEST_KEY_CHARACTERS} characters")


def load_organizations(path: pathlib.Path) -> dict[str, str]:
    """Names by list and number from a TOML file of ``[[organizations]]`` with system, id and name, all of them text.

    Raises:
        ValueError: an entry lacks a field, has one too many, or stands there twice; the message says which entry.
    """
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get("organizations", [])
    names: dict[str, str] = {}
    for place, entry in enumerate(entries, start=1):
        is_whole = set(entry) == {"system", "id", "name"} and all(isinstance(v, str) and v for v in entry.values())
        key = organization_key(entry["system"], entry["id"]) if is_whole else ""
        if not is_whole or key in names:
            raise ValueError(f"{path.name}: organization {place} needs a system, an id that stands once, and a name")
        names[key] = entry["name"]
    return names


def load_users(path: pathlib.Path) -> dict[str, User]:
    """Users by id from a TOML file of ``[[users]]`` with id, name and recipient.

    Raises:
        ValueError: an entry lacks a field, has one too many, or an id that is taken; the message says which entry.
    """
    entries: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get("users", [])
    users: dict[str, User] = {}
    for place, entry in enumerate(entries, start=1):
        if set(entry) != {"id", "name", "recipient"} or entry["id"] in users:
            raise ValueError(f"{path.name}: user {place} needs an id of its own, a name and a recipient, and no more")
        users[entry["id"]] = User(**entry)
    return users
