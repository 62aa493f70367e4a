"""One pass of clustering: what a batch put in is entered under its keys, and whom it touches gets its person anew.

Records are numbered by places that hold for the pass alone, pairs of them are numbers in arrays.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from processors import counts
from processors.resolve import decisions
from processors.resolve.decisions import Two, pair_of
from processors.resolve.matching import blocks, clusters
from processors.resolve.matching.blocking import Keys
from processors.resolve.matching.blocks import NO_PAIRS, SEPARATOR, Numbered, Pairs, Places, Under, paired, split
from processors.resolve.matching.clusters import Pair
from processors.resolve.matching.components import Components
from processors.resolve.matching.decided import UNDECIDED, Decided, Words, places_of
from processors.resolve.matching.entries import Entry, Known
from processors.resolve.matching.model import Model
from processors.resolve.matching.reviews import CAPPED, GREY, REVIEW, UNCLEAR, Doubts, Review, keep
from processors.resolve.matching.scoring import NO_DOUBT, NO_SCORES, Scored, Scores, pairs_of

COMPONENT = "component"
COMPONENT_CAP = 50
"""Records that links connect beyond which none of them counts: a merge bomb, or a model that is wrong."""


class Change(NamedTuple):
    """A record changes persons, or gets its first."""

    record_key: str
    before: str
    """Empty: it is new."""
    after: str


@dataclass
class Settling:
    """One pass over what a batch touched."""

    known: Known
    model: Model
    before: Mapping[str, bytes] = field(repr=False)
    """By record that was put in: lines of what was said of it before."""
    decided: Collection[str] = field(default=(), repr=False)
    """Records among them of which a steward decided something."""
    reviews: list[Review] = field(default_factory=list, repr=False)
    """Questions that are new, other, or gone, once it has run."""
    _numbered: Numbered = field(init=False, repr=False)
    _shaken: set[str] = field(init=False, repr=False)
    """Records that may have lost a link: more descriptions, or more keys, only bring links."""
    _scored: Scored = field(init=False, repr=False)
    _pairs: Pairs = field(default_factory=NO_PAIRS.copy, repr=False)
    """Those that are scored."""
    _scores: Scores = field(default=NO_SCORES, repr=False)
    """Theirs."""

    def __post_init__(self) -> None:
        self._numbered = Numbered(zip(self.before, range(len(self.before)), strict=True))
        self._shaken = {
            key
            for key, lines in self.before.items()
            if lines and not set(lines.split(b"\n")) <= set(self._entry(key).lines.split(b"\n"))
        }
        self._shaken.update(self.decided)
        self._scored = Scored(self.model)

    def run(self) -> list[Change]:
        """Pairs, links, components, persons."""
        toggled = self._find()
        links = self._links()
        keys = list(self._numbered)
        touched = {*self.before, *toggled, *map(keys.__getitem__, np.unique(split(links)).tolist())}
        touched |= self._called_the_same({*self.before, *toggled})
        old = members_of(self.known, {self._entry(key).component for key in touched} - {""})
        nodes = self._places({*touched, *chain.from_iterable(old.values())})
        kept = self._kept(old)
        decided = Decided.among(nodes, self._numbered, self.known.state)
        links = np.concatenate([kept, self._links(), decided.same])
        components = Components.of(nodes, links, len(self._numbered))
        self._score(components.pairs(COMPONENT_CAP))
        for veto, pairs in self._scored.vetoed.items():
            counts.identity_vetoed(self.known.state, veto, pairs)
        return self._settled(components, old, decided)

    def _entry(self, key: str) -> Entry:
        return self.known.entries[key]

    def _places(self, keys: Collection[str]) -> Places:
        return places_of(self._numbered, keys)

    def _called_the_same(self, record_keys: Collection[str]) -> set[str]:
        """Other known records that a steward said to be of the same persons."""
        found = decisions.same_as(record_keys, self.known.state)
        self.known.load(found)
        return {key for key in found if key in self.known.entries}

    def _find(self) -> set[str]:
        """Enter what was put in under its keys, and score it with whom it finds; who else is to be clustered anew."""
        self._scored.add([self._entry(key).lines for key in self.before])
        now = self._scored.keys(self.known.secret)
        under = Under.of(self._keys(self.before, list(self.before.values())), now)
        found = blocks.entered(self.known.state, under, self._numbered)
        self._shaken |= found.toggled
        toggled = sorted(found.toggled.difference(self.before))
        self.known.load(toggled)
        self.known.open(map(self._entry, toggled))
        stands = self._keys(toggled, [self._entry(key).lines for key in toggled])
        more = blocks.entered(self.known.state, Under.of(stands, stands), self._numbered)
        self.known.load(self._numbered)
        self._score(np.union1d(found.pairs, more.pairs))
        stood = {key for key, lines in self.before.items() if lines}  # of others there was nothing to ask
        self.reviews = keep(stood | found.toggled, self._doubts(), self.known.state)
        return found.toggled

    def _doubts(self) -> Doubts:
        """What a person should look at, of the pairs that are scored."""
        told, keys = np.nonzero(self._scores.doubt > NO_DOUBT)[0], list(self._numbered)
        scores, found = self._scores.at(told), dict[Two, tuple[int, str]]()
        hundredths, unclear = (scores.doubt * 100).round().astype(np.int64).tolist(), scores.is_unclear.tolist()
        places = zip(*(side.tolist() for side in split(self._pairs[told])), strict=True)
        for (one, other), bits, is_unclear in zip(places, hundredths, unclear, strict=True):
            found[pair_of(keys[one], keys[other])] = (bits, UNCLEAR if is_unclear else GREY)
        return found

    def _keys(self, records: Collection[str], said: Sequence[bytes]) -> tuple[Places, Keys]:
        """Records under their keys; one may come twice."""
        scored = Scored(self.model)
        scored.add(said)
        places, keys = scored.keys(self.known.secret)
        return self._places(records)[places], keys

    def _score(self, pairs: Pairs) -> None:
        """Score pairs that are not yet."""
        new = np.setdiff1d(pairs, self._pairs, assume_unique=True)
        entries = [self._entry(key) for key in list(self._numbered)[len(self._scored) :]]
        self.known.open(entries)
        self._scored.add([entry.lines for entry in entries])
        self._pairs = np.concatenate([self._pairs, new])
        self._scores = self._scores.and_more(self._scored.scores(*split(new)))

    def _links(self) -> Pairs:
        """Of the scored pairs those that are linked."""
        return self._pairs[self._scores.is_link]

    def _kept(self, old: Mapping[str, list[str]]) -> Pairs:
        """What connects old components: of one that can have lost no link, that it is one; else what is scored anew."""
        firm = [members for members in old.values() if self._shaken.isdisjoint(members)]
        firsts = self._places([members[0] for members in firm])
        others = self._places([key for members in firm for key in members[1:]])
        shaken = [key for members in old.values() if not self._shaken.isdisjoint(members) for key in members]
        self.known.open(map(self._entry, shaken))
        stands = self._keys(shaken, [self._entry(key).lines for key in shaken])
        self._score(blocks.together(self.known.state, Under.of(stands, stands)))
        return paired(np.repeat(firsts, [len(members) - 1 for members in firm]), others)

    def _settled(self, components: Components, old: Mapping[str, list[str]], decided: Decided) -> list[Change]:
        keys, doubtful = list(self._numbered), self._doubtful(components, decided)
        words = decided.by_component(components.labels, keys)
        new, changes, written = dict[str, list[str]](), list[Change](), list[Entry]()
        entry_of = self.known.entries.__getitem__
        for label, places in components:
            component = sorted([keys[place] for place in places])
            new[component[0]] = component
            for group in _persons(component, doubtful.get(label, ()), words.get(label, UNDECIDED)):
                entries = list(map(entry_of, group))
                person = min(entries, key=_age).seed
                for entry in entries:
                    if entry.person != person:
                        changes.append(Change(entry.key, entry.person, person))
                    elif entry.component == component[0] and entry.key not in self.before:
                        continue
                    entry.component, entry.person = component[0], person
                    written.append(entry)
        self.known.write(written)
        self.reviews += self._capped(old, new)
        rows = {name: (_row(new.get(name)), _row(old.get(name))) for name in (*new, *old)}
        self.known.state.put_raw(COMPONENT, {name: now for name, (now, before) in rows.items() if now != before})
        return sorted(changes)

    def _capped(self, old: Mapping[str, list[str]], new: Mapping[str, list[str]]) -> list[Review]:
        """Questions about components that became too large for links, or are no longer: of their first two records.

        Such a question stands above another one about the same two, which is asked again when this one is gone.
        """
        before, now = ({(c[0], c[1]) for c in found.values() if len(c) > COMPONENT_CAP} for found in (old, new))
        for pair in before ^ now:
            (counts.review_opened if pair in now else counts.review_closed)(self.known.state, CAPPED)
        told = {(review.one, review.other) for review in self.reviews}
        found = [Review(*pair, 0, CAPPED, is_open=True) for pair in sorted(now - before | now & told)]
        for pair in sorted(before - now):
            stands = self.known.state.get(REVIEW, "|".join(pair))
            bits, reason = stands or (0, CAPPED)
            found.append(Review(*pair, bits, reason, is_open=stands is not None))
        return found

    def _doubtful(self, components: Components, decided: Decided) -> dict[int, list[Pair]]:
        """By component in which a veto or a steward speaks: its pairs that are linked or vetoed."""
        one, other = (components.labels[places] for places in split(self._pairs))
        vetoed = (one == other) & (self._scores.votes > 0)
        is_doubtful = np.zeros(len(components.labels), bool)
        is_doubtful[one[vetoed]] = True
        is_doubtful[components.labels[split(decided.both)[0]]] = True
        told = np.nonzero(vetoed | ((one == other) & is_doubtful[one] & self._scores.is_link))[0]
        keys, places = list(self._numbered), zip(*(side.tolist() for side in split(self._pairs[told])), strict=True)
        pairs = pairs_of([(keys[a], keys[b]) for a, b in places], self._scores.at(told))
        found = defaultdict[int, list[Pair]](list)
        for label, pair in zip(one[told].tolist(), pairs, strict=True):
            found[label].append(pair)
        return found


def members_of(known: Known, names: Collection[str]) -> dict[str, list[str]]:
    """Components by name as they are kept, with all their members, who are loaded."""
    rows = zip(names, known.state.get_raw(COMPONENT, names), strict=True)
    found = {name: row.decode().split(SEPARATOR) if row else [name] for name, row in rows}
    known.load(chain.from_iterable(found.values()))
    return found


def _persons(component: list[str], pairs: Sequence[Pair], words: Words) -> list[list[str]]:
    if len(component) <= COMPONENT_CAP:
        return clusters.clusters_of(component, pairs, *words) if pairs or words is not UNDECIDED else [component]
    return clusters.clusters_of(component, (), *words) if words.same else [[key] for key in component]


_age = attrgetter("age")


def _row(component: Sequence[str] | None) -> bytes | None:
    """A component as it is kept; one of a single record needs no row."""
    return SEPARATOR.join(component).encode() if component and len(component) > 1 else None
