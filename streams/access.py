"""How every client of Kafka connects: by which protocol, as whom, and whom it trusts. The one place that knows.

A password is in a file of its own, read whenever a client is made: it is in no setting, no argument and no log.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.errors import ThroughlineError
from streams.settings import Settings, load

SEE = 'see "Who may do what" in docs/keep-it-running.md'


@dataclass(frozen=True)
class Access:
    """Whom a client connects as; by default nobody in particular, over a plain connection."""

    security: str = "plaintext"
    """plaintext, ssl, sasl_plaintext or sasl_ssl, as Kafka calls them."""
    mechanism: str = "SCRAM-SHA-512"
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates of those who vouch for the brokers, PEM; none: whom the machine trusts."""

    def __post_init__(self) -> None:
        """See that it fits together.

        Raises:
            ThroughlineError: it does not; names the setting.
        """
        named = {"THROUGHLINE_KAFKA_USER": self.user, "THROUGHLINE_KAFKA_PASSWORD_FILE": self.password_file}
        if self._has_user and (missing := [name for name, value in named.items() if value is None]):
            raise ThroughlineError(f"THROUGHLINE_KAFKA_SECURITY={self.security} needs {' and '.join(missing)}; {SEE}")
        idle = [] if self._has_user else [name for name, value in named.items() if value is not None]
        if self.ca_file is not None and not self._has_tls:
            idle.append("THROUGHLINE_KAFKA_CA_FILE")
        if idle:
            raise ThroughlineError(
                f"{idle[0]} counts for nothing with THROUGHLINE_KAFKA_SECURITY={self.security}; {SEE}"
            )

    @classmethod
    def of(cls, chosen: Settings) -> "Access":
        """As the settings say.

        Raises:
            ThroughlineError: they do not fit together.
        """
        return cls(
            chosen.kafka_security,
            chosen.kafka_mechanism,
            chosen.kafka_user,
            chosen.kafka_password_file,
            chosen.kafka_ca_file,
        )

    @property
    def _has_user(self) -> bool:
        return self.security.startswith("sasl_")

    @property
    def _has_tls(self) -> bool:
        return self.security.endswith("ssl")

    def password(self) -> str:
        """The password of its user.

        Raises:
            ThroughlineError: the file cannot be read, or is empty.
        """
        wanted = f"it is to have {self.user}'s password"
        try:
            found = Path(self.password_file or "").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ThroughlineError(f"{self.password_file} cannot be read ({why}): {wanted}") from None
        if not found:
            raise ThroughlineError(f"{self.password_file} is empty: {wanted}")
        return found

    def for_librdkafka(self) -> dict[str, str]:
        """Settings of a client of confluent-kafka.

        Raises:
            ThroughlineError: a file cannot be read.
        """
        if self.security == "plaintext":
            return {}
        found = {"security.protocol": self.security}
        if self._has_user:
            found |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": str(self.user),
                "sasl.password": self.password(),
            }
        if self.ca_file is not None:
            self._read_ca(self.ca_file)
            found["ssl.ca.location"] = str(self.ca_file)
        return found

    def for_aiokafka(self) -> dict[str, Any]:
        """Arguments of a client of aiokafka.

        Raises:
            ThroughlineError: a file cannot be read.
        """
        if self.security == "plaintext":
            return {}
        found: dict[str, Any] = {"security_protocol": self.security.upper()}
        if self._has_user:
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password(),
            }
        if (context := self.tls()) is not None:
            found["ssl_context"] = context
        return found

    def tls(self) -> ssl.SSLContext | None:
        """Whom it trusts, as Python's TLS takes it; None: without TLS.

        Raises:
            ThroughlineError: the file cannot be read.
        """
        if not self._has_tls:
            return None
        return ssl.create_default_context() if self.ca_file is None else self._read_ca(self.ca_file)

    @staticmethod
    def _read_ca(path: Path) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(path))
        except OSError as error:  # of which TLS's own are one
            raise ThroughlineError(f"{path} has no certificates that can be read ({error.strerror or error})") from None


def of_environment() -> Access:
    """As the settings of this process say.

    Raises:
        ThroughlineError: they cannot be used.
    """
    return Access.of(load())
