"""Structured logs that rotate, one file a role. Only known keys are written; what a person's data could hide in is not.

Normal work logs nothing but start and stop.
"""

import json
import logging
import logging.handlers
import re
import time
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

KEYS = {
    "event", "level", "timestamp", "role", "stage", "topic", "position", "why", "seconds", "error", "where", "records",
    "batch", "address", "offset", "count", "name", "kafka",
}  # fmt: skip
"""What a log line may say. A value under any other key is masked."""
MASK = "***"
OURS = "throughline"
"""Logger whose lines are JSON already."""
PLACEHOLDER = re.compile(r"%[-+# 0]*[\d.]*[a-zA-Z]")
LIBRARIES = ("aiokafka", "asyncio", "faust", "mode", "streams.faust_app")
"""Their warnings are logged, but not what they would put into them: among it are events. Faust logs under the last too,
the module that extends its classes."""
KAFKA_CLIENT = "librdkafka"
"""Logger of the clients of ``streams.clients``, which says nothing where there is no log."""
MAX_BYTES = 10_000_000
FILES_KEPT = 5


def configure(role: str, log_dir: Path, level: str, *, to_standard_error: bool = True) -> Path:
    """Log to ``<log_dir>/<role>.log`` as JSON, warnings and errors to standard error too; the file's path.

    Args:
        role: that logs.
        log_dir: folder of the file.
        level: from which on lines are written.
        to_standard_error: whether there too; not of a command that says in words there what a person is to know.

    Raises:
        OSError: the folder cannot be made, or nothing written there.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    path = log_dir / f"{role}.log"
    lines = _Lines(role)
    file = logging.handlers.RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
    console = logging.StreamHandler()
    console.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [file, console] if to_standard_error else [file]
    for handler in handlers:
        handler.setFormatter(lines)
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
    logging.getLogger("uvicorn.access").disabled = True  # its lines hold addresses of pages
    kafkas = logging.getLogger(KAFKA_CLIENT)
    kafkas.propagate = True
    kafkas.filters[:] = [_OnceAMinute()]
    for name in (*LIBRARIES, "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            known_keys_only,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=lambda *_: logging.getLogger(OURS),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
    )
    structlog.contextvars.bind_contextvars(role=role)
    return path


class _OnceAMinute(logging.Filter):
    """Of a client that says the same of every connection and try, one line a minute: what waits says so itself."""

    def __init__(self) -> None:
        super().__init__()
        self._next = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        del record
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + 60
        return True


class _Lines(logging.Formatter):
    """Lines of libraries as JSON too: of an exception its type and place, no text and no traceback."""

    def __init__(self, role: str) -> None:
        super().__init__("%(message)s")
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The line; of some libraries without its values."""
        if record.name == OURS:
            return super().format(record)
        line = {
            "event": _said(record), "name": record.name, "level": record.levelname.lower(), "role": self._role,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }  # fmt: skip
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line |= {"error": type(error).__name__, "where": where(error)}
        return json.dumps(line, sort_keys=True)  # takes any text, as a logger must

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Type and place."""
        kind, error, _ = ei
        return f"{kind.__name__} at {where(error)}" if error is not None else ""


def _said(record: logging.LogRecord) -> str:
    """What a library says; of some only the words around the values, and of more lines the first."""
    if not record.name.startswith(LIBRARIES):
        return record.getMessage()
    return PLACEHOLDER.sub(MASK, str(record.msg)).partition("\n")[0]


def known_keys_only(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask the value of every key that is not in ``KEYS``."""
    del logger, method
    return {key: value if key in KEYS else MASK for key, value in line.items()}


def where(error: BaseException) -> str:
    """File and line of the innermost frame: an exception's text may quote data, its place does not."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
