"""Settings: environment variables THROUGHLINE_…; unknown ones are errors: a typing error is no silent default."""

import difflib
import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.errors import ThroughlineError
from streams.memory import STORE_CACHE_MB

PREFIX = "THROUGHLINE_"
HEADS = "heads.jsonl"
FOR_TESTS = {"THROUGHLINE_REQUIRE_BROWSER", "THROUGHLINE_REQUIRE_PROMTOOL", "THROUGHLINE_SHARED_DATA"}
"""Read by the test suite alone."""


class Settings(BaseSettings):
    """Everything that can be set; all of it has a default that works on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    bootstrap: str | None = Field(default=None, pattern=r"^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$")
    """Address of a Kafka broker, host:port; none: a local one is started by ``throughline demo``."""
    broker: Literal["native", "container"] | None = None
    """How a local Kafka is started; none: in a container where that can be done, else natively."""
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    """How clients connect to Kafka; with ``sasl_`` as a user, with ``ssl`` over TLS."""
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    """How a user proves who it is."""
    kafka_user: str | None = Field(default=None, min_length=1)
    """Whom clients connect to Kafka as."""
    kafka_password_file: Path | None = None
    """File that has that user's password, and nothing else."""
    kafka_ca_file: Path | None = None
    """PEM file of who vouches for the brokers' certificates; none: whom the machine trusts."""
    kafka_recipients: str = Field(default="", pattern=r"^([a-z0-9_]+(,[a-z0-9_]+)*)?$")
    """Recipients that read their topics of Kafka themselves, by commas: ``acl apply`` gives each of them a user."""
    partner_bytes_per_second: int = Field(default=10_000_000, ge=0)
    """Most bytes that a partner may publish a second, to each broker; 0: any number."""
    partner_request_percent: int = Field(default=100, ge=0)
    """Most time of a broker's threads that a partner's requests may take: 100 is one thread's; 0: any."""
    connections_per_second: int = Field(default=100, ge=0)
    """Most connections that one address may open a second, to each broker; 0: any number."""
    data_dir: Path = Path(".throughline")
    """Where stores, keys, views and logs are."""
    views_dsn: SecretStr | None = Field(default=None, min_length=1)
    """Connection string of the PostgreSQL that holds the case views; none: they are a file in the data directory."""
    agreements_dir: Path | None = None
    """Folder of agreement files; none: those that ship."""
    users_file: Path | None = None
    """TOML file of the portal's users; none: ``users.toml`` in the data directory."""
    organizations_file: Path | None = None
    """TOML file of schools' and colleges' names; none: ``organizations.toml`` in the data directory, if there."""
    signals_file: Path | None = None
    """TOML file of the signals' calendar; none: the one that ships."""
    audit_heads: Path | None = None
    """File of the audit's signed heads; none: ``heads.jsonl`` in a folder beside the data directory."""
    portal_host: str = "127.0.0.1"
    portal_port: int = Field(default=8420, ge=0, le=65535)
    """0: any free port."""
    portal_behind_loopback: bool = False
    """The portal may listen on any address: whoever runs its container publishes it on loopback only."""
    portal_address: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    """Where browsers find the portal, for sign-in links; none: where it listens."""
    metrics_host: str = "127.0.0.1"
    """Where ``/metrics`` and ``/health`` are answered; another than loopback opens them to whoever reaches it."""
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """0: any free port."""
    instance: str | None = Field(default=None, pattern=r"^[a-z0-9]{1,20}$")
    """Name of a worker among several of its stage, each with a store of its own: one acts, the others stand by."""
    leases_dsn: SecretStr | None = None
    """Database of the workers' leases, as PostgreSQL's clients take it; none: a lock in the data directory."""
    registry: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    """Address of a schema registry that partners use: resolve looks in the background whether it agrees with ours."""
    batch_records: int = Field(default=5_000, ge=1, le=100_000)
    """Most records that a stage takes at once."""
    linger_seconds: float = Field(default=0.02, ge=0, le=10)
    """How long a stage waits for a batch to fill."""
    store_cache_mb: int = Field(default=STORE_CACHE_MB, ge=8, le=1_000_000)
    """Mebibytes of its store that each worker may keep in memory, whatever the store's size."""
    released_partitions: int = Field(default=3, ge=1, le=1_000)
    """Partitions of each recipient's topic; never changed once made."""
    partner_partitions: int = Field(default=3, ge=1, le=1_000)
    """Partitions of each partner's topics; never changed once made."""
    replication_factor: int | None = Field(default=None, ge=1, le=100)
    """Brokers that keep each topic that is made; none: 3, or as many as there are."""
    min_insync_replicas: int | None = Field(default=None, ge=1, le=100)
    """Of them, those that must have a record before it counts as written; none: 2, or as many as there are."""
    codec: Literal["arrow", "fastavro"] = "arrow"
    """Who decodes batches; fastavro is the slow referee."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def name_of(self, role: str) -> str:
        """A worker's name, of its store, its log and its endpoints: the role, and which of several it is."""
        return role if self.instance is None else f"{role}-{self.instance}"

    @property
    def agreements(self) -> Path:
        """Folder of agreement files in force."""
        return self.agreements_dir or Path(__file__).parent.parent / "deploy" / "agreements"

    @property
    def calendar(self) -> Path:
        """File of the signals' calendar in force."""
        return self.signals_file or Path(__file__).parent.parent / "deploy" / "signals" / "calendar.toml"

    @property
    def heads(self) -> Path:
        """File of the audit's signed heads: outside of the data directory, so that who can alter that has not both."""
        return self.audit_heads or beside(self.data_dir) / HEADS

    @property
    def users(self) -> Path:
        """File of the portal's users."""
        return self.users_file or self.data_dir / "users.toml"

    @property
    def organizations(self) -> Path:
        """File of the names of schools and colleges."""
        return self.organizations_file or self.data_dir / "organizations.toml"


def beside(data_dir: Path) -> Path:
    """The folder beside a data directory, wherever that really is, for what vouches for it."""
    whole = data_dir.resolve()
    return whole.with_name(f"{whole.name}-audit")


def plain(value: object) -> str:
    """A setting as the environment has it, a secret too: for a process of ours alone."""
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def load() -> Settings:
    """Settings of this process's environment.

    Raises:
        ThroughlineError: an unknown or unusable variable; names it, never its value.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | FOR_TESTS
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ThroughlineError(f"unknown setting {unknown[0]}{_near(unknown[0], known - FOR_TESTS)}")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise ThroughlineError(f"setting {name} cannot be used: {first['msg']}") from None


def _near(name: str, known: set[str]) -> str:
    """The setting or two that were perhaps meant, and where all of them are."""
    bare = name.removeprefix(PREFIX)
    found = difflib.get_close_matches(bare, sorted(one.removeprefix(PREFIX) for one in known), n=2, cutoff=0.65)
    meant = f": did you mean {' or '.join(PREFIX + one for one in found)}?" if found else ":"
    return f"{meant} see docs/reference.md, or unset it and run `throughline config show`"


def bootstrap_from_settings() -> str | None:
    """Address of the broker, where one is set or the running demo has noted one."""
    settings = load()
    noted = settings.data_dir / "bootstrap"
    if settings.bootstrap is None and noted.exists():
        return noted.read_text().strip()
    return settings.bootstrap
