"""The way of an event in one process, without Kafka: resolve, consent and sink with real stores on a real disk."""

import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench import made_up
from partners import events
from processors import names
from processors.consent.agreements import Agreement
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED, VERSION
from processors.numbers import sifted
from processors.records import Arrival, Arrivals, Outs
from processors.resolve import decide as resolve
from processors.state import Working
from schemas_avro import catalog, codec, wire
from sinks.case_views import CaseViews
from streams import consent, sink
from streams.keyring import Keyring, read_or_make_secret
from streams.settings import Settings
from streams.stage import Decide, last_of, next_offsets
from streams.store import Store


def _resolve(keyring: Keyring, folder: Path) -> Decide:
    pseudonym_key = read_or_make_secret(folder / "pseudonym.key")

    def decide(arrivals: Arrivals, state: Working) -> Outs:
        return resolve.decide(arrivals, state, resolve.Context(pseudonym_key, keyring, time.time_ns() // 1_000))

    return decide


class Stage:
    """A stage's decision over its own store."""

    def __init__(self, store: Store, keyring: Keyring, decide: Decide) -> None:
        """Take the store over."""
        self._store, self._keyring, self._decide = store, keyring, decide
        standing = store.take_over()
        self._token, self._batch = standing.token, standing.batch

    def take(self, arrivals: Arrivals) -> Outs:
        """Decide a batch and commit it, as ``streams/stage.py`` does; what it sends."""
        working = Working(self._store)
        outs = self._decide(arrivals, working)
        self._keyring.flush()
        offsets = next_offsets(last_of(arrivals))
        self._batch = self._store.commit(self._token, self._batch, working.changes(), offsets, outs)
        return outs


class Topics:
    """Topics as lists: what is sent gets its place, as a broker gives it."""

    def __init__(self) -> None:
        """Empty."""
        self._ends: dict[str, int] = {}

    def append(self, topic: str, key: bytes, value: bytes, headers: dict[str, bytes]) -> Arrival:
        """One record at the end of a topic."""
        offset = self._ends.get(topic, 0)
        self._ends[topic] = offset + 1
        return Arrival(topic, 0, offset, time.time_ns() // 1_000_000, key, value, headers)

    def sent(self, outs: Outs, wanted: Callable[[str], bool]) -> Arrivals:
        """What a stage sends, as who reads some topics gets it."""
        chosen = [out for out in outs if wanted(out.topic)]
        return Arrivals.of(
            self.append(o.topic, o.key.encode(), o.value, {"ce_id": o.id.encode(), **o.headers}) for o in chosen
        )


class Way:
    """All three over stores in a folder."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        """Empty stores; ``held`` closes them."""
        settings = Settings(data_dir=folder)
        keyring = Keyring(folder / "keys")
        held.callback(keyring.close)
        decides: dict[str, Decide] = {
            "resolve": _resolve(keyring, folder),
            "consent": consent.parts(settings, keyring).decide,
        }
        stores = {name: held.enter_context(closing(Store.open(folder / f"{name}.rocksdb"))) for name in decides}
        self.stages = {name: Stage(stores[name], keyring, decide) for name, decide in decides.items()}
        self.views = held.enter_context(closing(CaseViews.open(folder / "views.duckdb")))
        self.topics = Topics()

    def write(self, arrivals: Arrivals) -> None:
        """One batch of the sink, as ``streams/sink.py`` writes it; its figures too."""
        new = sifted(arrivals, {})
        batch = sink.view_batch(new.fresh, next_offsets(last_of(arrivals)), new.taken)
        changes = self.views.apply(batch)
        sink.written(arrivals, new, batch, changes, {}, 0.0)

    def control(self) -> Iterator[Arrival]:
        """The rules and agreements that the facts are under."""
        rules_id = catalog.id_of("internal.rules_activated.v1")
        rules = wire.frame(rules_id, codec.encode_rows(rules_id, [row_of(SHIPPED, VERSION)])[0])
        yield self.topics.append(names.AGREEMENTS, b"rules", rules, {})
        schema_id = catalog.id_of("internal.agreement_activated.v1")
        for _, text in made_up.agreements():
            row = Agreement.model_validate(tomllib.loads(text)).to_row()
            value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
            yield self.topics.append(names.AGREEMENTS, row["agreement_id"].encode(), value, {})

    def published(self, partner: str, family: str, rows: Sequence[dict[str, Any]]) -> list[Arrival]:
        """Rows as a partner publishes them."""
        topic = events.topic_of(partner, family)
        values = events.framed(family, rows)
        return [
            self.topics.append(topic, events.key_of(row), value, dict(events.headers_of_row(row)))
            for row, value in zip(rows, values, strict=True)
        ]
