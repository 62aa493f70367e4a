"""What a machine remembers of the files that it publishes, where it can."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from partners.mapping import Mapped
from partners.publishing import Memory
from partners.sent_state import SentError, SentState
from schemas_avro.version import VERSION
from streams import settings


@contextmanager
def remembered(
    file: Path, partner: str, family: str, as_of: str | None, mapped: Mapped | None, *, resume: bool
) -> Iterator[Memory | None]:
    """What is remembered of a file; nothing where nothing can be written, unless a run is to be gone on with.

    Args:
        file: to be published.
        partner: who publishes.
        family: of its rows.
        as_of: when it was made, as the command says.
        mapped: by what it is read.
        resume: whether to go on where a run of the same file ended.

    Raises:
        SentError: nothing can be remembered, so there is nothing to go on from.
    """
    with ExitStack() as held:
        try:
            state = held.enter_context(SentState(settings.load().data_dir / "snapshots", partner, family))
        except SentError:
            if resume:
                raise
            yield None
            return
        key = state.file_key(file, VERSION, as_of or "", mapped.text if mapped else "")
        yield Memory(state, key, state.progress(key) if resume else None)
