"""Records as resolve has published them: whose each is now, and what its source says of it, unsealed."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from deploy.commands.worker import keys_dir
from deploy.console import waiting_for
from deploy.identity.choices import TOLD_IN_FORCE, Choices
from deploy.identity.known import Known
from deploy.topic_reader import GONE, reads
from processors import names, sealing
from processors.resolve import adopted
from processors.resolve.matching.model import Model, shipped
from processors.resolve.said import Rows, rows_of
from streams import settings
from streams.errors import ThroughlineError
from streams.keyring import Keyring

WHERE_KEYS_ARE = "run this where resolve runs, or set THROUGHLINE_DATA_DIR"


@dataclass(frozen=True)
class Published:
    """A record by its newest row on ``identity.records``."""

    record_key: str
    partner_id: str
    person_id: str
    first_seen_at: int
    """Microseconds since 1970-01-01 UTC."""
    event_ids: tuple[str, ...] = field(repr=False)
    sealed: str = field(repr=False)

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Published":
        """From a row of ``internal.identity_record.v1``."""
        return cls(
            row["record_key"], row["partner_id"], row["person_id"], row["first_seen_at"],
            tuple(row["event_ids"]), row["sealed_traits"],
        )  # fmt: skip

    def rows(self, keys: sealing.Keys) -> Rows | None:
        """What its source says; None: its key is erased.

        Raises:
            ThroughlineError: it is not what was sealed.
        """
        if self.sealed and keys.find(self.record_key) is None:
            return None
        try:
            return rows_of(keys, self.record_key, self.event_ids, self.sealed)
        except (sealing.UnreadableError, ValueError):
            raise ThroughlineError(
                f"record {self.record_key} cannot be unsealed with this keyring: restore keys.sqlite from its backup"
            ) from None


def records(address: str, record_keys: Collection[str]) -> dict[str, Published]:
    """Some records, those that are known."""
    return newest(address, lambda row: row["record_key"] in record_keys)


def members(address: str, person_id: str) -> list[Published]:
    """Records that are of a person now, the oldest first."""
    return _by_age(newest(address, lambda row: row["person_id"] == person_id).values())


def person_called(address: str, who: str) -> tuple[str, list[Published]]:
    """A person, and its records, the oldest first; none where nobody is called so.

    Args:
        address: of the broker.
        who: its id, the key of one of its records, or the id of one of their events.
    """
    found = newest(address, lambda row: who in {row["person_id"], row["record_key"], *row["event_ids"]}).values()
    person_id = min((record.person_id for record in found), default=who)
    return person_id, _by_age(found) if person_id == who else members(address, person_id)


def _by_age(records: Iterable[Published]) -> list[Published]:
    return sorted(records, key=lambda record: (record.first_seen_at, record.record_key))


def newest(address: str, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Published]:
    """Records whose newest row is wanted; kept are only those, since a topic may have millions."""
    found: dict[str, Published] = {}
    with waiting_for(f"the end of {names.IDENTITY_RECORDS}"):
        for read in reads(address, {names.IDENTITY_RECORDS}.__contains__):
            if read.name == GONE:
                found.pop(read.row["key"], None)
            elif is_wanted(read.row):
                found[read.row["record_key"]] = Published.of(read.row)
            else:
                found.pop(read.row["record_key"], None)
    return found


def decisions(address: str) -> Known:
    """Stewards' decisions; nothing else."""
    found = Known()
    for read in reads(address, {names.STEWARDS}.__contains__):
        found.enter(read)
    return found


def choices(address: str) -> Choices:
    """Models that came into force, and choices of one."""
    found = Choices()
    for read in reads(address, {names.MODELS, names.STEWARDS}.__contains__):
        found.enter(read.name, read.row)
    return found


def weighing(address: str, named: Model | None) -> tuple[Model, str | None]:
    """The model to weigh by: the named one, else the one in force in resolve; and the name of that, where it told one.

    Raises:
        ThroughlineError: the one in force is to be weighed by and cannot be read.
    """
    newest = None
    for read in reads(address, {names.MODELS}.__contains__):
        newest = read.row if read.name == TOLD_IN_FORCE else newest
    if newest is None:
        return named or shipped(), None
    return named or _opened(newest), newest["model"]


def _opened(row: dict[str, Any]) -> Model:
    model = f"model {row['model']}, which is in force,"
    try:
        with needed_keyring() as keys:
            return adopted.opened(row["model"], row["sealed_document"], keys)
    except sealing.UnreadableError:
        raise ThroughlineError(
            f"{model} cannot be unsealed with this keyring: restore keys.sqlite from its backup, "
            "or name one with --model"
        ) from None
    except ValueError:
        raise ThroughlineError(
            f"{model} is of another version: use the version that resolve runs, or name one with --model"
        ) from None


@contextmanager
def keyring() -> Iterator[Keyring | None]:
    """The ring that is there; None: there is none, and none is made."""
    folder = keys_dir(settings.load())
    if not (folder / "keys.sqlite").exists():
        yield None
        return
    with closing(Keyring(folder)) as ring:
        yield ring


@contextmanager
def needed_keyring() -> Iterator[Keyring]:
    """The ring, where nothing can be told without it.

    Raises:
        ThroughlineError: there is none.
    """
    with keyring() as ring:
        if ring is None:
            raise ThroughlineError(no_keyring())
        yield ring


def no_keyring() -> str:
    """Why nothing can be unsealed, and the remedy."""
    return f"there is no keyring in {keys_dir(settings.load()).absolute()}: {WHERE_KEYS_ARE}"
