"""What the portal is made of, chosen by who starts it."""

import pathlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.feed import Feed
from portal.headlines import organization_key
from portal.sign_in import Spent
from sinks.views import Readable
from streams import toml_file

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
    known_pairs: Sequence[tuple[str, str]] = ()
    """Partner and family of everything that partners may publish, from their agreements."""
    recipients: Sequence[str] = ()
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
        ValueError: it is no TOML, or an entry lacks a field, has one too many, or stands there twice; says which entry.
    """
    names: dict[str, str] = {}
    for place, entry in enumerate(_entries(path, "organizations", ("system", "id", "name")), start=1):
        key = organization_key(entry["system"], entry["id"]) if entry else ""
        if not entry or key in names:
            raise ValueError(f"{path.name}: organization {place} needs a system, an id that stands once, and a name")
        names[key] = entry["name"]
    return names


def load_users(path: pathlib.Path) -> dict[str, User]:
    """Users by id from a TOML file of ``[[users]]`` with id, name and recipient, all of them text.

    Raises:
        ValueError: it is no TOML, or an entry lacks a field, has one too many, or an id that is taken; says which.
    """
    users: dict[str, User] = {}
    for place, entry in enumerate(_entries(path, "users", ("id", "name", "recipient")), start=1):
        if not entry or entry["id"] in users:
            raise ValueError(f"{path.name}: user {place} needs an id of its own, a name and a recipient, and no more")
        users[entry["id"]] = User(**entry)
    return users


def _entries(path: pathlib.Path, name: str, fields: Sequence[str]) -> list[dict[str, str]]:
    """Entries of a file; an empty one stands for one that has not these fields and no others, each a text.

    Raises:
        ValueError: it is no TOML, or has no list of such a name where it has one at all.
    """
    try:
        found = toml_file.read(path).get(name, [])
    except toml_file.NotTomlError as error:
        raise ValueError(f"{path.name} is not TOML: {error}") from None
    if not isinstance(found, list):
        raise ValueError(f"{path.name}: write each entry below a line [[{name}]]")  # noqa: TRY004  # of a file
    return [entry if _is_whole(entry, fields) else {} for entry in found]


def _is_whole(entry: Any, fields: Sequence[str]) -> bool:
    is_table = isinstance(entry, dict) and set(entry) == set(fields)
    return is_table and all(isinstance(said, str) and said for said in entry.values())
