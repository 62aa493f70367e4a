"""Everything at work on a broker where each process may do its own work only: each can do the whole of it."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from confluent_kafka import TopicPartition
from support.secured import SUPER, As, SecuredKafka
from support.waits import wait_until
from support.worlds import SHIPPED
from typer.testing import CliRunner

from deploy import broker_checks
from deploy.agreements_folder import load_agreements
from deploy.cli import app_of
from deploy.commands.explain import story, told_by
from deploy.stack import SERVE, Stack
from deploy.topic_reader import all_of
from streams import settings, topics

pytestmark = pytest.mark.broker
PARTNER, RECIPIENT = "lea_grand_bend", "grand_bend_services"
AGREEMENTS = (
    "mou-grand-bend-services", "dsa-grand-bend-services", "dsa-own-grand-bend-services", "dul-grand-bend-services",
)  # fmt: skip
"""Of the beginning; the partner's own comes later."""
COLUMNS = "event_id,source_record_id,subject_token,organization_id,organization_id_system,entry_date,entry_grade_level"
ROLES = ("resolve", "consent", "signals", SERVE)


@pytest.fixture
def stack(secured: SecuredKafka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Each process as its own user, over TLS; those that stand by for others too. This process is an operator's."""
    (tmp_path / "agreements").mkdir()
    few = {"THROUGHLINE_PARTNER_PARTITIONS": "1", "THROUGHLINE_RELEASED_PARTITIONS": "1"}
    for name, value in {**secured.of_few(tmp_path / "agreements", AGREEMENTS, SUPER), **few}.items():
        monkeypatch.setenv(name, value)
    run("acl", "apply", "--yes")
    for name, value in secured.settings("service.operator").items():
        monkeypatch.setenv(name, value)
    chosen = settings.load().model_copy(update={"data_dir": tmp_path / "data", "portal_port": 0})
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(chosen.data_dir))
    own = {role: secured.settings(f"service.{role}", over_tls=True) for role in ROLES}
    with Stack(chosen, workers=("resolve-a", "consent-a", "signals"), own=own) as started:
        yield started


def run(*words: str) -> str:
    """Run a command in this process; what it says."""
    done = CliRunner().invoke(app_of(words), words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def come(secured: SecuredKafka, stack: Stack) -> None:
    """A partner comes while all is at work: as the page for operators says."""
    shutil.copy(SHIPPED / "mou-lea-grand-bend.toml", stack.settings.agreements)
    assert run("topics", "create") != "0 topics made\n"
    assert run("agreements", "activate").startswith("1 new")
    given = {**secured.settings(SUPER), "THROUGHLINE_DATA_DIR": str(secured.data_dir)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        assert f"password of partner.{PARTNER}: " in run("acl", "apply", "--yes")


def publish(secured: SecuredKafka, folder: Path) -> str:
    """Publish one fact by the command, as its partner; the event's id."""
    event_id, file = str(uuid.uuid4()), folder / "enrollment.csv"
    file.write_text(f"{COLUMNS}\n{event_id},{event_id}-1,{event_id},255901001,SCHOOL,2025-08-20,G10\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secured.settings(f"partner.{PARTNER}").items():
            patch.setenv(name, value)
        run("publish", str(file), "--partner", PARTNER, "--family", "enrollment")
    return event_id


def is_carried(stack: Stack, event_id: str) -> bool:
    """Whether an event is with its recipient, as an operator is told."""
    return bool(story(all_of(stack.bootstrap, told_by), event_id)["now"] == f"shown to {RECIPIENT}")


def test_each_process_does_its_work_with_its_own_rights_and_an_event_reaches_the_case_view(
    secured: SecuredKafka, stack: Stack, tmp_path: Path
) -> None:
    come(secured, stack)
    event_id = publish(secured, tmp_path)
    wait_until(lambda: is_carried(stack, event_id), check=stack.check)
    released = f"released.{RECIPIENT}"
    wait_until(lambda: has_read(secured, SERVE, "case-views", released), check=stack.check)
    wait_until(lambda: has_read(secured, "signals", "signals", released), check=stack.check)

    chosen = stack.settings
    specs = topics.table(load_agreements(chosen.agreements), chosen.partner_partitions, chosen.released_partitions)
    found = list(broker_checks.broker(stack.bootstrap, specs))
    assert [one for one in found if one.level == "fail"] == []
    stack.stop(SERVE)
    with duckdb.connect(str(stack.data_dir / "views" / "case.duckdb"), read_only=True) as views:
        shown = views.execute("SELECT recipient, event_id FROM release_row").fetchall()
    assert shown == [(RECIPIENT, event_id)]
    assert secured.denied("service.") == []


def has_read(secured: SecuredKafka, role: str, group: str, topic: str) -> bool:
    """Whether a group has read a topic to its end, as its service sees it."""
    with closing(As(secured, f"service.{role}").consumer(group)) as consumer:
        [place] = consumer.committed([TopicPartition(topic, 0)], 10)
        # Behind the last record stands a transaction's marker, which a group need not have passed.
        return place.offset >= consumer.get_watermark_offsets(place, timeout=10)[1] - 1
