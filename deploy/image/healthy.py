"""Exits 0 where the process of this container answers that it is ready: the image's health check."""

import http.client
import os
import sys

SECONDS = 4


def main() -> int:
    """Ask; the exit code. A connection and no more: starting the whole program every few seconds would cost its CPU."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["THROUGHLINE_METRICS_PORT"]), timeout=SECONDS)
    try:
        connection.request("GET", "/health/ready")
        return 0 if connection.getresponse().status == http.client.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
