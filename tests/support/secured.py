"""A real Kafka that lets in only users that it knows, over SASL with and without TLS, and who may connect to it."""

import ipaddress
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.acl.passwords import Passwords
from deploy.kafka_settings import HOST, SCRAM, Secured
from deploy.local_kafka import LocalKafka
from streams import clients
from support.ports import free_ports
from support.worlds import SHIPPED

SUPER = "admin"
SUPER_PASSWORD = "of-nobody-but-this-broker"  # noqa: S105  # of a broker that lives as long as a test
CROWDED = "127.0.0.2"
"""An address of this machine from which the broker takes few connections."""
CROWD = 20
WAIT_SECONDS = 30
SETTINGS = {"max.connections.per.ip.overrides": f"{CROWDED}:{CROWD}", "connections.max.reauth.ms": "4000"}
"""Beside: everybody has to say again and again who they are; a client that cannot has to connect anew."""


@dataclass(frozen=True)
class SecuredKafka:
    """One that runs, and the passwords of its users."""

    bootstrap: str
    tls: str
    """Address of its listener over TLS."""
    ca: Path
    data_dir: Path
    """Where ``acl apply`` keeps passwords."""
    log: Path
    """Of the broker, which tells whom it has denied what."""

    def denied(self, users: str) -> list[str]:
        """What those whose names begin so were denied."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if f"User:{users}" in line and " is Denied " in line]

    @property
    def passwords(self) -> Passwords:
        """Of its users, but for the super user."""
        return Passwords(self.data_dir)

    def password_file(self, user: str) -> Path:
        """Of one user."""
        return self.data_dir / "admin.password" if user == SUPER else self.passwords.path(user)

    def settings(self, user: str, *, over_tls: bool = False) -> dict[str, str]:
        """Environment of a process that connects as a user."""
        given = {
            "BOOTSTRAP": self.tls if over_tls else self.bootstrap,
            "KAFKA_SECURITY": "sasl_ssl" if over_tls else "sasl_plaintext",
            "KAFKA_USER": user,
            "KAFKA_PASSWORD_FILE": str(self.password_file(user)),
            **({"KAFKA_CA_FILE": str(self.ca)} if over_tls else {}),
        }
        return {f"THROUGHLINE_{name}": value for name, value in given.items()}

    def of_few(self, folder: Path, agreements: Iterable[str], user: str) -> dict[str, str]:
        """Environment of a user where only a few of the agreements that ship are in force, in a folder."""
        for name in agreements:
            shutil.copy(SHIPPED / f"{name}.toml", folder)
        given = {"DATA_DIR": str(self.data_dir), "AGREEMENTS_DIR": str(folder), "CONNECTIONS_PER_SECOND": "1000"}
        return {**self.settings(user), **{f"THROUGHLINE_{name}": value for name, value in given.items()}}

    def connecting(self, user: str, password: str | None = None) -> dict[str, str]:
        """Settings of a client that connects as a user."""
        return {
            "security.protocol": "sasl_plaintext",
            "sasl.mechanism": SCRAM,
            "sasl.username": user,
            "sasl.password": self.password_file(user).read_text() if password is None else password,
        }


class As:
    """A client that connects as somebody."""

    def __init__(self, place: SecuredKafka, user: str, password: str | None = None) -> None:
        self._bootstrap, self._connecting = place.bootstrap, place.connecting(user, password)

    def admin(self) -> AdminClient:
        """Who asks and orders."""
        return clients.admin(self._bootstrap, **self._connecting)

    def producer(self, transactional_id: str | None = None, **more: Any) -> Producer:
        """Who writes."""
        return clients.producer(self._bootstrap, transactional_id, **{**self._connecting, **more})

    def consumer(self, group: str, **more: Any) -> Consumer:
        """Who reads."""
        return clients.consumer(self._bootstrap, group, **{**self._connecting, **more})

    def sees(self) -> set[str]:
        """Topics that it is told of."""
        return set(self.admin().list_topics(timeout=10).topics)

    def may(self, topics: Sequence[str]) -> dict[str, set[str]]:
        """What the broker says that it may do with topics; of one that it may not know of, nothing."""
        admin = self.admin()
        asked = admin.describe_topics(
            TopicCollection(list(topics)), include_authorized_operations=True, request_timeout=10
        )
        found = {}
        for topic, future in asked.items():
            try:
                found[topic] = {operation.name.lower() for operation in future.result().authorized_operations}
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    raise
                found[topic] = set()
        return found

    def sends(self, topic: str, value: bytes = b"x", count: int = 1, *, idempotently: bool = True) -> set[str]:
        """Send records; what errors came back. Who may write no topic at all is no idempotent producer either."""
        errors: list[str] = []
        producer = self.producer(**{"message.timeout.ms": 10_000, "enable.idempotence": idempotently})
        for _ in range(count):
            producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error.name() if error else ""))
        assert producer.flush(20) == 0
        return set(errors)

    def reads(self, topic: str, group: str) -> set[str]:
        """Follow a topic in a group until a record or an error comes; what that says."""
        with closing(self.consumer(group, **{"auto.offset.reset": "earliest"})) as consumer:
            consumer.subscribe([topic])
            deadline = time.monotonic() + WAIT_SECONDS
            while time.monotonic() < deadline:
                message = consumer.poll(0.1)
                if message is not None:
                    error = message.error()
                    return {"" if error is None else error.name()}
        raise AssertionError("nothing came")

    def makes(self, topic: str) -> str:
        """Make a topic; what the broker says to that, nothing where it may."""
        admin = self.admin()
        [future] = admin.create_topics([NewTopic(topic, 1, 1)]).values()
        try:
            future.result(10)
        except KafkaException as error:
            return str(error.args[0].name())
        return ""

    def begins(self, transactional_id: str) -> str:
        """Begin to write under an id; what the broker says to that, nothing where it may."""
        try:
            self.producer(transactional_id).init_transactions(20)
        except KafkaException as error:
            return str(error.args[0].name())
        return ""


@contextmanager
def secured_kafka(folder: Path, more: Mapping[str, str] = SETTINGS) -> Iterator[SecuredKafka]:
    """One in a folder that is new, for as long as the block runs."""
    authority = Authority("whom the tests trust")
    ca, keystore, data_dir = folder / "ca.pem", folder / "broker.pem", folder / "data"
    data_dir.mkdir(mode=0o700)
    ca.write_bytes(authority.certificate)
    keystore.write_bytes(authority.signed(HOST))
    (data_dir / "admin.password").write_text(SUPER_PASSWORD)
    [tls_port] = free_ports(1)
    secured = Secured(SUPER, SUPER_PASSWORD, tls_port, keystore, more)
    kafka = LocalKafka(folder / "kafka", secured=secured).start()
    try:
        yield SecuredKafka(kafka.bootstrap, f"{HOST}:{tls_port}", ca, data_dir, kafka.log_path)
    finally:
        kafka.kill()  # nobody needs its data any more


class Authority:
    """Who vouches for certificates."""

    def __init__(self, name: str) -> None:
        """One that is new."""
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _named(name)
        built = _certificate(self._name, self._name, self._key.public_key())
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(self, address: str) -> bytes:
        """A key and its certificate for a server at an address, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        built = _certificate(_named(address), self._name, key.public_key())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = built.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return key.private_bytes(serialization.Encoding.PEM, *plain) + certificate.public_bytes(
            serialization.Encoding.PEM
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
    )
