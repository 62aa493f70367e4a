"""The engine of resolve over a store of its own, fed with rows: the same code and store as the stage, without Kafka."""

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson

from deploy.identity.files import Row, Source, thinned
from deploy.progress import Told
from processors.records import Outs, hashing
from processors.resolve.matching.dates import date_of
from processors.resolve.matching.index import COMPARE, Age, Arrived, Index
from processors.resolve.matching.model import Model, shipped
from processors.resolve.matching.numbers import number_of
from processors.resolve.matching.records import description_of, descriptions_of, record_key_of
from processors.resolve.matching.splink import from_splink, is_splink
from processors.resolve.matching.training import train
from processors.state import Working
from streams.errors import ThroughlineError
from streams.store import Store

MOST_TRAINED = 200_000
"""Rows that a model is trained on: of more of them it would learn the same."""
FEWEST_TRAINED = 2
TOLD_RECORDS = 5_000
"""After how many the reader of a terminal hears of more."""
MARK_BYTES = 16
ROW = "row"
"""Table: by mark of a row the record that it is of, and the age of the oldest row that says the same."""
DAY, DAYS = len("2026-09-01"), 10_000


class Engine:
    """Enters records a batch at a time; a batch is durable when ``take`` returns."""

    def __init__(self, store: Store, model: Model, key: bytes) -> None:
        """Over a store that this process has; ``key`` is that of the pseudonyms."""
        standing = store.take_over()
        self._store, self._token, self._batch = store, standing.token, standing.batch
        self._model, self._key = model, key

    def take(self, rows: Sequence[Row]) -> list[str]:
        """Decide a batch and commit it, as ``streams/stage.py`` does; each row's record key.

        A row that says what one before it said, and is no older, is known by its mark and not even read.
        """
        working = Working(self._store)
        marks, ages = [mark_of(row, self._key) for row in rows], list(map(_age_of, rows))
        seen = {mark: _seen(value) for mark, value in zip(marks, working.get_raw(ROW, marks), strict=True) if value}
        new = [at for at, mark in enumerate(marks) if mark not in seen or ages[at] < seen[mark][1]]
        arrived = arrived_of([rows[at] for at in new], self._key)
        Index(working, self._model, self._key).take(arrived)
        now: dict[str, tuple[str, Age]] = {}
        for at, (record_key, age, _) in zip(new, arrived, strict=True):
            now[marks[at]] = min(now.get(marks[at], (record_key, age)), (record_key, age))
        working.put_raw(ROW, {mark: _value(*told) for mark, told in now.items()})
        self._batch = self._store.commit(self._token, self._batch, working.changes(), {}, Outs())
        known = seen | now
        return [known[mark][0] for mark in marks]

    def persons_of(self, record_keys: Sequence[str]) -> list[str]:
        """The person of each record that was taken."""
        working = Working(self._store)
        working.prefetch(COMPARE, record_keys)
        return list(map(Index(working, self._model, self._key).person_of, record_keys))


def mark_of(row: Row, key: bytes) -> str:
    """Keyed hash of all that a row says of a record, and of which it is of; not of when it says so."""
    is_named = row.get("source_local_id") or number_of(row.get("ssn") or "")
    said = {**row, "record_id": "" if is_named else row["record_id"], "event_date": ""}
    hashed = hashing(key, b"marks of rows", MARK_BYTES).copy()
    hashed.update(orjson.dumps(said))
    return hashed.hexdigest()


def _age_of(row: Row) -> Age:
    return _day_of(row.get("event_date") or ""), row["record_id"]


def _value(record_key: str, age: Age) -> bytes:
    return f"{record_key}\n{age[0]}\n{age[1]}".encode()


def _seen(value: bytes) -> tuple[str, Age]:
    record_key, at, position = value.decode().split("\n", 2)
    return record_key, (int(at), position)


def arrived_of(rows: Sequence[Row], key: bytes) -> list[Arrived]:
    """Rows as records that arrive; the age of each is its own, whenever it comes."""
    return [
        Arrived(record_key_of(row, said, key), _age_of(row), said)
        for row, said in zip(rows, descriptions_of(rows, key), strict=True)
    ]


@functools.lru_cache(DAYS)
def _day_of(text: str) -> int:
    """Year, month and day of a date or a time as one number; 0: not known. Many rows are of one day."""
    return date_of(text[:DAY])


def trained(source: Source, key: bytes, told: Told) -> Model:
    """A model that was trained on records, without a truth.

    Raises:
        ThroughlineError: there are none to be compared.
    """
    found = thinned(_counted(source.rows(), told), MOST_TRAINED, lambda row: description_of(row, key))
    if len(found) < FEWEST_TRAINED:
        raise ThroughlineError(f"{source.name} has too few records to train on: thousands make a model")
    told("training on", len(found))
    made = train(found)
    if not math.isfinite(made.link_bits):
        raise ThroughlineError(f"{source.name} has no two records that are alike: no model can be trained on it")
    return made


def _counted(rows: Iterable[Row], told: Told) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % TOLD_RECORDS == 0:
            told("reading", number)
        yield row


def model_in(path: Path) -> Model:
    """A model from a file: one of ours, or one that Splink saved, which stands on the shipped one.

    Raises:
        ThroughlineError: it cannot be read, or is none.
    """
    write = "`throughline identity train` writes one"
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ThroughlineError(f"{path.name} cannot be read ({error.strerror}): {write}") from None
    if is_splink(text):
        return _splinks(path, text)
    try:
        return Model.from_json(text)
    except ValueError:
        raise ThroughlineError(f"{path.name} is no model: {write}") from None


def _splinks(path: Path, text: bytes) -> Model:
    try:
        return from_splink(text, shipped())
    except ValueError as error:
        raise ThroughlineError(f"{path.name} is of Splink and cannot be used: {error}") from None
