"""Kafka Streams' jars and the job compiled against them: by jgo, Eclipse's compiler and the house's Java, pinned."""

import hashlib
import os
import subprocess
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from bench.stage.job import EVENT, FOLDER, HASHED, IDS, KEY
from bench.stage.measure import ROOT, Work
from deploy.kafka_jars import default_cache_dir, find_java

VERSION = "4.4.0"
"""The newest 4.x; it speaks to the broker used."""
LIBRARIES = (f"org.apache.kafka:kafka-streams:{VERSION}", "org.apache.avro:avro:1.12.2")
LOG_BINDING = "org.slf4j:slf4j-simple:1.7.36"
COMPILER = "org.eclipse.jdt:ecj:3.46.100"
"""javac is in no wheel; this compiler is a jar that runs on any Java."""
UNUSED = {"rocksdbjni"}
"""70 MB for state stores; the job has none."""
DIGEST = "85eb1cca619fbd13021efe37c6a403bd62746b804d68e83e2888499089e57e41"
"""SHA-256 over name and SHA-256 of every jar."""
JAVA_FLAGS = ("-Xmx1g", "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
"""The collector that suits the job best: 7.3 us of CPU an event; Java's default takes 7.7, the serial one 8.2."""
SOURCE = ROOT / "bench" / "peers" / "kafka_streams" / "HashJob.java"


def build(folder: Path) -> str:
    """Fetch what is needed, once, and compile the job into a folder; the class path.

    Raises:
        RuntimeError: the jars are not those that were tested, or the job does not compile.
    """
    jars = _jars()
    if (found := _digest(jars)) != DIGEST:
        raise RuntimeError(f"the jars are not the ones that were tested: their digest is {found}")
    [compiler] = [jar for jar in jars if jar.name.startswith("ecj-")]
    path = os.pathsep.join(str(jar) for jar in jars if jar != compiler)
    command = [str(find_java()), "-jar", str(compiler), "-25", "-cp", path, "-d", str(folder), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the job does not compile: {done.stderr}")
    return os.pathsep.join((str(folder), path))


def command(class_path: str, work: Work, commit_seconds: float) -> list[str]:
    """How the job is started."""
    schemas = [str(FOLDER / f"{name}.avsc") for name in (EVENT, HASHED)]
    return [
        str(find_java()), *JAVA_FLAGS, "-cp", class_path, "HashJob",
        work.bootstrap, work.name, work.source, work.target, str(work.folder / "state"),
        str(round(commit_seconds * 1_000)), *schemas, str(IDS[HASHED]), KEY.hex(),
    ]  # fmt: skip


def _jars() -> list[Path]:
    context = MavenContext(
        resolver=PythonResolver(), repo_cache=default_cache_dir() / "bench-maven", local_repos=[], timeout=30
    )
    asked, needed = context.resolver.resolve([context.create_dependency(one) for one in LIBRARIES])
    alone = [context.create_dependency(one) for one in (LOG_BINDING, COMPILER)]
    artifacts = [dependency.artifact for dependency in (*asked, *needed, *alone)]
    return [one.resolve() for one in artifacts if one.packaging == "jar" and one.artifactId not in UNUSED]


def _digest(jars: list[Path]) -> str:
    lines = sorted(f"{jar.name} {hashlib.sha256(jar.read_bytes()).hexdigest()}\n" for jar in jars)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
