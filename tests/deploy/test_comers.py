"""A partner, a recipient and a reader who come while everything is at work: nothing is started again for them."""

import re
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from confluent_kafka import TopicPartition
from support.commands import throughline
from support.waits import wait_until
from support.worlds import SHIPPED

from deploy.commands.explain import story, told_by
from deploy.demo_reader import Reader
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import all_of
from streams import clients
from streams.settings import Settings

pytestmark = pytest.mark.broker
AT_WORK = (
    "mou-lea-grand-bend", "mou-grand-bend-services", "dsa-grand-bend-services", "dsa-own-grand-bend-services",
    "dul-grand-bend-services",
)  # fmt: skip
PARTNER, RECIPIENT, READER = "oak_valley", "oak_valley_services", "cm-oak"
FILLED_IN = 'kind = "school"\ninstitution = "oak_valley"\n'
COLUMNS = "event_id,source_record_id,subject_token,organization_id,organization_id_system,entry_date,entry_grade_level"
CASELOAD = "source_record_id,subject_token,case_manager_id,assignment_state,relation,display_label,assigned_on"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Everything at work for one district and its own services."""
    folder = tmp_path / "agreements"
    folder.mkdir()
    for name in AT_WORK:
        shutil.copy(SHIPPED / f"{name}.toml", folder)
    chosen = Settings(
        data_dir=tmp_path / "data",
        agreements_dir=folder,
        portal_port=0,
        broker="native",
        partner_partitions=1,
        released_partitions=1,
    )
    with Stack(chosen) as started:
        yield started


def run(stack: Stack, *words: str) -> str:
    """Run a command as an operator or a partner does; what it says."""
    given = {name: value for name, value in stack.environment().items() if name.startswith("THROUGHLINE_")}
    done = throughline(stack.data_dir, *words, **given)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def enrolled(stack: Stack, folder: Path, partner: str) -> str:
    """Publish an enrollment of somebody; the event's id."""
    event_id, file = str(uuid.uuid4()), folder / "enrollment.csv"
    file.write_text(f"{COLUMNS}\n{event_id},{event_id}-1,{event_id},255901001,SCHOOL,2025-08-20,G10\n")
    run(stack, "publish", str(file), "--partner", partner, "--family", "enrollment")
    return event_id


def is_shown(stack: Stack, event_id: str, recipient: str) -> bool:
    """Whether an event is with a recipient, as an operator is told."""
    return bool(story(all_of(stack.bootstrap, told_by), event_id)["now"] == f"shown to {recipient}")


def partner_comes(stack: Stack, folder: Path) -> None:
    """As the partner's own page says: a folder, an agreement filled in, topics and agreements of the operator."""
    run(stack, "partner", "new", PARTNER, "--family", "enrollment", "--dir", str(folder))
    [draft] = (folder / PARTNER / "agreement").iterdir()
    text = re.sub(r'"FILL IN: [^"]*"', '"Oak Valley"', draft.read_text()).replace("2199-01-01", "2025-07-01")
    taken = stack.settings.agreements / draft.name
    taken.write_text(re.sub(r'kind = "other".*\n', FILLED_IN, text))
    assert "0 problems" in run(stack, "agreements", "check")
    assert run(stack, "topics", "create") == "4 topics made\n"
    assert run(stack, "agreements", "activate").startswith("1 new")


def recipient_comes(stack: Stack) -> None:
    """The partner's own services, by the agreements of another district's."""
    for name in AT_WORK[1:]:
        text = (SHIPPED / f"{name}.toml").read_text().replace("Grand Bend", "Oak Valley")
        for before, after in (("lea_grand_bend", PARTNER), ("grand_bend", PARTNER), ("grand-bend", "oak-valley")):
            text = text.replace(before, after)
        (stack.settings.agreements / f"{name.replace('grand-bend', 'oak-valley')}.toml").write_text(text)
    assert "0 problems" in run(stack, "agreements", "check")
    run(stack, "topics", "create")
    assert run(stack, "agreements", "activate").startswith("4 new")


def reader_comes(stack: Stack) -> Reader:
    """One more line in the users' file; a program of that reader."""
    with stack.settings.users.open("a") as file:
        file.write(f'[[users]]\nid = "{READER}"\nname = "O. Reader"\nrecipient = "{RECIPIENT}"\n')
    time.sleep(1.1)  # files are looked at once a second
    return Reader(run(stack, "sign-in", READER).strip())


def committed(stack: Stack, group: str) -> int:
    """How far a group has read the new recipient's topic."""
    with closing(clients.consumer(stack.bootstrap, group)) as consumer:
        return int(consumer.committed([TopicPartition(f"released.{RECIPIENT}", 0)], 10)[0].offset)


def pids(stack: Stack) -> Mapping[str, int]:
    """Numbers of the processes."""
    return {role: started.pid for role, started in stack.running.items()}


def test_a_partner_a_recipient_and_a_reader_come_and_nothing_is_started_again(stack: Stack, tmp_path: Path) -> None:
    before = pids(stack)
    assert set(before) == {*WORKERS, SERVE}
    first = enrolled(stack, tmp_path, "lea_grand_bend")
    wait_until(lambda: is_shown(stack, first, "grand_bend_services"), check=stack.check)

    partner_comes(stack, tmp_path)
    kept = enrolled(stack, tmp_path, PARTNER)
    wait_until(lambda: story(all_of(stack.bootstrap, told_by), kept)["outcome"] == "withheld", check=stack.check)

    recipient_comes(stack)
    wait_until(lambda: is_shown(stack, kept, RECIPIENT), check=stack.check)
    shown = enrolled(stack, tmp_path, PARTNER)
    wait_until(lambda: is_shown(stack, shown, RECIPIENT), check=stack.check)
    for group in ("signals", "case-views"):
        wait_until(lambda group=group: committed(stack, group) > 0, check=stack.check)  # type: ignore[misc]
    page = lambda: httpx.get(f"{stack.portal}/dictionary/enrollment").raise_for_status().text  # noqa: E731
    wait_until(lambda: "Oak Valley, student services" in page(), check=stack.check)

    assigned = tmp_path / "caseload.csv"
    assigned.write_text(f"{CASELOAD}\n{shown}-c,{shown},{READER},assigned,counselor,Made Up,2025-08-20\n")
    run(stack, "publish", str(assigned), "--partner", RECIPIENT, "--family", "caseload", "--as-of", "2025-09-01")
    with reader_comes(stack) as reader:
        wait_until(lambda: len(reader.persons()) == 1, check=stack.check)

    last = enrolled(stack, tmp_path, "lea_grand_bend")
    wait_until(lambda: is_shown(stack, last, "grand_bend_services"), check=stack.check)
    stack.check()
    assert pids(stack) == before
