"""Who may do what, on a real broker that lets in only users that it knows: each identity, and ``throughline acl``."""

import functools
import json
import shutil
import socket
import stat
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from support.receipts import encoded, issued
from support.secured import CROWD, CROWDED, SUPER, As, Authority, SecuredKafka
from support.waits import wait_until
from support.worlds import SHIPPED
from typer.testing import CliRunner

from deploy.cli import app_of
from deploy.commands.topics import create_topics
from deploy.console import bootstrap
from partners.client import Publisher, PublishError
from processors import names
from streams import clients, settings
from streams.access import Access
from streams.errors import ThroughlineError

pytestmark = pytest.mark.broker
PARTNER, OTHER, RECIPIENT = "csac", "lea_grand_bend", "grand_bend_services"
OWN, OTHERS = "partner.csac.aid", "partner.lea_grand_bend.enrollment"
RECEIPTS, SUBMISSION = "receipts.csac", "4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31"
AGREEMENTS = (
    "mou-csac", "mou-lea-grand-bend", "mou-grand-bend-services", "dsa-grand-bend-services",
    "dsa-own-grand-bend-services", "dul-grand-bend-services",
)  # fmt: skip
FLOOD, LIMIT = 3_000, 4_000
"""Records of 10 kB, and bytes a second that one is let send: all of them would take two hours."""
GUESSES = 8


@pytest.fixture(scope="module")
def place(secured: SecuredKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A broker, to which this process connects as its super user; with topics of a few agreements."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secured.of_few(tmp_path_factory.mktemp("agreements"), AGREEMENTS, SUPER).items():
            patch.setenv(name, value)
        patch.setenv("THROUGHLINE_KAFKA_RECIPIENTS", RECIPIENT)
        create_topics(secured.bootstrap, settings.load())
        yield secured


@pytest.fixture
def applied(place: SecuredKafka) -> SecuredKafka:
    """The same, where everybody may do what the agreements call for."""
    assert acl("apply", "--yes")["changes"] >= 0
    return place


def throughline(data_dir: Path, *words: str, answer: str = "") -> str:
    """Run a command in this process, as somebody who answers; what it says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THROUGHLINE_DATA_DIR", str(data_dir))
        done = CliRunner().invoke(app_of(words), words, input=answer)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def acl(*words: str) -> dict[str, Any]:
    """Run ``throughline acl``; what it says, as data."""
    found: dict[str, Any] = json.loads(throughline(settings.load().data_dir, "acl", *words, "--json"))
    return found


def said(*words: str, answer: str = "") -> str:
    """The same in words, by somebody who answers."""
    return throughline(settings.load().data_dir, "acl", *words, answer=answer)


def test_what_is_applied_needs_nothing_more_and_passwords_are_told_nobody(applied: SecuredKafka) -> None:
    told = [json.dumps(acl("plan")), said("plan"), said("apply"), json.dumps(acl("apply", "--yes"))]
    assert [json.loads(one)["changes"] for one in (told[0], told[3])] == [0, 0]
    assert told[1].startswith("0 changes")
    files = sorted((applied.data_dir / "secrets" / "kafka").iterdir())
    assert f"partner.{PARTNER}.password" in {file.name for file in files}
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert not any(file.read_text() in one for one in told)
        assert len(file.read_text()) >= 40


def test_what_the_page_for_operators_says_is_done_so(applied: SecuredKafka) -> None:
    data_dir, before = applied.data_dir, applied.password_file("partner.csac").read_text()
    assert throughline(data_dir, "topics", "create") == "0 topics made\n"
    assert throughline(data_dir, "acl", "plan").startswith("0 changes")
    told = throughline(data_dir, "acl", "apply", "--rotate", "partner.csac", answer="y\n")
    assert told.endswith(f"1 changes made\npassword of partner.csac: {applied.password_file('partner.csac')}\n")
    after = applied.password_file("partner.csac").read_text()
    assert before != after
    assert after not in told


def test_what_is_not_ours_is_named_and_left_and_a_password_that_is_not_here_is_told(applied: SecuredKafka) -> None:
    everybody = AclBinding(
        ResourceType.TOPIC, "x", ResourcePatternType.LITERAL, "User:*", "*", AclOperation.READ, AclPermissionType.ALLOW
    )
    admin, file = As(applied, SUPER).admin(), applied.password_file("service.sink")
    admin.create_acls([everybody])[everybody].result(10)
    moved = file.rename(file.with_name("moved"))
    try:
        wait_until(lambda: acl("plan")["others"] == 1)
        assert "1 rules of others are left alone: *" in said("plan")
        assert "passwords that are not in this data directory: service.sink; --rotate" in said("plan")
        assert acl("apply", "--yes")["changes"] == 0
        assert acl("plan") == {**acl("plan"), "others": 1, "passwords_missing": ["service.sink"]}
    finally:
        moved.rename(file)
        filter_ = AclBindingFilter(*everybody._to_tuple())  # noqa: SLF001  # all that says what it is
        admin.delete_acls([filter_])[filter_].result(10)


def test_a_plan_says_what_would_change_and_changes_nothing(
    applied: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_PARTNER_BYTES_PER_SECOND", "5000")
    for _ in range(2):
        found = acl("plan")
        assert found["changes"] == 3
        assert {one["value"] for one in found["quotas"]["set"]} == {5000}
        assert "at most 5000 bytes a second" in said("plan")
    assert "3 changes" in said("apply", answer="n\n")
    assert acl("plan")["changes"] == 3
    assert "3 changes made" in said("apply", answer="y\n")
    assert acl("plan")["changes"] == 0
    assert applied.passwords.has(f"partner.{PARTNER}")


def test_a_partner_writes_its_own_topics_and_others_are_hidden_from_it(applied: SecuredKafka) -> None:
    partner = As(applied, f"partner.{PARTNER}")
    assert partner.sees() == {OWN, "partner.csac.identity", "sandbox.csac.aid", "sandbox.csac.identity", RECEIPTS}
    assert partner.sends(OWN) == {""}
    sandbox = f"sandbox.{OTHER}.enrollment"
    for topic in (OTHERS, sandbox, names.AGREEMENTS, f"released.{RECIPIENT}", f"deadletter.{PARTNER}"):
        assert partner.sends(topic) == {"TOPIC_AUTHORIZATION_FAILED"}, topic


def test_a_partner_reads_nothing_but_its_own_sandbox(applied: SecuredKafka) -> None:
    partner, sandbox, others = As(applied, f"partner.{PARTNER}"), "sandbox.csac.aid", f"sandbox.{OTHER}.enrollment"
    may = partner.may([OWN, OTHERS, sandbox, others])
    assert may == {OWN: {"describe", "write"}, OTHERS: set(), sandbox: {"describe", "read", "write"}, others: set()}
    assert partner.reads(OWN, "any") == {"GROUP_AUTHORIZATION_FAILED"}
    assert partner.begins("resolve") == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"


def test_a_recipient_reads_its_own_topics_in_groups_of_its_own(applied: SecuredKafka) -> None:
    recipient, released = As(applied, f"recipient.{RECIPIENT}"), f"released.{RECIPIENT}"
    assert recipient.sees() == {released, f"signals.{RECIPIENT}"}
    assert As(applied, "service.consent").sends(released) == {""}
    group = f"recipient.{RECIPIENT}.{uuid.uuid4().hex}"
    assert recipient.reads(released, group) == {""}
    assert recipient.reads(released, "case-views") == {"GROUP_AUTHORIZATION_FAILED"}
    assert recipient.reads(OWN, group) == {"TOPIC_AUTHORIZATION_FAILED"}
    assert As(applied, "service.sink").reads(released, "case-views.shared") == {""}
    assert recipient.sends(released, idempotently=False) == {"TOPIC_AUTHORIZATION_FAILED"}


def test_a_partners_receipts_are_written_by_consent_and_read_by_that_partner_alone(
    applied: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert As(applied, "service.consent").sends(RECEIPTS, encoded(issued(PARTNER))) == {""}
    everybody = [f"partner.{OTHER}", f"partner.{PARTNER}", f"recipient.{RECIPIENT}", *MAY]
    may = {user: As(applied, user).may([RECEIPTS])[RECEIPTS] & {"read", "write"} for user in everybody}
    assert {user: done for user, done in may.items() if done} == {
        "service.consent": {"write"}, f"partner.{PARTNER}": {"read"},
    }  # fmt: skip
    words = ("partner", "receipt", SUBMISSION, "--partner", PARTNER, "--json")
    for user in (f"partner.{PARTNER}", f"partner.{OTHER}"):
        for name, value in applied.settings(user).items():
            monkeypatch.setenv(name, value)
        if user == f"partner.{PARTNER}":
            assert json.loads(throughline(applied.data_dir, *words))["arrived"] == 3
        else:
            with pytest.raises(ThroughlineError, match=f"no topic {RECEIPTS}"):
                throughline(applied.data_dir, *words)


READ, WRITE = {"read", "describe"}, {"write", "describe"}
OPERATOR = {"read", "describe", "create", "describe_configs"}
SANDBOX = f"sandbox.{PARTNER}.aid"
MAY: dict[str, dict[str, set[str]]] = {
    "service.resolve": {
        OWN: READ, OTHERS: READ, names.AGREEMENTS: READ, names.STEWARDS: READ, names.ERASURES: READ,
        names.RESOLVED_EVENTS: WRITE, names.IDENTITY_RECORDS: WRITE, names.IDENTITY_CHANGES: WRITE,
        names.MODELS: WRITE, names.REVIEWS: WRITE, f"deadletter.{PARTNER}": WRITE,
    },
    "service.consent": {
        names.RESOLVED_EVENTS: READ, names.AUDIT_DECISIONS: WRITE, f"released.{RECIPIENT}": WRITE, RECEIPTS: WRITE,
    },
    "service.signals": {f"released.{RECIPIENT}": READ, f"signals.{RECIPIENT}": WRITE},
    "service.sink": {f"released.{RECIPIENT}": READ, f"signals.{RECIPIENT}": READ},
    "service.serve": {f"released.{RECIPIENT}": READ, f"signals.{RECIPIENT}": READ},
    "service.operator": {
        OWN: OPERATOR | WRITE, OTHERS: OPERATOR | WRITE, f"deadletter.{PARTNER}": OPERATOR | WRITE,
        names.AGREEMENTS: OPERATOR | WRITE, names.STEWARDS: OPERATOR | WRITE, names.ERASURES: OPERATOR | WRITE,
        SANDBOX: OPERATOR - {"read"}, RECEIPTS: OPERATOR - {"read"},
        names.RESOLVED_EVENTS: OPERATOR, names.IDENTITY_RECORDS: OPERATOR, names.IDENTITY_CHANGES: OPERATOR,
        names.MODELS: OPERATOR, names.REVIEWS: OPERATOR, names.AUDIT_DECISIONS: OPERATOR,
        f"released.{RECIPIENT}": OPERATOR, f"signals.{RECIPIENT}": OPERATOR,
    },
    "service.steward": {
        names.STEWARDS: READ | WRITE, names.IDENTITY_RECORDS: READ, names.IDENTITY_CHANGES: READ,
        names.MODELS: READ, names.REVIEWS: READ, names.RESOLVED_EVENTS: READ,
    },
}  # fmt: skip
"""What each service may do with topics, by what its work is; with all others nothing."""


@pytest.mark.parametrize("user", sorted(MAY))
def test_a_service_may_do_its_work_and_no_more(applied: SecuredKafka, user: str) -> None:
    topics = sorted({topic for of in MAY.values() for topic in of})
    assert As(applied, user).may(topics) == {topic: MAY[user].get(topic, set()) for topic in topics}


def test_only_who_it_is_of_writes_under_a_transactional_id(applied: SecuredKafka) -> None:
    for id_, owner, other in (
        ("resolve", "resolve", "consent"),
        ("consent", "consent", "operator"),
        ("signals.0", "signals", "resolve"),
        ("signals.1", "operator", "serve"),
        ("deadletters.csac", "operator", "serve"),
    ):
        assert As(applied, f"service.{other}").begins(id_) == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"
        assert As(applied, f"service.{owner}").begins(id_) == ""


def test_workers_of_which_there_are_several_make_what_they_stand_by_with_and_no_other_topic(
    applied: SecuredKafka,
) -> None:
    signals = As(applied, "service.signals")
    assert signals.makes("state.signals.0") == ""
    assert signals.sends("state.signals.0") == {""}
    for group in ("signals.0-standby", "signals.shared", "signals.0"):
        assert signals.reads("state.signals.0", group) == {""}
    assert signals.makes("state.resolve") == "TOPIC_AUTHORIZATION_FAILED"
    assert As(applied, f"partner.{PARTNER}").makes("partner.csac.new") == "TOPIC_AUTHORIZATION_FAILED"


def test_an_operator_may_not_change_who_may_do_what(applied: SecuredKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in applied.settings("service.operator").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ThroughlineError, match="be its super user"):
        acl("plan")


def test_a_partner_that_comes_and_one_that_goes_need_no_restart(applied: SecuredKafka) -> None:
    folder = settings.load().agreements
    going, errors = As(applied, f"partner.{PARTNER}").producer(**{"message.timeout.ms": 5_000}), list[str]()
    going.produce(OWN, b"x")
    assert going.flush(20) == 0
    (folder / "mou-csac.toml").unlink()
    shutil.copy(SHIPPED / "mou-edd.toml", folder)
    try:
        password = applied.password_file(f"partner.{PARTNER}").read_text()
        create_topics(applied.bootstrap, settings.load())
        found = acl("apply", "--yes")
        assert (found["users"]["added"], found["users"]["dropped"]) == (["partner.edd"], ["partner.csac"])
        going.produce(OWN, b"x", on_delivery=lambda error, _: errors.append(error.name() if error else ""))
        assert going.flush(20) == 0
        [error] = errors
        assert error in {"TOPIC_AUTHORIZATION_FAILED", "_MSG_TIMED_OUT"}  # though it was let in before
        assert As(applied, "partner.edd").sends("partner.edd.employment") == {""}
        assert not applied.passwords.has(f"partner.{PARTNER}")
        with pytest.raises(KafkaException):
            clients.admin(applied.bootstrap, **applied.connecting("partner.csac", password)).list_topics(timeout=1)
    finally:
        shutil.copy(SHIPPED / "mou-csac.toml", folder)
        (folder / "mou-edd.toml").unlink()


def test_with_another_password_the_one_before_lets_nobody_in(applied: SecuredKafka) -> None:
    user = f"partner.{PARTNER}"
    before = applied.password_file(user).read_text()
    assert acl("apply", "--yes", "--rotate", user)["users"]["rotated"] == [user]
    assert applied.password_file(user).read_text() != before
    assert As(applied, user).sends(OWN) == {""}
    with pytest.raises(KafkaException):
        clients.admin(applied.bootstrap, **applied.connecting(user, before)).list_topics(timeout=1)
    with pytest.raises(ThroughlineError, match=r"^no user csac: did you mean partner\.csac\?|^no user csac"):
        acl("apply", "--yes", "--rotate", PARTNER)


def test_a_change_of_password_that_was_cut_off_is_finished(applied: SecuredKafka) -> None:
    user = f"partner.{PARTNER}"
    next_ = applied.passwords.make_next(user).decode()
    assert acl("plan")["users"]["rotated"] == [user]
    assert acl("apply", "--yes")["changes"] == 1
    assert applied.password_file(user).read_text() == next_
    assert acl("plan")["changes"] == 0
    assert As(applied, user).sends(OWN) == {""}


def test_who_guesses_passwords_gets_none_and_others_go_on(applied: SecuredKafka) -> None:
    user, heard = f"partner.{PARTNER}", defaultdict[int, set[str]](set)
    told = [{"error_cb": functools.partial(hear, heard[n]), "sasl.password": f"guess {n}"} for n in range(GUESSES)]
    guessing = [clients.admin(applied.bootstrap, **{**applied.connecting(user), **said_to}) for said_to in told]
    for one in guessing:
        with pytest.raises(KafkaException):
            one.list_topics(timeout=0.05)  # has it connect
    wait_until(lambda: all(one.poll(0.01) >= 0 and "_AUTHENTICATION" in heard[n] for n, one in enumerate(guessing)))
    assert As(applied, user).sends(OWN, count=50) == {""}


def hear(heard: set[str], error: KafkaError) -> None:
    """Remember an error by its name."""
    heard.add(error.name())


def test_a_wrong_password_is_told_as_what_it_is(
    applied: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("not this one")
    access = Access("sasl_plaintext", user=f"partner.{PARTNER}", password_file=wrong)
    with pytest.raises(PublishError, match="does not let us in") as caught:
        Publisher(applied.bootstrap, PARTNER, timeout_seconds=1, access=access).require_topic("aid")
    assert "not this one" not in str(caught.value)
    monkeypatch.setenv("THROUGHLINE_KAFKA_PASSWORD_FILE", str(wrong))
    monkeypatch.setattr(clients, "ANSWER_SECONDS", 1.0)
    with pytest.raises(ThroughlineError, match="the broker does not let us in"):
        bootstrap()


def test_over_tls_the_same_is_seen(applied: SecuredKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in applied.settings(SUPER, over_tls=True).items():
        monkeypatch.setenv(name, value)
    assert acl("plan")["changes"] == 0


def test_over_tls_a_client_lets_in_only_a_broker_that_it_trusts(applied: SecuredKafka, tmp_path: Path) -> None:
    user = f"partner.{PARTNER}"
    known = Access("sasl_ssl", user=user, password_file=applied.password_file(user), ca_file=applied.ca)
    Publisher(applied.tls, PARTNER, timeout_seconds=10, access=known).require_topic("aid")
    (tmp_path / "ca.pem").write_bytes(Authority("another").certificate)
    other = Access("sasl_ssl", user=user, password_file=applied.password_file(user), ca_file=tmp_path / "ca.pem")
    with pytest.raises(PublishError, match="does not let us in"):
        Publisher(applied.tls, PARTNER, timeout_seconds=1, access=other).require_topic("aid")


@pytest.mark.parametrize("address", ["bootstrap", "tls"])
def test_who_says_no_name_is_not_let_in(applied: SecuredKafka, address: str) -> None:
    nobody = clients.admin(getattr(applied, address), **{"security.protocol": "plaintext"})
    with pytest.raises(KafkaException):
        nobody.list_topics(timeout=1)


def test_a_flood_of_one_partner_is_throttled_and_anothers_events_go_on(
    applied: SecuredKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_PARTNER_BYTES_PER_SECOND", str(LIMIT))
    acl("apply", "--yes")
    delivered, throttled = list[object](), list[object]()
    flooding = As(applied, f"partner.{PARTNER}").producer(
        **{"throttle_cb": throttled.append, "queue.buffering.max.messages": 200_000, "compression.type": "none"}
    )
    for _ in range(FLOOD):
        flooding.produce(OWN, b"\xff" * 10_000, on_delivery=lambda error, _: delivered.append(error))
    wait_until(lambda: bool(flooding.poll(0.1)) and bool(throttled))
    assert As(applied, f"partner.{OTHER}").sends(OTHERS, count=200) == {""}
    flooding.poll(0)
    assert len(delivered) < FLOOD / 10
    flooding.purge()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback has one address")
def test_a_crowd_at_one_address_is_cut_short_and_who_comes_from_another_goes_on(applied: SecuredKafka) -> None:
    host, port = applied.bootstrap.split(":")
    crowd = []
    try:
        for _ in range(10 * CROWD):
            crowd.append(socket.create_connection((host, int(port)), 10, (CROWDED, 0)))
            crowd[-1].sendall(b"\0\0\1")  # and says no more
        assert As(applied, f"partner.{PARTNER}").sends(OWN, count=50) == {""}
        wait_until(lambda: sum(map(_is_open, crowd)) <= CROWD)
    finally:
        for one in crowd:
            one.close()


def _is_open(one: socket.socket) -> bool:
    one.settimeout(0)
    try:
        return one.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
