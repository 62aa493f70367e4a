"""Exits 0 where the process of this container answers that it is ready: the image's health check.

A request and no more: starting the whole program every few seconds would cost its CPU.
"""

import sys
import urllib.error
import urllib.request

READY = "http://127.0.0.1:9464/health/ready"
SECONDS = 4


def main(address: str = READY) -> int:
    """Ask an address; the exit code."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS):  # noqa: S310  # an address of our own
            return 0
    except (OSError, urllib.error.HTTPError):
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
