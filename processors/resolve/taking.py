"""Taking another model while events go on: what its choice begins, a slice at a time between batches.

Phases, each a pass over keys in their order, and one slice of it a batch:

- compare: every record goes into an index of the new model's own, beside the one in force; so does all that comes.
- At its end the new model comes into force.
- move: a record whose person by the new index is another one moves, with the choice as the cause.
- ask: what stewards are asked by the new model and were not by the old one is asked.
- drop: the old index is let go, and its questions that are no longer.

One model is taken at a time. A choice that comes while records are compared has that half-made index dropped; one that
comes later waits until the model before it is taken. Where a crash falls does not show: each slice is one commit.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processors import counts, sealing
from processors.counts import MODEL, SWEPT
from processors.drafts import Draft
from processors.resolve import adopted
from processors.resolve.adopted import ASK, COMPARE, CURRENT, DROP, GENERATION, MOVE, NEXT, TABLE, WAITING
from processors.resolve.book import RECORD, Book, Move
from processors.resolve.generations import TABLES, Generation
from processors.resolve.kinds import Kinds
from processors.resolve.matching import reviews, settling
from processors.resolve.matching.blocks import SEPARATOR
from processors.resolve.matching.index import Change, Index
from processors.resolve.matching.reviews import ASKED, CAPPED, REVIEW, Review
from processors.resolve.matching.settling import COMPONENT
from processors.state import Working

Row = dict[str, Any]
Question = tuple[int, str]
"""Weight in hundredths of a bit, and reason."""
SLICE = 1_000
"""Most records, or rows of an index, that one batch goes over besides its own."""
DROPPED = 10
"""Times as many rows are let go: a record has some ten."""
IN_JSON = {REVIEW, ASKED}
"""Tables of the index whose values are JSON."""
KEY_DIGITS = 8
"""Of a record's key by which is guessed how far a pass is: keys are keyed hashes in hexadecimal."""


@dataclass
class Slice:
    """What a slice brings."""

    moves: list[Move] = field(default_factory=list)
    beside: list[Draft] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Tells its moves from those of other slices: no record moves twice for one cause."""
        return f".{self.moves[0].record_key}" if self.moves else ""


def choose(row: Mapping[str, Any], state: Working, keys: sealing.Keys) -> list[Draft]:
    """Take a row of ``internal.model_chosen.v1`` in; a choice of the model that is to be anyway is nothing.

    Returns:
        That the choice is refused, where records cannot be compared by what it chooses; else nothing.
    """
    name = row["model"]
    if name == _last_chosen(state):
        return []
    if refusal := _refusal(name, row["sealed_document"], keys):
        counts.model_refused(state, refusal)
        return [adopted.refused(name, row["decision_id"], refusal)]
    state.put(TABLE, name, row["sealed_document"])
    under_way = state.get(TABLE, NEXT)
    state.put(TABLE, WAITING, {"name": name, "decision_id": row["decision_id"]})
    if under_way is None:
        _begin_waiting(state)
    elif under_way["phase"] == COMPARE:
        state.put(TABLE, NEXT, {**under_way, **_from_the_start(DROP, REVIEW), "old": under_way["generation"],
                                "is_half_made": True})  # fmt: skip
    adopted.forget_others(state)
    return []


def _last_chosen(state: Working) -> str | None:
    """The model that will be in force when all is done."""
    coming = state.get(TABLE, WAITING) or adopted.compared_beside(state)
    name: str | None = state.get(TABLE, CURRENT) if coming is None else coming["name"]
    return name


def _refusal(name: str, document: str, keys: sealing.Keys) -> str | None:
    """Why records cannot be compared by what is sealed, as ``model_refused.avsc`` has it; None: they can."""
    try:
        return None if adopted.opened(name, document, keys).name == name else "other_name"
    except sealing.UnreadableError:
        return "not_unsealed"
    except ValueError:
        return "other_version"


def _begin_waiting(state: Working) -> None:
    """Begin with the model that waits; where none does, or it is in force, there is nothing to do."""
    waiting = state.get(TABLE, WAITING)
    state.put(TABLE, WAITING, None)
    state.put(TABLE, NEXT, None)
    if waiting is not None and waiting["name"] != state.get(TABLE, CURRENT):
        generation = adopted.generation_of(state)
        numbers = {"generation": generation + 1, "old": generation}
        state.put(TABLE, NEXT, {**waiting, **numbers, **_from_the_start(COMPARE), "done": 0, "is_half_made": False})
    adopted.forget_others(state)


def _from_the_start(phase: str, table: str = "") -> Row:
    return {"phase": phase, "table": table, "after": ""}


def move_again(row: Mapping[str, Any], state: Working) -> None:
    """Look for records that have not moved to their persons by a model that came into force by a choice.

    Args:
        row: of ``internal.model_in_force.v1``.
        state: its table of models changes.
    """
    if row["decision_id"] is not None:
        numbers = {"generation": row["generation"], "old": row["generation"] - 1}
        again = {"name": row["model"], "decision_id": row["decision_id"], **numbers, "done": 0, "is_half_made": False}
        state.put(TABLE, NEXT, {**again, **_from_the_start(MOVE)})


def progress(state: Working) -> tuple[int, int] | None:
    """Records compared and moved, and how many there are to be, about; None: no model is being taken."""
    row = state.get(TABLE, NEXT)
    if row is None:
        return None
    done = int(row["done"])
    if row["phase"] not in {COMPARE, MOVE} or not row["after"]:
        return done, done if row["phase"] in {ASK, DROP} else 2 * done
    share = (int(row["after"][:KEY_DIGITS], 16) + 1) / 16**KEY_DIGITS
    return done, round(2 * done / (share + (row["phase"] == MOVE)))


def next_slice(book: Book) -> Slice:
    """The next slice, where a model is being taken."""
    row = book.state.get(TABLE, NEXT)
    return Slice() if row is None else PHASES[row["phase"]](book, row)


def _compare(book: Book, row: Row) -> Slice:
    keys = _records(book.state, row)
    book.compare_by_coming(keys)
    if _goes_on(book.state, row, keys, done=len(keys)):
        return Slice()
    return _swapped(book.state, row, len(keys))


def _records(state: Working, row: Row) -> list[str]:
    """The next records of a pass."""
    return [key for key, _ in state.scan(RECORD, "", SLICE, row["after"])][:SLICE]


def _goes_on(state: Working, row: Row, keys: Sequence[str], done: int = 0) -> bool:
    """Put the cursor behind a slice; False: it was the last one of its pass."""
    state.count(SWEPT, MODEL, times=len(keys))
    if len(keys) < _size(row):
        return False
    state.put(TABLE, NEXT, {**row, "after": keys[-1], "done": row["done"] + done})
    return True


def _swapped(state: Working, row: Row, done: int) -> Slice:
    """The new model comes into force."""
    document = state.get(TABLE, row["name"])
    state.put(TABLE, CURRENT, row["name"])
    state.put(TABLE, GENERATION, row["generation"])
    state.put(TABLE, NEXT, {**row, **_from_the_start(MOVE), "done": row["done"] + done})
    return Slice(beside=[adopted.in_force(row["name"], row["generation"], row["decision_id"], document)])


def _move(book: Book, row: Row) -> Slice:
    keys = _records(book.state, row)
    found = book.index.persons_of(keys)
    changes = [Change(key, book.person_of(key), person) for key, person in found.items()]
    changes = [change for change in changes if change.before != change.after]
    kinds = _kinds(book, changes, _old_index(book, row))
    for change in changes:
        book.give(change)
    if not _goes_on(book.state, row, keys, done=len(keys)):
        then = {**_from_the_start(ASK, REVIEW), "done": row["done"] + len(keys)}
        book.state.put(TABLE, NEXT, {**row, **then})
    cause = row["decision_id"]
    return Slice([Move(c.record_key, c.before, c.after, cause, kinds.of(c)) for c in changes])


def _old_index(book: Book, row: Row) -> Index:
    """The index of before; it stands as it was when the new model came into force."""
    return Index(Generation(book.state, row["old"], is_counted=False), book.index.model, book.key)


def _kinds(book: Book, changes: Sequence[Change], old: Index) -> Kinds:
    """What becomes of persons, whatever slices their records are in: by the first records of all that are touched."""
    keys = [change.record_key for change in changes]
    firsts = {*book.index.first_of(keys).values(), *old.first_of(keys).values()}
    before, after = old.persons_of(firsts), book.index.persons_of(firsts)
    known = [key for key in firsts if key in before and key in after and book.is_known(key)]  # others are erased
    of_firsts = [Change(key, before[key], after[key]) for key in known if before[key] != after[key]]
    told = [*changes, *of_firsts]
    return Kinds(told, {change.record_key: book.record(change.record_key)["seed"] for change in told})


def _ask(book: Book, row: Row) -> Slice:
    """Open what is asked by the new index; of what has changed in it since it is in force its own batches have told."""
    ours, theirs = _states(book, row)
    keys = _keys(ours, row)
    pairs = _pairs(ours, row["table"], keys)
    now, before = _standing(ours, pairs), _standing(theirs, pairs)
    told = [pair for pair in pairs if now[pair] != before[pair]]
    book.index.reviews += [_review(pair, now[pair], is_open=True) for pair in told]
    for pair in told:
        reviews.count(before[pair], now[pair], book.state)
    if not _goes_on(book.state, row, keys):
        book.state.put(TABLE, NEXT, {**row, **AFTER_ASKING[row["table"]]})
    return Slice()


def _drop(book: Book, row: Row) -> Slice:
    """Let the next rows of an old index go, and close what it alone has asked."""
    ours, theirs = _states(book, row)
    keys, table = _keys(theirs, row), row["table"]
    if not row["is_half_made"]:
        pairs = _pairs(theirs, table, keys)
        now, before = _standing(ours, pairs), _standing(theirs, pairs)
        gone = [pair for pair in pairs if now[pair] is None]
        book.index.reviews += [_review(pair, before[pair], is_open=False) for pair in gone]
        for pair in gone:
            reviews.count(before[pair], None, book.state)
    if table in IN_JSON:
        for key in keys:
            theirs.put(table, key, None)
    else:
        theirs.put_raw(table, dict.fromkeys(keys))
    if not _goes_on(book.state, row, keys):
        rest = TABLES[TABLES.index(table) + 1 :]
        if rest:
            book.state.put(TABLE, NEXT, {**row, **_from_the_start(DROP, rest[0])})
        else:
            _begin_waiting(book.state)
    return Slice()


def _states(book: Book, row: Row) -> tuple[Working, Working]:
    """Of the index in force, and of the old one."""
    return book.index.state, Generation(book.state, row["old"], is_counted=False)


def _keys(state: Working, row: Row) -> list[str]:
    """The next keys of a pass over a table of an index."""
    table, after, size = row["table"], row["after"], _size(row)
    if table in IN_JSON:
        return [key for key, _ in state.scan(table, "", size, after)][:size]
    return state.keys(table, size, after)


def _size(row: Row) -> int:
    return SLICE * DROPPED if row["phase"] == DROP else SLICE


def _pairs(state: Working, table: str, keys: Sequence[str]) -> list[str]:
    """Pairs of which stewards are asked by some rows of an index."""
    if table == REVIEW:
        return list(keys)
    return list(_capped(state, keys)) if table == COMPONENT else []


def _capped(state: Working, names: Collection[str]) -> dict[str, Question]:
    """By its first two records: components too large for links."""
    members = [row.decode().split(SEPARATOR) for row in state.get_raw(COMPONENT, names) if row]
    return {"|".join(found[:2]): (0, CAPPED) for found in members if len(found) > settling.COMPONENT_CAP}


def _standing(state: Working, pairs: Collection[str]) -> dict[str, Question | None]:
    """What an index asks about pairs; None: nothing."""
    state.prefetch(REVIEW, pairs)
    capped = _capped(state, {pair.partition("|")[0] for pair in pairs})
    return {pair: capped.get(pair) or _asked(state, pair) for pair in pairs}


def _asked(state: Working, pair: str) -> Question | None:
    found = state.get(REVIEW, pair)
    return None if found is None else (found[0], found[1])


def _review(pair: str, question: Question | None, *, is_open: bool) -> Review:
    one, _, other = pair.partition("|")
    bits, reason = question or (0, CAPPED)
    return Review(one, other, bits, reason, is_open)


AFTER_ASKING = {REVIEW: _from_the_start(ASK, COMPONENT), COMPONENT: _from_the_start(DROP, REVIEW)}
PHASES: dict[str, Callable[[Book, Row], Slice]] = {COMPARE: _compare, MOVE: _move, ASK: _ask, DROP: _drop}
