"""How clients connect to Kafka, by the settings."""

import ssl
from pathlib import Path

import pytest
from support.secured import Authority

from deploy import checks
from deploy.checks import Finding
from deploy.stack import Stack
from partners.client import Publisher
from streams import clients, faust_app, settings
from streams.access import SEE, Access
from streams.errors import ThroughlineError
from streams.settings import Settings

SECRET = "of-nobody-at-all"  # noqa: S105  # what must not be said


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A password, as an editor leaves it, and certificates."""
    password, ca = tmp_path / "password", tmp_path / "ca.pem"
    password.write_text(f"{SECRET}\n")
    ca.write_bytes(Authority("somebody").certificate)
    return password, ca


def test_without_settings_connections_are_plain() -> None:
    assert Access().for_librdkafka() == {}
    assert Access().for_aiokafka() == {}
    assert Access.of(Settings()) == Access()
    assert clients.connecting() == {}


def test_all_kinds_of_clients_are_told_the_same(files: tuple[Path, Path]) -> None:
    password, ca = files
    access = Access("sasl_ssl", "SCRAM-SHA-256", "partner.csac", password, ca)
    assert access.for_librdkafka() == {
        "security.protocol": "sasl_ssl",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "partner.csac",
        "sasl.password": SECRET,
        "ssl.ca.location": str(ca),
    }
    said = access.for_aiokafka()
    assert isinstance(said.pop("ssl_context"), ssl.SSLContext)
    assert said == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "partner.csac",
        "sasl_plain_password": SECRET,
    }


def test_tls_alone_asks_for_no_user(files: tuple[Path, Path]) -> None:
    assert Access("ssl").for_librdkafka() == {"security.protocol": "ssl"}
    assert set(Access("ssl", ca_file=files[1]).for_aiokafka()) == {"security_protocol", "ssl_context"}


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"kafka_security": "sasl_ssl"}, ("THROUGHLINE_KAFKA_SECURITY=sasl_ssl needs THROUGHLINE_KAFKA_USER and "
         "THROUGHLINE_KAFKA_PASSWORD_FILE")),
        ({"kafka_user": "a"}, "THROUGHLINE_KAFKA_USER counts for nothing with THROUGHLINE_KAFKA_SECURITY=plaintext"),
        ({"kafka_ca_file": Path("x")}, ("THROUGHLINE_KAFKA_CA_FILE counts for nothing with "
         "THROUGHLINE_KAFKA_SECURITY=plaintext")),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_together_are_an_error(given: dict[str, object], line: str) -> None:
    with pytest.raises(ThroughlineError) as caught:
        Access.of(Settings.model_validate(given))
    assert str(caught.value) == f"{line}; {SEE}"


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"", "is empty"), (b"\xff", "it is no text")])
def test_a_password_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None, why: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ThroughlineError, match=why):
        Access("sasl_plaintext", user="a", password_file=file).for_librdkafka()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_certificates_that_cannot_be_read_are_an_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ThroughlineError, match="has no certificates that can be read"):
        Access("ssl", ca_file=file).for_librdkafka()


def test_a_password_is_in_no_repr(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access("sasl_plaintext", user="a", password_file=files[0])
    assert SECRET not in repr(access)
    for name, value in {"SECURITY": "sasl_plaintext", "USER": "a", "PASSWORD_FILE": str(files[0])}.items():
        monkeypatch.setenv(f"THROUGHLINE_KAFKA_{name}", value)
    assert SECRET not in repr(settings.load())
    app = faust_app.build("x", "127.0.0.1:1", files[0].parent, ["released.a"])
    assert app.conf.broker_credentials.password == SECRET
    assert SECRET not in repr(app.conf.broker_credentials)


def test_a_publisher_connects_as_it_is_told_and_else_by_the_settings(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_KAFKA_SECURITY", "sasl_plaintext")
    with pytest.raises(ThroughlineError, match="needs THROUGHLINE_KAFKA_USER"):
        Publisher("127.0.0.1:1", "csac")
    Publisher("127.0.0.1:1", "csac", access=Access("sasl_plaintext", user="a", password_file=files[0]))


def test_a_stack_with_a_kafka_of_its_own_is_not_told_to_connect_to_it_as_somebody(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    given = {"kafka_security": "sasl_plaintext", "kafka_user": "a", "kafka_password_file": files[0]}
    with pytest.raises(ThroughlineError, match="takes plain connections"):
        Stack(Settings.model_validate({**given, "data_dir": tmp_path / "data"})).__enter__()


def test_a_doctor_says_whom_this_machine_connects_as(files: tuple[Path, Path]) -> None:
    plain, local, away = Settings(), "127.0.0.1:9092,localhost:9093", "127.0.0.1:9092,kafka:9092"
    named = {"kafka_user": "a", "kafka_password_file": files[0]}
    over_tls = Settings.model_validate({"kafka_security": "sasl_ssl", **named})
    unfit = Settings.model_validate({"kafka_security": "ssl", **named})
    assert checks.access(plain, local) == Finding("access to Kafka", "ok", "as nobody in particular, plaintext")
    assert checks.access(plain, away).level == "warn"
    assert checks.access(over_tls, away) == Finding("access to Kafka", "ok", "as a, sasl_ssl")
    assert checks.access(unfit, local) == Finding(
        "access to Kafka",
        "fail",
        "THROUGHLINE_KAFKA_USER counts for nothing with THROUGHLINE_KAFKA_SECURITY=ssl",
        SEE,
    )
