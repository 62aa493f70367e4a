"""The engines that are compared: how each is made ready and started, how many events it gets, and how many runs."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environments
from bench.stage import kafka_streams
from bench.stage.measure import ROOT, Work
from bench.stage.topics import PARTITIONS
from streams.settings import Settings

BATCH: int = Settings.model_fields["batch_records"].default
"""Records of a transaction of ours and of the bare loop; the house's default."""
COMMIT_SECONDS = 0.1
"""Between the others' transactions: Kafka Streams' default, and about what a batch of ours takes."""
REQUIREMENTS = ROOT / "bench" / "peers" / "quix-requirements.txt"

Command = Callable[[Work], list[str]]


@dataclass(frozen=True)
class Engine:
    """One of those compared."""

    name: str
    prepare: Callable[[Path], Command]
    """Make it ready, in a folder of its own; how it is started from then on."""
    share: float = 1.0
    """Of the events: slow ones get fewer, so that their runs take as long as the others'."""
    rounds_at_most: int | None = None


def _ours(folder: Path) -> Command:
    del folder
    return lambda work: [*_python(sys.executable, "stage.ours", work), *_folder(work), "--batch", str(BATCH)]


def _bare(folder: Path) -> Command:
    del folder
    more = ["--batch", str(BATCH), "--partitions", str(PARTITIONS)]
    return lambda work: [*_python(sys.executable, "peers.bare", work), *more]


def _kafka_streams(folder: Path) -> Command:
    class_path = kafka_streams.build(folder)
    return lambda work: kafka_streams.command(class_path, work, COMMIT_SECONDS)


def _quix(folder: Path) -> Command:
    """An environment of its own: it pins older libraries than ours."""
    python = environments.made(folder, REQUIREMENTS)
    return lambda work: [*_python(python, "peers.quix", work), *_folder(work), *_commit()]


def _faust(folder: Path) -> Command:
    del folder
    return lambda work: [*_python(sys.executable, "peers.faust_agent", work), *_folder(work), *_commit()]


OURS = "throughline"
ENGINES: Sequence[Engine] = (
    Engine(OURS, _ours),
    Engine("bare", _bare),
    Engine("kafka_streams", _kafka_streams),
    Engine("quix", _quix, 0.5, 3),
    Engine("faust", _faust, 0.1, 3),
)


def _python(python: str, module: str, work: Work) -> list[str]:
    names = ["--bootstrap", work.bootstrap, "--name", work.name, "--source", work.source, "--target", work.target]
    return [python, "-m", f"bench.{module}", *names]


def _folder(work: Work) -> list[str]:
    return ["--folder", str(work.folder / "state")]


def _commit() -> list[str]:
    return ["--commit-seconds", str(COMMIT_SECONDS)]
