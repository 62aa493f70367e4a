"""The records that are known, how they are found, and whose they are; kept in a stage's state.

Tables: compare (record: component, person, seed, age, sealed descriptions), block (blocking key: records under it),
component (its lowest record: its records). A batch's new and changed records are put in, then all that they touch is
clustered anew: a cluster is a pure function of its records, so neither order nor batches show.
"""

import base64
import functools
import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from processors.records import keyed_hash
from processors.resolve.matching import blocking, clusters
from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.description import Description
from processors.resolve.matching.model import Model
from processors.resolve.matching.scoring import Scorer
from processors.state import Working

KEY_CAP = 50
"""Records under a blocking key beyond which it counts for no pair."""
COMPONENT_CAP = 50
"""Records that links connect beyond which none of them counts: a merge bomb, or a model that is wrong."""
COMPARE, BLOCK, COMPONENT = "compare", "block", "component"
Age = tuple[int, str]
"""LogAppendTime and position at which a record first appeared: orders records, oldest first."""
Two = tuple[str, str]
"""Two records, the lower key first."""


@dataclass(slots=True)
class Entry:
    """A record as it is compared."""

    key: str
    seed: str
    age: Age
    component: str = ""
    """Empty before it was first clustered."""
    person: str = ""
    descriptions: list[Description] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A record changes persons, or gets its first."""

    record_key: str
    before: str
    """Empty: it is new."""
    after: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A row that tells of a record, for who has no book of records."""

    record_key: str
    age: Age
    description: Description


@dataclass
class Index:
    """One batch's view of all records."""

    state: Working
    model: Model
    key: bytes = field(repr=False)
    """The pseudonym key."""
    _entries: dict[str, Entry] = field(default_factory=dict, repr=False)
    _changed: set[str] = field(default_factory=set, repr=False)
    _shaken: set[str] = field(default_factory=set, repr=False)
    """Records that may have lost a link: more descriptions, or more keys, only bring links."""
    _gained: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)
    """By blocking key: records that it gained in this batch."""
    _lost: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)
    _keys: dict[str, list[str]] = field(default_factory=dict, repr=False)
    """Blocking keys of records."""

    def take(self, arrived: Sequence[Arrived]) -> list[Change]:
        """Take in what rows say of records, new and known, and cluster anew what they touch."""
        self._load({row.record_key for row in arrived})
        for row in arrived:
            entry = self._entries.get(row.record_key)
            known = [] if entry is None else entry.descriptions
            age = row.age if entry is None else min(row.age, entry.age)
            said = known if row.description in known else sorted([*known, row.description], key=Description.to_json)
            if entry is None or said is not known or age != entry.age:
                self.put(row.record_key, keyed_hash(self.key, "seed", age[1]), age, said)
        return self.settle()

    def put(self, record_key: str, seed: str, age: Age, descriptions: Sequence[Description]) -> None:
        """Enter a record, or change what is said of it.

        Args:
            record_key: the record.
            seed: its own, from which a person's id is taken.
            age: of its first appearance.
            descriptions: all that its source says of it now.
        """
        self._load([record_key])
        entry = self._entries.setdefault(record_key, Entry(record_key, seed, age))
        before = self._keys_of(entry) if entry.descriptions else []
        if any(known not in descriptions for known in entry.descriptions):
            self._shaken.add(record_key)
        entry.seed, entry.age, entry.descriptions = seed, age, list(descriptions)
        self._keys.pop(record_key, None)
        self._enter(record_key, before, self._keys_of(entry))
        self._changed.add(record_key)

    def _enter(self, record_key: str, before: Sequence[str], after: Sequence[str]) -> None:
        for block in set(after).difference(before):
            self._lost[block].discard(record_key)
            self._gained[block].add(record_key)
        for block in set(before).difference(after):
            self._gained[block].discard(record_key)
            self._lost[block].add(record_key)

    def person_of(self, record_key: str) -> str:
        """Whose a record is; empty where it is not known."""
        self._load([record_key])
        entry = self._entries.get(record_key)
        return "" if entry is None else entry.person

    def settle(self) -> list[Change]:
        """Cluster anew all that was touched since the last time; records whose person changed, sorted."""
        if not self._changed:
            return []
        toggled = self._toggled()
        self._shaken |= toggled
        changed = self._changed | toggled
        wanted = self._candidates(changed)
        self._load({key for pair in wanted for key in pair})
        old = self._components_of({*changed, *(key for pair in wanted for key in pair)})
        self._load({key for members in old.values() for key in members})
        scorer = Scorer(self.model, {key: entry.descriptions for key, entry in self._entries.items()})
        moved = _Settling(self, scorer, old, changed, self._shaken, wanted).run()
        self._changed, self._shaken, self._gained, self._lost = set(), set(), defaultdict(set), defaultdict(set)
        return sorted(moved, key=lambda change: change.record_key)

    def _load(self, keys: Collection[str]) -> None:
        self.state.prefetch(COMPARE, keys)
        for key in keys:
            if key not in self._entries and (row := self.state.get(COMPARE, key)) is not None:
                self._entries[key] = _entry(key, row, self.key)

    def _keys_of(self, entry: Entry) -> list[str]:
        found = self._keys.get(entry.key)
        if found is None:
            found = self._keys[entry.key] = blocking.keys_of(entry.descriptions, self.model.rules, self.key)
        return found

    def _toggled(self) -> set[str]:
        """Enter what blocking keys gained and lost; records under those that came to count, or counts no longer."""
        touched = {*self._gained, *self._lost}
        self.state.prefetch(BLOCK, touched)
        toggled: set[str] = set()
        for block in touched:
            row = self.state.get(BLOCK, block) or []
            records = self._under(block, row)
            self.state.put(BLOCK, block, records or None)
            if row and (len(row) <= KEY_CAP) != (len(records) <= KEY_CAP):
                toggled.update(row, records)
        self._load(toggled)
        return toggled

    def _under(self, block: str, row: list[str]) -> list[str]:
        """Records under a blocking key, now that the batch is entered."""
        gained = self._gained.get(block, set())
        if not row and len(gained) == 1:
            return list(gained)
        return sorted({*row, *gained} - self._lost.get(block, set()))

    def _candidates(self, changed: Iterable[str]) -> set[Two]:
        """Pairs of a changed record and one that shares a key with it."""
        blocks = {key: self._keys_of(self._entries[key]) for key in changed}
        self.state.prefetch(BLOCK, {block for found in blocks.values() for block in found})
        pairs: set[Two] = set()
        for key, found in blocks.items():
            for block in found:
                records = self.state.get(BLOCK, block) or []
                if len(records) <= KEY_CAP:
                    pairs.update((key, other) if key < other else (other, key) for other in records if other != key)
        return pairs

    def _components_of(self, keys: Iterable[str]) -> dict[str, list[str]]:
        """Components of records as they were, with all their members."""
        named = {self._entries[key].component for key in keys} - {""}
        self.state.prefetch(COMPONENT, named)
        return {name: self.state.get(COMPONENT, name) for name in sorted(named)}

    def shared(self, members: Sequence[str]) -> list[Two]:
        """Pairs of records of a component that share a key which counts."""
        under: dict[str, list[str]] = defaultdict(list)
        for key in sorted(members):
            for block in self._keys_of(self._entries[key]):
                under[block].append(key)
        self.state.prefetch(BLOCK, under)
        counting = (found for block, found in under.items() if len(self.state.get(BLOCK, block) or []) <= KEY_CAP)
        return sorted({pair for found in counting for pair in combinations(found, 2)})

    def links_of(self, record_keys: Collection[str]) -> dict[str, list[Pair]]:
        """Links of settled records to others of their persons, by record, the strongest first."""
        self._load(record_keys)
        of = {key: self._entries[key] for key in record_keys if key in self._entries}
        members = self._components_of(of)
        self._load({key for found in members.values() for key in found})
        wanted = {
            (min(key, other), max(key, other))
            for key, entry in of.items()
            for other in members[entry.component]
            if other != key and self._entries[other].person == entry.person
        }
        scorer = Scorer(self.model, {key: self._entries[key].descriptions for pair in wanted for key in pair})
        found: dict[str, list[Pair]] = {key: [] for key in record_keys}
        for pair in sorted(scorer.pairs(sorted(wanted)), key=lambda pair: -pair.bits):
            for key in (pair.one, pair.other):
                if pair.is_link and key in of:
                    found[key].append(pair)
        return found

    def entry(self, key: str) -> Entry:
        """A record that was loaded."""
        return self._entries[key]

    def write(self, entry: Entry) -> None:
        """Keep a record."""
        sealed = _sealed([d.to_json() for d in entry.descriptions], entry.key, self.key)
        row = [entry.component, entry.person, entry.seed, *entry.age, sealed]
        self.state.put(COMPARE, entry.key, row)


@dataclass
class _Settling:
    """One pass of clustering over what a batch touched."""

    index: Index
    scorer: Scorer = field(repr=False)
    old: dict[str, list[str]] = field(repr=False)
    changed: set[str] = field(repr=False)
    shaken: set[str] = field(repr=False)
    wanted: set[Two] = field(repr=False)
    _known: dict[Two, Pair] = field(default_factory=dict, repr=False)
    _asked: set[Two] = field(default_factory=set, repr=False)

    def run(self) -> list[Change]:
        """Components anew, then the persons in each."""
        self._score(self.wanted)
        links = [pair for pair in self.wanted if self._is_link(pair)]
        touched = {*self.changed, *(key for pair in links for key in pair)}
        names = {self.index.entry(key).component for key in touched} - {""}
        members = {*touched, *(key for name in names for key in self.old[name])}
        found = clusters.components(members, [*links, *self._kept(names)])
        self._score({pair for one in found if len(one) <= COMPONENT_CAP for pair in combinations(one, 2)})
        self._rename(found, names)
        return [change for component in found for change in self._settle(component)]

    def _rename(self, found: Iterable[list[str]], names: Iterable[str]) -> None:
        new = {component[0]: component for component in found}
        for name in sorted({*new, *names}):
            if new.get(name) != self.old.get(name):
                self.index.state.put(COMPONENT, name, new.get(name))

    def _kept(self, names: Iterable[str]) -> list[Two]:
        """Links inside of old components: of one that can have lost none, that it is one."""
        kept: list[Two] = []
        shared: list[Two] = []
        for name in sorted(names):
            members = self.old[name]
            if self.shaken.isdisjoint(members):
                kept += [(members[0], other) for other in members[1:]]
            else:
                shared += self.index.shared(members)
        self._score(shared)
        return [*kept, *(pair for pair in shared if self._is_link(pair))]

    def _score(self, pairs: Iterable[Two]) -> None:
        new = sorted(set(pairs) - self._asked)
        self._asked.update(new)
        self._known.update({(pair.one, pair.other): pair for pair in self.scorer.pairs(new)})

    def _is_link(self, pair: Two) -> bool:
        found = self._known.get(pair)
        return found is not None and found.is_link

    def _settle(self, component: list[str]) -> list[Change]:
        changes = []
        for group in self._persons(component):
            person = min((self.index.entry(key) for key in group), key=lambda entry: entry.age).seed
            for key in group:
                changes += self._give(self.index.entry(key), component[0], person)
        return changes

    def _persons(self, component: list[str]) -> list[list[str]]:
        if len(component) == 1:
            return [component]
        if len(component) > COMPONENT_CAP:
            return [[key] for key in component]
        pairs = [found for pair in combinations(component, 2) if (found := self._known.get(pair)) is not None]
        return clusters.clusters_of(component, pairs)

    def _give(self, entry: Entry, component: str, person: str) -> list[Change]:
        before, stands = entry.person, (entry.component, entry.person) == (component, person)
        entry.component, entry.person = component, person
        if not stands or entry.key in self.changed:
            self.index.write(entry)
        return [] if before == person else [Change(entry.key, before, person)]


def _entry(key: str, row: Sequence[Any], secret: bytes) -> Entry:
    component, person, seed, at, position, sealed = row
    descriptions = [Description.from_json(one) for one in _unsealed(sealed, key, secret)]
    return Entry(key, seed, (at, position), component, person, descriptions)


def _sealed(content: Any, record_key: str, secret: bytes) -> str:
    """Content under AES-SIV (RFC 5297), which needs no nonce: one content, one text, so that equal states are equal."""
    return base64.b64encode(_cipher(secret).encrypt(orjson.dumps(content), [record_key.encode()])).decode()


def _unsealed(text: str, record_key: str, secret: bytes) -> Any:
    return orjson.loads(_cipher(secret).decrypt(base64.b64decode(text), [record_key.encode()]))


@functools.lru_cache(8)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(hmac.digest(secret, b"descriptions of resolve's index", "sha512"))
