"""Publishes one file of a folder that is watched: by its family, by a mapping, or as a set that says it itself."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from deploy.publish.asked import Asked
from deploy.publish.district import is_district, remembering
from deploy.publish.drops import day_in
from deploy.publish.gate import gate_of
from deploy.publish.look import errors_in, errors_of
from deploy.publish.one_file import memory_of
from deploy.publish.sending import check_moment, moment_of
from partners.client import Publisher
from partners.district import publish_district, surveyed
from partners.formats import FileError, Reader, midnight, reader_of
from partners.mapping import Mapped, reader_by
from partners.publishing import publish_file

Document = dict[str, Any]
Sending = Callable[[list[str]], AbstractContextManager[Publisher]]
"""Opens who sends events of these families."""


@dataclass(frozen=True)
class Dropped:
    """How the files of a folder are published."""

    partner: str
    family: str | None
    """None: each file is a set, whose rows find their families by themselves."""
    mapped: Mapped | None
    sending: Sending
    is_stopping: Callable[[], bool]

    def publish(self, file: Path) -> Document:
        """Publish a file, going on where a run of it was killed; what became of it, as JSON values.

        Rows that the gate would reject are not sent: nobody looks on here, so they are told beside the file.

        Raises:
            BrokenOffError: it is to stop.
            BrokerAwayError: the broker does not answer.
            PublishError: it does not take an event, or has no topic.
            FileError: the file cannot be read so.
            SentError: what was sent cannot be remembered.
        """
        if is_district(file, self.family, self.mapped.path if self.mapped else None):
            return self._publish_set(file)
        if self.family is None:
            raise FileError(f"{file.name} does not say what its rows are; watch with --family or --mapping")
        return self._publish_file(file, self.family)

    def _publish_file(self, file: Path, family: str) -> Document:
        reader = self._reader(file, family)
        asked = Asked(self.partner, self._named(file), is_resumed=True, family=family, mapped=self.mapped)
        with ExitStack() as held:
            memory = held.enter_context(memory_of(file, asked))
            moment, undated = moment_of(file, family, asked.as_of, reader, memory, is_export=False)
            check_moment(moment, undated, file, dry_run=False)
            publisher = held.enter_context(self.sending([family]))
            if memory:
                memory.begin(publisher.cluster_id, moment)
            outcome = publish_file(
                file, family, moment, publisher,
                reader=reader, memory=memory, judge=gate_of(self.partner, family), is_stopping=self.is_stopping,
            )  # fmt: skip
        errors = errors_of(outcome.faults, family, file.suffix, self.mapped)
        return {"as_of": moment.isoformat(), **outcome.to_document(), "errors": errors}

    def _publish_set(self, file: Path) -> Document:
        with surveyed(file) as district:
            moment = self._named(file) or (midnight(district.day) if district.families else datetime.now(UTC))
            check_moment(moment, None, file, dry_run=False)
            asked = Asked(self.partner, is_resumed=True)
            remembers = partial(remembering, asked, moment, district.digest(), district.parts)
            with self.sending(district.families) as publisher:
                outcome = publish_district(
                    district, moment, publisher, remembers,
                    judge_of=partial(gate_of, self.partner), is_stopping=self.is_stopping,
                )  # fmt: skip
            told = outcome.to_document(is_look=False)
            return {"as_of": moment.isoformat(), **told, "errors": errors_in(district, outcome)}

    def _reader(self, file: Path, family: str) -> Reader:
        return reader_by(file, self.mapped) if self.mapped else reader_of(file, family)

    def _named(self, file: Path) -> datetime | None:
        return day_in(file.name, datetime.now(UTC).date())
