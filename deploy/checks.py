"""What ``throughline doctor`` looks at: the machine, the settings, the files. It changes nothing."""

import fcntl
import os
import platform
import shutil
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil  # type: ignore[import-untyped,unused-ignore]

from deploy import container_kafka, kafka_jars
from deploy.agreements_folder import load_agreements
from streams import migrations
from streams.access import SEE, Access
from streams.errors import StoreError, ThroughlineError
from streams.settings import Settings

Level = Literal["ok", "warn", "fail"]
OLDEST_PYTHON, TOO_NEW_PYTHON = (3, 11), (3, 14)
FEW_BYTES, TOO_FEW_BYTES = 5_000_000_000, 1_000_000_000
"""Of disk: Kafka refuses to start below the second."""
LITTLE_MEMORY, TOO_LITTLE_MEMORY = 1_500_000_000, 700_000_000
"""A broker, three workers and the portal take some 1.2 GB."""
OTHERS = 0o077
"""What others than the owner may do."""
LOOPBACK = ("127.", "localhost:", "[::1]")
LOCK = "LOCK"
"""What a store, which is a folder, holds locked."""
TO_ITS_END = 0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    check: str
    level: Level
    what: str
    remedy: str = ""


def python() -> Finding:
    """Whether this Python is one that we know."""
    found = sys.version_info[:2]
    if OLDEST_PYTHON <= found < TOO_NEW_PYTHON:
        return Finding("Python", "ok", platform.python_version())
    return Finding("Python", "fail", platform.python_version(), "use Python 3.11, 3.12 or 3.13")


def agreements(chosen: Settings) -> Finding:
    """Whether the agreements can be read and fit together."""
    try:
        found = load_agreements(chosen.agreements)
    except ThroughlineError as error:
        return Finding("agreements", "fail", str(error), "see `throughline agreements list`")
    return Finding("agreements", "ok", f"{len(found)} in {chosen.agreements}")


def local_kafka(cache_dir: Path) -> Finding:
    """Whether a Kafka of one's own could start without the network."""
    try:
        java = kafka_jars.find_java()
    except ThroughlineError as error:
        return Finding("local Kafka", "warn", str(error), "or set THROUGHLINE_BOOTSTRAP, or use Docker")
    if not kafka_jars.are_there(cache_dir):
        return Finding("local Kafka", "warn", "its jars are not here yet", "run `throughline prepare`, once")
    return Finding("local Kafka", "ok", f"Kafka {kafka_jars.KAFKA_VERSION}, Java of {java.parent.parent.name}")


def access(chosen: Settings, address: str) -> Finding:
    """Whom this machine connects to Kafka as, and whether others on the way could read along."""
    check = "access to Kafka"
    try:
        mine = Access.of(chosen)
        mine.for_librdkafka()
    except ThroughlineError as error:
        return Finding(check, "fail", *str(error).split("; ", 1))
    whom = "as nobody in particular" if mine.user is None else f"as {mine.user}"
    is_own = all(host.startswith(LOOPBACK) for host in address.split(","))
    if mine.security.endswith("ssl") or is_own:
        return Finding(check, "ok", f"{whom}, {mine.security}")
    return Finding(check, "warn", f"{whom}, {mine.security}: others on the way may read along and alter", SEE)


def docker() -> Finding:
    """Whether a Docker engine answers; none is needed."""
    if container_kafka.engine_answers():
        return Finding("Docker", "ok", "an engine answers")
    return Finding("Docker", "ok", "no engine answers; none is needed")


def disk(folder: Path) -> Finding:
    """Whether there is room for what the data directory is to hold."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        remedy = "set THROUGHLINE_DATA_DIR to a folder that this user may write to"
        return Finding("disk", "fail", f"{folder.absolute()} cannot be made or written", remedy)
    free = shutil.disk_usage(there).free
    level: Level = "fail" if free < TOO_FEW_BYTES else "warn" if free < FEW_BYTES else "ok"
    remedy = "" if level == "ok" else "make room, or set THROUGHLINE_DATA_DIR to another disk"
    return Finding("disk", level, f"{free / 1e9:.1f} GB free", remedy)


def memory() -> Finding:
    """Whether there is memory for what runs besides."""
    free = psutil.virtual_memory().available
    level: Level = "fail" if free < TOO_LITTLE_MEMORY else "warn" if free < LITTLE_MEMORY else "ok"
    return Finding("memory", level, f"{free / 1e9:.1f} GB free", "" if level == "ok" else "end what takes it")


def ports(chosen: Settings, ours: frozenset[int]) -> Iterator[Finding]:
    """Whether fixed ports can be had, or are ours already.

    Args:
        chosen: the settings.
        ours: ports on which our own processes answer.
    """
    for name, host, port in (
        ("portal", chosen.portal_host, chosen.portal_port), ("metrics", chosen.metrics_host, chosen.metrics_port),
    ):  # fmt: skip
        check = f"port of {name}"
        if port == 0:
            yield Finding(check, "ok", "any free one")
        elif port in ours:
            yield Finding(check, "ok", f"{port} is ours")
        elif _can_be_had(host, port):
            yield Finding(check, "ok", f"{port} is free")
        else:
            remedy = f"stop who has it, or set THROUGHLINE_{name.upper()}_PORT to another (0: any free one)"
            yield Finding(check, "fail", f"{port} is taken", remedy)


def _can_be_had(host: str, port: int) -> bool:
    try:
        socket.create_server((host, port)).close()
    except OSError:
        return False
    return True


def stores(data_dir: Path) -> Iterator[Finding]:
    """Whether stores are of this version's format, and who has them."""
    for path in migrations.all_in(data_dir / "state"):
        check = f"store of {path.stem}"
        try:
            found = migrations.format_of(path)
        except StoreError as error:
            yield Finding(check, "fail", str(error))
            continue
        if not migrations.OLDEST <= found <= migrations.FORMAT:
            remedy = 'see "Upgrade" in docs/keep-it-running.md'
            yield Finding(check, "fail", f"format {found}, {migrations.READS}", remedy)
            continue
        holder = locked_by(path)
        yield Finding(check, "ok", "free" if holder is None else f"in use by process {holder}")


def locked_by(path: Path) -> int | None:
    """Process that has a store or the views, asked without taking the lock; None: nobody, or no Linux."""
    if sys.platform != "linux":
        return None
    with (path / LOCK if path.is_dir() else path).open("rb") as file:
        asked = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, TO_ITS_END, 0)
        kind, _, _, _, pid = struct.unpack("hhqqi", fcntl.fcntl(file.fileno(), fcntl.F_GETLK, asked)[: len(asked)])
    return None if kind == fcntl.F_UNLCK else int(pid)


def heads(chosen: Settings) -> Finding:
    """Whether the audit's heads can be written, and are where they vouch for what is elsewhere."""
    path, check = chosen.heads.absolute(), "heads of the audit"
    there = next(one for one in (path, *path.parents) if one.exists())
    if not os.access(there, os.W_OK):
        remedy = "set THROUGHLINE_AUDIT_HEADS to a file that this user may write"
        return Finding(check, "fail", f"{path} cannot be made or written", remedy)
    if path.resolve().is_relative_to(chosen.data_dir.resolve()):
        remedy = "set THROUGHLINE_AUDIT_HEADS to a file elsewhere, best on another machine's disk"
        return Finding(check, "warn", f"{path} is in the data directory", remedy)
    return Finding(check, "ok", str(path))


def secrets(data_dir: Path) -> Iterator[Finding]:
    """Whether keys are their owner's alone."""
    for folder in ("keys", "secrets"):
        top = data_dir / folder
        if not top.exists():
            continue
        files = [path for path in top.rglob("*") if path.is_file()]
        open_ = [path.name for path in files if path.stat().st_mode & OTHERS]
        if top.stat().st_mode & OTHERS and open_:
            yield Finding(folder, "fail", f"others may read {', '.join(open_)}", f"chmod -R go-rwx {top}")
        else:
            yield Finding(folder, "ok", f"{len(files)} files, their owner's alone")
