"""The worklist: which persons of a caseload are listed, in which order, and how many each filter would leave. Pure.

What is wanted stands in the address, in codes only: nobody's name, and a site as a hash of what the recipient calls it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlencode

from portal import words
from portal.signal_words import NAMES, URGENCIES
from portal.signals import SignalView
from sinks.stored import Assignment, Outline

ORDERS = {"urgency": "Urgency", "name": "Name", "newest": "Newest change", "due": "Due date"}
"""The first is the one that is meant where none is named."""
ORDER_TEXTS = {
    "urgency": "The most urgent signal first, then the earliest due date, then the oldest; who has none, last.",
    "name": "By name.",
    "newest": "Whose newest record a source published last stands first.",
    "due": "The earliest due date first, then signals without one by urgency; people without signals last.",
}
"""Each order in a sentence."""
SWITCHES = {"open": "Only with open signals", "new": "Only new since my last visit"}
LAST = "~"
"""Sorts after every digit and letter."""
FAR = 10**17


@dataclass(frozen=True)
class Client:
    """A person on the user's caseload, with what is new and what is open."""

    assignment: Assignment
    label: str
    newest: Outline | None
    new_rows: int
    signals: tuple[SignalView, ...] = ()

    @property
    def person_id(self) -> str:
        """Who it is."""
        return self.assignment.person_id

    @property
    def site(self) -> str:
        """Code of the site."""
        return site_code(self.assignment.site)

    @property
    def new(self) -> int:
        """Rows and signals that came after the reader's last visit."""
        return self.new_rows + sum(view.is_new for view in self.signals)


def site_code(site: str | None) -> str:
    """What stands for a site in addresses; empty for none."""
    return hashlib.sha256(f"site {site}".encode()).hexdigest()[:10] if site else ""


@dataclass(frozen=True)
class Wanted:
    """What the reader wants listed; whatever is empty leaves everybody in."""

    rule: frozenset[str] = field(default_factory=frozenset)
    urgency: frozenset[str] = field(default_factory=frozenset)
    site: frozenset[str] = field(default_factory=frozenset)
    show: frozenset[str] = field(default_factory=frozenset)
    order: str = next(iter(ORDERS))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Of an address's query; what it does not know, it leaves out."""
        known: dict[str, Any] = {"rule": NAMES, "urgency": URGENCIES, "show": SWITCHES, "order": ORDERS}
        pairs = [(k, v) for k, v in pairs if v in known.get(k, ()) or (k == "site" and v.isalnum() and len(v) == 10)]  # noqa: PLR2004  # as long as a code
        sets = {name: frozenset(v for k, v in pairs if k == name) for name in ("rule", "urgency", "site", "show")}
        return cls(**sets, order=dict(pairs).get("order", cls.order))

    @property
    def query(self) -> str:
        """The same as a query, always in the same order; empty where nothing is filtered or ordered otherwise."""
        pairs = [(f.name, v) for f in fields(self)[:-1] for v in sorted(getattr(self, f.name))]
        return urlencode(pairs + ([("order", self.order)] if self.order != type(self).order else []))

    @property
    def count(self) -> int:
        """How many filters there are."""
        return sum(len(getattr(self, f.name)) for f in fields(self)[:-1])

    def keeps(self, client: Client) -> bool:
        """Whether a person is listed. Rule and urgency are asked of one and the same signal."""
        asks_signals = bool(self.rule or self.urgency or "open" in self.show)
        is_new = "new" not in self.show or client.new > 0
        return is_new and _fits(self.site, client.site) and (not asks_signals or bool(self._fitting(client)))

    def signals(self, client: Client) -> list[SignalView]:
        """The signals that are wanted, of a person who is."""
        return self._fitting(client) if self.keeps(client) else []

    def _fitting(self, client: Client) -> list[SignalView]:
        fits = [view for view in client.signals if _fits(self.rule, view.signal.rule)]
        return [view for view in fits if _fits(self.urgency, view.signal.urgency)]

    def only(self, name: str, value: str) -> "Wanted":
        """The same with this as the one choice in its group, switches beside the others."""
        if name == "show":
            return replace(self, show=self.show | {value})
        groups: dict[str, Any] = {name: frozenset({value})}
        return replace(self, **groups)


def _fits(wanted: frozenset[str], value: str) -> bool:
    return not wanted or value in wanted


@dataclass(frozen=True)
class Choice:
    """One filter that can be chosen."""

    name: str
    value: str
    label: str
    count: int
    """Persons that it would leave, beside the filters of the other groups."""
    is_chosen: bool

    @property
    def key(self) -> str:
        """Name of its count on the page."""
        return f"count-{self.name}-{self.value}"


def choices(clients: Sequence[Client], wanted: Wanted) -> dict[str, list[Choice]]:
    """Every filter by group; of sites those on the caseload, none where there is only one."""
    sites = {c.site: c.assignment.site or "" for c in clients if c.site}
    sites |= dict.fromkeys(wanted.site - set(sites), "A site that is not on your caseload")
    groups: dict[str, dict[str, str]] = {
        "urgency": URGENCIES,
        "rule": NAMES,
        "show": SWITCHES,
        "site": dict(sorted(sites.items(), key=lambda s: s[1].casefold())) if len(sites) > 1 or wanted.site else {},
    }
    return {name: [_choice(clients, wanted, name, *one) for one in group.items()] for name, group in groups.items()}


def _choice(clients: Sequence[Client], wanted: Wanted, name: str, value: str, label: str) -> Choice:
    narrowed = wanted.only(name, value)
    return Choice(name, value, label, sum(map(narrowed.keeps, clients)), value in getattr(wanted, name))


def place(client: Client, order: str) -> str:
    """Where a person stands among the others; the lowest text first."""
    own = {"urgency": _by_urgency, "newest": _by_newest, "due": _by_due, "name": _by_name}[order](client)
    return f"{own} {client.label.casefold()} {client.person_id}"


def _by_urgency(client: Client) -> str:
    return client.signals[0].order.rsplit(" ", 1)[0] if client.signals else LAST


def _by_newest(client: Client) -> str:
    return f"{FAR - micros(client.newest.published_at):017}" if client.newest else LAST


def _by_due(client: Client) -> str:
    days = [view.signal.due_on for view in client.signals if view.signal.due_on]
    # Every date sorts before "no date": who has only signals without one stands after, and before who has none.
    return f"{min(days).isoformat() if days else 'no date'} {_by_urgency(client)}" if client.signals else LAST


def _by_name(_: Client) -> str:
    return ""


def label_of(assignment: Assignment) -> str:
    """How the recipient itself calls the person."""
    return assignment.display_label or "No label given"


def tab_title(mine: Iterable[Assignment], person_id: str) -> str:
    """What tells a person's tab from the others of a caseload: the place in it by name, and the site or role.

    Titles stay in the browser's history, also on a shared device: so no name, and nothing that a partner or a signal
    said, which must be gone when it is withdrawn.
    """
    by_name = sorted(mine, key=lambda one: (label_of(one).casefold(), one.person_id))
    for place_by_name, one in enumerate(by_name, 1):
        if one.person_id == person_id:
            return f"Person {place_by_name} of {len(by_name)}, {one.site or words.plain(one.relation)}"
    return "Person"


def micros(moment: datetime) -> int:
    """A time in microseconds since 1970-01-01 UTC."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def listed(clients: Iterable[Client], wanted: Wanted) -> list[Client]:
    """Who is wanted, in the order that is wanted."""
    by: Callable[[Client], str] = lambda client: place(client, wanted.order)  # noqa: E731  # a key, used once
    return sorted(filter(wanted.keeps, clients), key=by)
