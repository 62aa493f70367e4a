"""Exits 0 where the process of this container answers that it is ready: the image's health check.

A request and no more: starting the whole program every few seconds would cost its CPU.
"""

import sys
import urllib.request

READY = "http://127.0.0.1:9464/health/ready"  # the port that the image sets
SECONDS = 4


def main() -> int:
    """Ask; the exit code."""
    try:
        with urllib.request.urlopen(READY, timeout=SECONDS):
            return 0
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
