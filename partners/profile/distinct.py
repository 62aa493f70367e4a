"""How many different texts a column has, and where one is there again; in bounded memory."""

from array import array

import numpy as np

MOST = 2_000_000
"""Texts that are told apart, 12 bytes each; of what comes behind them nothing is counted."""
PLACES = 10


class Distinct:
    """Different texts among the first ``MOST``, by 64 bits of their hash: two are hardly ever taken for one."""

    def __init__(self) -> None:
        self._hashes, self._places = array("q"), array("I")

    def add(self, place: int, text: str) -> None:
        """Note the text of a row."""
        if len(self._hashes) < MOST:
            self._hashes.append(hash(text))
            self._places.append(place)

    def __len__(self) -> int:
        """How many texts were noted."""
        return len(self._hashes)

    @property
    def count(self) -> int:
        """How many different ones."""
        return len(np.unique(np.frombuffer(self._hashes, np.int64))) if self._hashes else 0

    def repeats(self) -> tuple[int, tuple[int, ...]]:
        """How many of them had been there before, and the places of the first of these."""
        if self.count == len(self):
            return 0, ()
        _, first = np.unique(np.frombuffer(self._hashes, np.int64), return_index=True)
        again = np.setdiff1d(np.arange(len(self)), first)
        return len(again), tuple(self._places[one] for one in again[:PLACES].tolist())
