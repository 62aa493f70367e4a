"""Settings: what is not known or cannot be used is an error that names the variable and never its value."""

import os
import re
from pathlib import Path

import pytest

from streams import settings
from streams.errors import ThroughlineError
from streams.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith(settings.PREFIX):
            monkeypatch.delenv(name)


def test_everything_has_a_default() -> None:
    chosen = settings.load()
    assert chosen.bootstrap is None
    assert chosen.data_dir == Path(".throughline")
    assert chosen.users == Path(".throughline/users.toml")
    assert {path.suffix for path in chosen.agreements.iterdir()} == {".toml"}


def test_a_variable_is_read_as_its_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THROUGHLINE_BATCH_RECORDS", "17")
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("THROUGHLINE_USERS_FILE", str(tmp_path / "people.toml"))
    chosen = settings.load()
    assert (chosen.batch_records, chosen.data_dir, chosen.users) == (17, tmp_path, tmp_path / "people.toml")


def test_an_unknown_variable_is_an_error_that_names_it_and_what_was_perhaps_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("THROUGHLINE_BOOTSTRAPP", "secret-host:9092")
    with pytest.raises(ThroughlineError) as caught:
        settings.load()
    assert str(caught.value) == (
        "unknown setting THROUGHLINE_BOOTSTRAPP: did you mean THROUGHLINE_BOOTSTRAP? see docs/reference.md, or unset "
        "it and run `throughline config show`"
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PORT", []),
        ("DATADIR", ["DATA_DIR"]),
        ("PORTAL_PRT", ["PORTAL_PORT", "PORTAL_HOST"]),
        ("REQUIRE_BROWSERS", []),
    ],
)
def test_of_what_was_perhaps_meant_at_most_two_are_named_and_none_of_the_test_suites(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: list[str]
) -> None:
    monkeypatch.setenv(f"THROUGHLINE_{name}", "")
    with pytest.raises(ThroughlineError) as caught:
        settings.load()
    assert re.findall(r"THROUGHLINE_([A-Z_]+)", str(caught.value)) == [name, *meant]
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", sorted(settings.FOR_TESTS))
def test_variables_of_the_test_suite_are_no_errors(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BATCH_RECORDS", "many-8731"),
        ("BATCH_RECORDS", "-8731"),
        ("LINGER_SECONDS", "8731"),
        ("RELEASED_PARTITIONS", "0008731"),
        ("CODEC", "avro-8731"),
        ("LOG_LEVEL", "loud-8731"),
        ("PORTAL_PORT", "87311"),
    ],
)
def test_an_unusable_value_names_the_variable_and_never_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"THROUGHLINE_{name}", value)
    with pytest.raises(ThroughlineError) as caught:
        settings.load()
    assert str(caught.value).startswith(f"setting THROUGHLINE_{name} cannot be used: ")
    assert "8731" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_settings_do_not_change_once_read() -> None:
    assert Settings.model_config["frozen"]


def test_the_broker_is_the_one_set_or_else_the_one_that_a_running_demo_has_noted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(tmp_path))
    assert settings.bootstrap_from_settings() is None
    (tmp_path / "bootstrap").write_text("127.0.0.1:1\n")
    assert settings.bootstrap_from_settings() == "127.0.0.1:1"
    monkeypatch.setenv("THROUGHLINE_BOOTSTRAP", "127.0.0.1:2")
    assert settings.bootstrap_from_settings() == "127.0.0.1:2"
