"""A Docker engine and the images of docker-compose.yml, also on machines that cannot pull any: for the proof."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy import container_kafka, processes
from deploy.kafka_jars import default_cache_dir
from streams.errors import ThroughlineError

ROOT = Path(__file__).parents[2]
PYTHON_IMAGE, OWN_BASE, IMAGE = "python:3.11-slim", "throughline-base:local", "throughline:local"
PACKAGED = {"prometheus": "prom/prometheus:v3.5.0"}
PACKAGED_SCALE = {"postgres": "postgres:17.6", "haproxy": "haproxy:3.2.4"}
"""Images that can be made of the distribution's packages too, by their folders under deploy/image."""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
ENGINE_SECONDS = 60


def tell(line: str) -> None:
    """Progress, apart from what is printed for programs."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def engine() -> Iterator[None]:
    """A Docker engine: the one that answers, or one of our own for as long as the block runs."""
    if container_kafka.engine_answers():
        yield
        return
    daemon = shutil.which("dockerd")
    if daemon is None or os.geteuid() != 0:
        raise ThroughlineError("no Docker engine answers: start one (Debian: apt-get install docker.io)")
    kept = default_cache_dir() / "docker"
    tell(f"starting a Docker engine over {kept}")
    argv = [daemon, "--data-root", str(kept), "--pidfile", str(kept) + ".pid"]
    started = processes.start("dockerd", argv, os.environ, kept.with_suffix(".log"))
    try:
        wait(container_kafka.engine_answers, ENGINE_SECONDS, f"dockerd does not answer; see {kept.with_suffix('.log')}")
        yield
    finally:
        processes.end([started], ENGINE_SECONDS)


def wait(done: Callable[[], Any], seconds: float, else_say: str) -> Any:
    """Ask until the answer is true; it."""
    deadline = time.monotonic() + seconds
    while not (answer := done()):
        if time.monotonic() > deadline:
            raise ThroughlineError(else_say)
        time.sleep(0.5)
    return answer


def make_images(profile: str = "embedded") -> dict[str, str]:
    """Every image that the services of a profile need, pulled or made; the variables that name them."""
    base = base_image()
    build(IMAGE, "-f", "deploy/image/Dockerfile", "--build-arg", f"BASE={base}", ".")
    kafka = container_kafka.image()
    if not container_kafka.has_image(kafka, tell=tell):
        kafka = "throughline-kafka:local"
        bases = (f"BASE={base}", *([f"RUNTIME={base}"] if base == OWN_BASE else []))
        build(kafka, "-f", "deploy/image/kafka/Dockerfile", *arguments_of(bases), ".")
    packaged = PACKAGED | (PACKAGED_SCALE if profile == "scale" else {})
    names = {f"{name.upper()}_IMAGE": packaged_image(name, image, base) for name, image in packaged.items()}
    return {"BASE_IMAGE": base, "KAFKA_IMAGE": kafka, **names}


def packaged_image(name: str, usual: str, base: str) -> str:
    """The image that the environment names, the usual one, or one made of the distribution's package; its name."""
    wanted = os.environ.get(f"{name.upper()}_IMAGE") or usual
    if container_kafka.has_image(wanted, tell=tell):
        return wanted
    own = f"throughline-{name}:local"
    bases = [f"BASE={base}"] if base == OWN_BASE else []
    build(own, "-f", f"deploy/image/{name}/Dockerfile", *arguments_of(bases), ".")
    return own


def arguments_of(values: Iterable[str]) -> list[str]:
    """Build arguments as words."""
    return [word for value in values for word in ("--build-arg", value)]


def build(name: str, *words: str) -> None:
    """Build an image; without buildx by the builder that every engine has."""
    tell(f"building {name}")
    builder = {} if container_kafka.docker("buildx", "version").returncode == 0 else {"DOCKER_BUILDKIT": "0"}
    said("docker", "build", "--tag", name, *words, env=builder)


def base_image() -> str:
    """Name of an image with Python: BASE_IMAGE, the usual one, or one made of this machine's own distribution."""
    wanted = os.environ.get("BASE_IMAGE") or PYTHON_IMAGE
    if container_kafka.has_image(wanted, tell=tell):
        return wanted
    if not container_kafka.has_image(OWN_BASE, 0.1):
        make_base()
    return OWN_BASE


def make_base() -> None:
    """A Debian with Python, with the certificates and the index of packages that this machine has been given."""
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        raise ThroughlineError(f"{PYTHON_IMAGE} cannot be pulled: set BASE_IMAGE, or install debootstrap and be root")
    tell("making a base image with debootstrap")
    folder = tempfile.mkdtemp(prefix="throughline-base-")
    try:
        said("debootstrap", "--variant=minbase", "--include=ca-certificates,python3,python3-venv", "bookworm", folder)
        for path in (CERTIFICATES, "/etc/pip.conf"):
            if Path(path).exists():
                shutil.copy(path, folder + path)
        import_base(Path(folder))
    finally:
        # A debootstrap that is broken off may leave this machine's /proc mounted in there.
        subprocess.run(["umount", f"{folder}/proc"], capture_output=True, check=False)
        said("rm", "--recursive", "--force", "--one-file-system", folder)


def import_base(folder: Path) -> None:
    """A folder as the base image, with what tells programs inside of the certificates and the index."""
    found = {name: value for name in ("PIP_INDEX_URL", "PIP_TRUSTED_HOST") if (value := os.environ.get(name))}
    known = {"SSL_CERT_FILE": CERTIFICATES, "REQUESTS_CA_BUNDLE": CERTIFICATES, **found}
    changes = [word for name, value in known.items() for word in ("--change", f"ENV {name}={value}")]
    archive = Path(f"{folder}.tar")
    try:
        said("tar", "--one-file-system", "--directory", str(folder), "--create", "--file", str(archive), ".")
        said("docker", "import", *changes, str(archive), OWN_BASE)
    finally:
        archive.unlink(missing_ok=True)


def said(*argv: str, env: dict[str, str] | None = None, text: str | None = None) -> str:
    """What a command prints; its last line where it fails."""
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, **(env or {})}, input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        raise ThroughlineError(f"{' '.join(argv[:4])} failed: {words[-1]}")
    return done.stdout
