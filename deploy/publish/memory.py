"""What a machine remembers of the files that it publishes, where it can."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from partners.formats.sources import Source
from partners.publishing import Memory
from partners.sent_state import SentError, SentState
from schemas_avro.version import VERSION
from streams import settings


@contextmanager
def remembered(files: Iterable[Source], partner: str, family: str, *said: str, resume: bool) -> Iterator[Memory | None]:
    """What is remembered of a file; nothing where nothing can be written, unless a run is to be gone on with.

    Args:
        files: to be published: one, or none where what is said tells it.
        partner: who publishes.
        family: of its rows.
        said: what its events depend on beside it, as when it was made and by what it is read.
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
        key = state.file_key(files, VERSION, *said)
        yield Memory(state, key, state.progress(key) if resume else None)
