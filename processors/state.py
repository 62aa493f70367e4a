"""State that a decision reads and changes: look-ups fall through to a store, changes stay here until it commits."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import islice, takewhile
from typing import Any, Protocol

import orjson

Changes = dict[str, dict[str, bytes | None]]
"""By table and key: the new value, or None where the key is to go."""

INSERTED_ONE_BY_ONE = 16
"""Keys that are put into their places in a sorted list; of more, the list is sorted anew."""
Named = tuple[str, ...]
"""A name and its labels."""


class Lookups(Protocol):
    """What a store answers. Keys are text, values are bytes, a scan is in the order of keys."""

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another key, and their values."""


class Memory:
    """Look-ups in a dictionary: for tests and small tools."""

    def __init__(self) -> None:
        """Empty."""
        self._tables: dict[str, dict[str, bytes]] = {}
        self._keys: dict[str, list[str]] = {}

    def get_many(self, table: str, keys: Collection[str]) -> dict[str, bytes]:
        """Values of those keys that there are."""
        rows = self._tables.get(table, {})
        return {key: rows[key] for key in keys if key in rows}

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, bytes]]:
        """Keys that begin with a prefix and come after another key, and their values."""
        rows, keys = self._tables.get(table, {}), self._keys.get(table, [])
        found: list[tuple[str, bytes]] = []
        for key in islice(keys, _start(keys, prefix, after), None):
            if not key.startswith(prefix) or (limit is not None and len(found) >= limit):
                break
            found.append((key, rows[key]))
        return found

    def apply(self, changes: Changes) -> None:
        """Take a decision's changes over."""
        for table, rows in changes.items():
            kept, keys = self._tables.setdefault(table, {}), self._keys.setdefault(table, [])
            for key, value in rows.items():
                self._change(kept, keys, key, value)

    @staticmethod
    def _change(kept: dict[str, bytes], keys: list[str], key: str, value: bytes | None) -> None:
        if value is None and kept.pop(key, None) is not None:
            del keys[bisect_left(keys, key)]
        elif value is not None:
            if key not in kept:
                insort(keys, key)
            kept[key] = value


class Working:
    """One batch's state: JSON values over a store's bytes, each parsed when it is first asked for.

    A value that ``get`` returned is shared: change it only together with ``put``. A table's values are either all JSON
    or all plain bytes: for what is read and written by tens of thousands (``get_raw``, ``put_raw``).
    """

    def __init__(self, lookups: Lookups) -> None:
        """Nothing read, nothing changed."""
        self._lookups = lookups
        self._found: defaultdict[str, dict[str, bytes | None]] = defaultdict(dict)
        """By table: what the store has, as it has it."""
        self._values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        """By table: what was asked for or put."""
        self._changed: dict[str, dict[str, Any]] = {}
        self._raw_changed: Changes = {}
        """Of tables whose values are plain bytes."""
        self._changed_keys: dict[str, list[str]] = {}
        """Sorted, so that a scan finds its own without looking at all."""
        self._unsorted: defaultdict[str, list[str]] = defaultdict(list)
        """Keys that no scan has asked for since they were put."""
        self.counts: Counter[Named] = Counter()
        """What the decision has counted, by name and labels; the shell tells operators after the commit."""
        self.newest: dict[Named, int] = {}
        """The highest value of each thing that the decision has noted."""
        self.reached: Any = None
        """How far the decision has come with what it goes on with; told with the batch, once that is committed."""

    def count(self, name: str, *labels: str, times: int = 1) -> None:
        """Count; labels only from closed sets, never a value about a person."""
        self.counts[name, *labels] += times

    def note(self, value: int, name: str, *labels: str) -> None:
        """Keep the highest value under a name and labels, which are as those of ``count``."""
        self.newest[name, *labels] = max(value, self.newest.get((name, *labels), value))

    def prefetch(self, table: str, keys: Iterable[str]) -> None:
        """Read keys in bulk, so that ``get`` finds them here."""
        found, values = self._found[table], self._values[table]
        missing = {key for key in keys if key not in found and key not in values}  # views would be gone through whole
        if missing:
            found.update(dict.fromkeys(missing) | self._lookups.get_many(table, missing))

    def get(self, table: str, key: str) -> Any:
        """The value of a key, None where there is none."""
        values = self._values[table]
        if key not in values:
            raw = self._raw(table, key)
            values[key] = None if raw is None else orjson.loads(raw)
        return values[key]

    def get_raw(self, table: str, keys: Collection[str]) -> list[bytes | None]:
        """Values of keys, None where there is none, of a table whose values are plain bytes; each key once."""
        found = self._found[table]
        missing = [key for key in keys if key not in found]
        if missing:
            found.update(dict.fromkeys(missing) | self._lookups.get_many(table, missing))
        return [found[key] for key in keys]

    def put_raw(self, table: str, rows: Mapping[str, bytes | None]) -> None:
        """Set keys of a table whose values are plain bytes; None removes one. ``keys`` tells which there are."""
        self._found[table].update(rows)
        self._raw_changed.setdefault(table, {}).update(rows)

    def keys(self, table: str, limit: int, after: str = "") -> list[str]:
        """The first keys, in order, of a table whose values are plain bytes; this batch's changes are included."""
        own = {key: value for key, value in self._raw_changed.get(table, {}).items() if key > after}
        stored = (key for key, _ in self._lookups.scan(table, "", limit + len(own), after))
        there = {key for key, value in own.items() if value is not None}
        return sorted(there.union(key for key in stored if key not in own))[:limit]

    def content(self, table: str, key: str) -> bytes | None:
        """The value of a key as JSON, None where there is none: for what is remembered by content."""
        changed = self._changed.get(table)
        if changed is None or key not in changed:
            return self._raw(table, key)
        return None if changed[key] is None else orjson.dumps(changed[key])

    def _raw(self, table: str, key: str) -> bytes | None:
        found = self._found[table]
        if key not in found:
            found[key] = self._lookups.get_many(table, [key]).get(key)
        return found[key]

    def put(self, table: str, key: str, value: Any) -> None:
        """Set a key; None removes it."""
        self._values[table][key] = value
        changed = self._changed.setdefault(table, {})
        if key not in changed:
            self._unsorted[table].append(key)
        changed[key] = value

    def scan(self, table: str, prefix: str, limit: int | None = None, after: str = "") -> list[tuple[str, Any]]:
        """Keys that begin with a prefix and come after another, this batch's changes included, in order.

        At least the first ``limit`` of them, if there are so many; it may be more.
        """
        own = self._own(table, prefix, after)
        asked = None if limit is None else limit + len(own)
        rows: dict[str, Any] = {}
        for key, raw in self._lookups.scan(table, prefix, asked, after):
            if key not in own:
                self._found[table].setdefault(key, raw)
                rows[key] = self.get(table, key)
        rows.update({key: value for key, value in own.items() if value is not None})
        return sorted(rows.items())

    def _own(self, table: str, prefix: str, after: str) -> dict[str, Any]:
        """This batch's changes to keys that begin with a prefix and come after another."""
        keys, changed = self._sorted_keys(table), self._changed.get(table, {})
        start = _start(keys, prefix, after)
        return {key: changed[key] for key in takewhile(lambda k: k.startswith(prefix), islice(keys, start, None))}

    def _sorted_keys(self, table: str) -> list[str]:
        """Keys of a table that this batch changed."""
        keys, new = self._changed_keys.setdefault(table, []), self._unsorted.pop(table, [])
        if len(new) > INSERTED_ONE_BY_ONE:
            keys.extend(new)
            keys.sort()
        else:
            for key in new:
                insort(keys, key)
        return keys

    def has_changed(self, table: str) -> bool:
        """Whether ``put`` set anything of a table."""
        return table in self._changed

    def changes(self) -> Changes:
        """Everything that ``put`` set, encoded, and ``put_raw``."""
        encoded: Changes = {
            table: {key: None if value is None else orjson.dumps(value) for key, value in rows.items()}
            for table, rows in self._changed.items()
        }
        return encoded | self._raw_changed


def canonical(value: bytes) -> bytes:
    """A value so that equal ones are equal bytes: JSON with its names sorted, plain bytes as they are."""
    if value[:1] in {b"{", b"["}:
        with suppress(orjson.JSONDecodeError):
            return orjson.dumps(orjson.loads(value), option=orjson.OPT_SORT_KEYS)
    return value


def _start(keys: list[str], prefix: str, after: str) -> int:
    """Place of the first key that can begin with a prefix and comes after another key."""
    return max(bisect_left(keys, prefix), bisect_right(keys, after) if after else 0)
