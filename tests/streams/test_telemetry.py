"""Logs: known keys only, so that no person's data gets in by accident; they rotate; errors are a type and a place."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from streams import clients, telemetry

SECRET = "Maria Gonzalez 123-45-6789"  # noqa: S105  # what must never be written


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """Logging as a worker has it; afterwards as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    kafkas = logging.getLogger(telemetry.KAFKA_CLIENT)
    path = telemetry.configure("resolve", tmp_path / "logs", "info")
    root.handlers[1].setLevel(logging.CRITICAL + 1)  # what a test says on purpose is not for the terminal
    yield path
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    kafkas.propagate = False
    kafkas.filters.clear()
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def lines(path: Path) -> list[dict[str, Any]]:
    """What a log says."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_kafkas_client_says_is_in_the_log_of_a_process_that_has_one(log_file: Path) -> None:
    producer = clients.producer("127.0.0.1:1")
    while not log_file.read_text(encoding="utf-8"):
        producer.poll(0.1)
    assert "rdkafka#producer" in log_file.read_text(encoding="utf-8")


def test_of_a_client_that_repeats_itself_one_line_a_minute_is_written(
    log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(telemetry.time, "monotonic", lambda: now[0])
    for seconds in (0, 10, 59, 61):
        now[0] = 100.0 + seconds
        logging.getLogger(telemetry.KAFKA_CLIENT).error("refused after %d", seconds)
    assert [line["event"] for line in lines(log_file)] == ["refused after 0", "refused after 61"]


def test_a_library_may_say_anything(log_file: Path) -> None:
    logging.getLogger("some.library").warning("half a pair: \ud800")
    assert [line["event"] for line in lines(log_file)] == ["half a pair: \ud800"]


def test_a_line_is_json_with_time_level_and_role(log_file: Path) -> None:
    structlog.get_logger().info("started", kafka="127.0.0.1:9092")
    [line] = lines(log_file)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "started", "kafka": "127.0.0.1:9092", "level": "info", "role": "resolve"}
    assert log_file.name == "resolve.log"


def test_the_value_of_an_unknown_key_is_masked(log_file: Path) -> None:
    structlog.get_logger().warning("odd", student_name=SECRET, payload={"ssn": SECRET}, count=3)
    [line] = lines(log_file)
    assert (line["student_name"], line["payload"], line["count"]) == ("***", "***", 3)
    assert SECRET not in log_file.read_text()


def test_the_text_of_an_exception_is_never_written(log_file: Path) -> None:
    library = logging.getLogger("some.library")
    try:
        int(SECRET)
    except ValueError as error:
        place = telemetry.where(error)
        structlog.get_logger().exception("decision_failed", error=type(error).__name__, where=place)
        structlog.get_logger().error("again", exc_info=error)
        library.exception("a library's own line")
    said = log_file.read_text()
    assert SECRET not in said
    assert "Traceback" not in said
    assert [(line["error"], line["where"]) for line in lines(log_file) if "where" in line] == [
        ("ValueError", place)
    ] * 2


def test_where_is_the_innermost_place_and_nothing_of_the_data() -> None:
    def fail(text: str) -> None:
        raise LookupError(text)

    with pytest.raises(LookupError) as caught:
        fail(SECRET)
    assert telemetry.where(caught.value) == f"test_telemetry.py:{fail.__code__.co_firstlineno + 1}"
    assert telemetry.where(ValueError(SECRET)) == "unknown"


def test_logs_rotate_and_only_so_many_are_kept(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [handler] = [h for h in logging.getLogger().handlers if isinstance(h, logging.handlers.RotatingFileHandler)]
    assert (handler.maxBytes, handler.backupCount) == (telemetry.MAX_BYTES, telemetry.FILES_KEPT)
    monkeypatch.setattr(handler, "maxBytes", 2_000)
    for number in range(200):
        structlog.get_logger().info("batch_done", batch=number)
    kept = sorted(path.name for path in log_file.parent.iterdir())
    assert kept == ["resolve.log", *(f"resolve.log.{n}" for n in range(1, telemetry.FILES_KEPT + 1))]
    assert max(path.stat().st_size for path in log_file.parent.iterdir()) <= 2_000
    assert lines(log_file)[-1]["batch"] == 199


def test_what_is_below_the_level_is_not_written(log_file: Path) -> None:
    structlog.get_logger().debug("detail")
    assert log_file.read_text() == ""


def test_the_addresses_of_pages_are_not_logged(log_file: Path) -> None:
    logging.getLogger("uvicorn.access").warning("GET /p/%s", SECRET)
    assert log_file.read_text() == ""
    logging.getLogger("uvicorn.access").disabled = False


@pytest.mark.parametrize("name", ["faust.agents.agent", "mode.services", "aiokafka.conn", "streams.faust_app"])
def test_of_libraries_that_hold_events_warnings_are_logged_without_their_values(log_file: Path, name: str) -> None:
    logging.getLogger(name).info("took %r", SECRET)
    logging.getLogger(name).warning("slow over %r", SECRET)
    [line] = lines(log_file)
    assert (line["event"], line["name"], line["level"], line["role"]) == ("slow over ***", name, "warning", "resolve")
    assert line["timestamp"].endswith("Z")


def test_a_line_of_a_library_is_json_too(log_file: Path) -> None:
    logging.getLogger("uvicorn.error").info("Finished server process [%d]", 17)
    logging.getLogger("some.library").warning("retries\nin %d s", 3)
    [line] = lines(log_file)
    assert (line["event"], line["name"]) == ("retries\nin 3 s", "some.library")
