"""How many different texts a column has, and where one is there again; in bounded memory, whatever the file's size."""

import tempfile
import weakref
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.errors import ThroughlineError

PLACES = 10
WAITING = 16_384
"""Texts that are held before they go to disk."""
AT_ONCE = 50_000
"""Texts that are told apart at once: those whose hashes are in one share of all."""
ITEM_BYTES = 16


@dataclass(frozen=True)
class Different:
    """Texts told apart."""

    texts: int
    different: int
    places: tuple[int, ...]
    """Of the first rows whose text was there before."""

    @property
    def repeats(self) -> int:
        """Rows whose text was there before."""
        return self.texts - self.different


class Distinct:
    """Different texts, by 64 bits of their hash: two are hardly ever taken for one. Hashes wait in a nameless file.

    They are Python's own, under a key of this process that nobody knows: what is on disk says nothing of anybody.
    """

    def __init__(self) -> None:
        self._waiting = array("q")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # it goes with this object
        weakref.finalize(self, self._file.close)
        self._count = 0

    def add(self, place: int, text: str) -> None:
        """Note the text of a row.

        Raises:
            ThroughlineError: the disk is full.
        """
        self._waiting.append(hash(text))
        self._waiting.append(place)
        self._count += 1
        if len(self._waiting) >= 2 * WAITING:
            self._write()

    def told(self) -> Different:
        """How many different ones there are, and the first that are there again.

        Raises:
            ThroughlineError: the disk is full.
        """
        self._write()
        shares = self._count // AT_ONCE + 1
        different, again = 0, np.empty(0, np.int64)
        for share in range(shares):
            hashes, places = self._share(share, shares)
            order = np.lexsort((places, hashes))
            is_new = np.ones(len(order), np.bool_)
            is_new[1:] = hashes[order][1:] != hashes[order][:-1]
            different += int(is_new.sum())
            again = np.sort(np.concatenate([again, places[order][~is_new]]))[:PLACES]
        return Different(self._count, different, tuple(again.tolist()))

    def _share(self, share: int, shares: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Hashes of one share of all, with the places of their rows."""
        found = [items[items[:, 0] % shares == share] for items in self._items()]
        whole = np.concatenate(found) if found else np.empty((0, 2), np.int64)
        return whole[:, 0], whole[:, 1]

    def _items(self) -> Iterator[npt.NDArray[np.int64]]:
        self._file.seek(0)
        while block := self._file.read(WAITING * ITEM_BYTES):
            yield np.frombuffer(block, np.int64).reshape(-1, 2)

    def _write(self) -> None:
        try:
            self._file.seek(0, 2)
            self._file.write(self._waiting.tobytes())
        except OSError as error:
            raise ThroughlineError(
                f"ids cannot be counted ({error.strerror}): make room in {tempfile.gettempdir()}, or set TMPDIR"
            ) from None
        del self._waiting[:]
