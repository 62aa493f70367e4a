"""Puts the Apicurio registry and Java's runtime into one folder; run where the image is built."""

import hashlib
import shutil
import sys
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from deploy.kafka_jars import find_java

VERSION = "3.3.3"
SHA256 = "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63"


def main(target: Path) -> None:
    """Fill ``target`` with ``app`` and ``java``."""
    context = MavenContext(resolver=PythonResolver(), repo_cache=Path.cwd() / "cache", local_repos=[], timeout=60)
    app = context.project("io.apicurio", "apicurio-registry-app").at_version(VERSION)
    archive = app.artifact(classifier="all", packaging="tar.gz").resolve()
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{archive.name} is not the one that was tested: ask another mirror")
    shutil.unpack_archive(archive, target / "app")
    shutil.copytree(find_java().parent.parent, target / "java", symlinks=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
