"""What a format reads from: a file on disk, or one inside an archive."""

from typing import IO, Literal, Protocol


class Source(Protocol):
    """A file that can be read from its beginning, as often as one likes; ``pathlib.Path`` is one."""

    @property
    def name(self) -> str:
        """As a person is told of it, without its folders."""

    @property
    def suffix(self) -> str:
        """The ending of its name, as ".csv"; empty where it has none."""

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """Its bytes.

        Raises:
            OSError: it cannot be read.
        """
