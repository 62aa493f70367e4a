"""Puts Kafka's jars and Java's runtime into one folder; run where the image is built."""

import shutil
import sys
from pathlib import Path

from deploy.kafka_jars import find_java, resolve_jars


def main(target: Path) -> None:
    """Fill ``target`` with ``libs`` and ``java``."""
    libs = target / "libs"
    libs.mkdir(parents=True)
    for jar in resolve_jars(Path.cwd() / "cache", print):
        shutil.copy(jar, libs)
    shutil.copytree(find_java().parent.parent, target / "java", symlinks=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
