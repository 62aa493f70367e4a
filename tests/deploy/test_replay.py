"""Replay of dead letters over a real Apache Kafka: what was mended travels, once, whatever happens between."""

import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from support import sam
from support.commands import throughline
from support.events import message
from support.kafka_world import KafkaWorld
from support.worlds import shipped_agreements

from deploy import dead_letters
from deploy.commands import deadletters
from deploy.commands.topics import activate_agreements
from deploy.commands.worker import keys_dir
from deploy.dead_letters import letters
from deploy.ledger import LiveLedger
from deploy.replay import Wish, replay
from deploy.topic_reader import TopicReader
from schemas_avro.masked import MASK
from streams import clients
from streams.errors import ThroughlineError
from streams.keyring import Keyring

pytestmark = pytest.mark.broker
SECONDS = 40
NOBODYS = "4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f00"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """Both stages at work."""
    with KafkaWorld(tmp_path_factory.mktemp("replay")) as made:
        made.publish_all(*sam.KNOWN, sam.caseload(), sam.consent())
        yield made


@pytest.fixture
def ledger(world: KafkaWorld) -> Iterator[LiveLedger]:
    """How events end."""
    with closing(LiveLedger(str(world.settings.bootstrap))) as made:
        yield made


def run(world: KafkaWorld, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of an operator's."""
    return throughline(
        world.settings.data_dir, "deadletters", *words, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap)
    )


def listed(world: KafkaWorld, partner: str) -> dict[str, Any]:
    """What list says, by event id."""
    done = run(world, "list", "--partner", partner, "--json")
    assert done.returncode == 0, done.stderr
    return {row["event_id"]: row for row in orjson.loads(done.stdout)["dead_letters"]}


def ends(ledger: LiveLedger, event_id: str, outcome: str) -> bool:
    """Whether an event ends so in time, and in one way."""
    deadline = time.monotonic() + SECONDS
    while ledger.catch_up().outcomes.get(event_id) != outcome and time.monotonic() < deadline:
        time.sleep(0.1)
    return ledger.book.outcomes.get(event_id) == outcome and event_id not in ledger.book.twice


def misplaced(world: KafkaWorld, name: str, count: int = 1) -> list[str]:
    """Sound events under a key that is not theirs: dead letters; their ids."""
    sent = [sam.award(f"{name}-{n}") for n in range(count)]
    world.publish_all(*(one._replace(key=b"another") for one in sent))
    return [one.event_id for one in sent]


def replays(world: KafkaWorld) -> list[str]:
    """Ids of the events that went onto a topic of csac's again."""
    reader = TopicReader(str(world.settings.bootstrap), lambda name: name == "partner.csac.aid")
    with closing(reader):
        return [a.headers["ce_id"].decode() for a in reader.arrivals() if a.replay_of]


def test_what_a_changed_agreement_now_covers_is_replayed_and_ends_as_any_event(
    world: KafkaWorld, ledger: LiveLedger
) -> None:
    address = str(world.settings.bootstrap)
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic("partner.edd.contact", 2)])["partner.edd.contact"].result()
    sent = message("edd", "contact", "e1", "reach")
    world.publish_all(sent)
    assert listed(world, "edd")[sent.event_id]["state"] == "waiting"

    [mou] = [a for a in shipped_agreements() if a.agreement_id == "mou-edd"]
    wider = {"version": mou.version + 1, "families": (*mou.families, "contact")}
    activate_agreements(address, [mou.model_copy(update=wider)])
    words = ("--code", "family_not_agreed", "--partner", "edd", "--reason", "mended_agreement")
    looked = run(world, "replay", *words, "--dry-run", "--json")
    assert orjson.loads(looked.stdout)["replayed"] == 0
    done = run(world, "replay", *words, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert (orjson.loads(done.stdout)["replayed"], done.stderr) == (1, "")
    assert ends(ledger, sent.event_id, "withheld")
    row = listed(world, "edd")[sent.event_id]
    assert (row["state"], row["replayed"]["reason"]) == ("replayed", "mended_agreement")
    told = throughline(world.settings.data_dir, "explain", sent.event_id, "--json", THROUGHLINE_BOOTSTRAP=address)
    assert orjson.loads(told.stdout)["outcome"] == "withheld"


def test_a_dead_letter_goes_once(world: KafkaWorld, ledger: LiveLedger) -> None:
    [event_id] = misplaced(world, "once")
    row = listed(world, "csac")[event_id]
    assert (row["code"], row["replay_of"]) == ("key_mismatch", None)
    words = ("replay", row["place"], "--reason", "mended_key", "--yes")
    first, second = run(world, *words), run(world, *words)
    assert (first.returncode, first.stdout) == (0, "1 replayed\n")
    assert (second.returncode, second.stdout) == (1, "0 replayed; left as they are: 1 replayed\n")
    assert ends(ledger, event_id, "carried")
    assert replays(world).count(event_id) == 1


def test_what_is_rejected_again_is_a_new_dead_letter_that_names_the_first(
    world: KafkaWorld, ledger: LiveLedger
) -> None:
    sent = message("csac", "aid", "a1", "from the future", published_at=4_000_000_000_000_000)
    world.publish_all(sent)
    place = listed(world, "csac")[sent.event_id]["place"]
    looked = run(world, "replay", place, "--reason", "mended_key", "--dry-run")
    assert "date_out_of_range: mended_key mends no such thing" in looked.stderr
    shown = orjson.loads(run(world, "show", place).stdout)["event"]["envelope"]
    assert (shown["partner_id"], shown["schema_version"]) == ("csac", "1.0")
    assert shown["published_at"].startswith("2096-10-02T07:06:40")
    assert shown["subject_token"] == MASK
    for _ in range(2):
        waiting = [r for r in rows(world, sent.event_id) if r["state"] == "waiting"]
        [done] = [run(world, "replay", row["place"], "--reason", "bug_fixed", "--yes") for row in waiting]
        assert done.returncode == 0, done.stderr
        assert ends(ledger, sent.event_id, "rejected")
    assert [row["replay_of"] for row in rows(world, sent.event_id)] == [None, place, place]
    assert [row["state"] for row in rows(world, sent.event_id)] == ["replayed", "replayed", "waiting"]


def rows(world: KafkaWorld, event_id: str) -> list[dict[str, Any]]:
    """Dead letters of one event, in the order in which they came to be."""
    found = orjson.loads(run(world, "list", "--partner", "csac", "--json").stdout)["dead_letters"]
    return sorted((r for r in found if r["event_id"] == event_id), key=lambda r: int(r["place"].rsplit("/", 1)[-1]))


def test_two_operators_at_once_send_each_dead_letter_once(world: KafkaWorld, ledger: LiveLedger) -> None:
    ids = misplaced(world, "both", 210)
    wish = Wish("csac", "mended_key", code="key_mismatch")

    def operate(_: int) -> int:
        with closing(Keyring(keys_dir(world.settings))) as keys:
            try:
                return len(replay(str(world.settings.bootstrap), wish, keys).replayed)
            except ThroughlineError as error:
                assert re.search("somebody else|run it again", str(error))  # noqa: PT017  # what the fenced one is told
                return 0

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(operate, range(3)))
    operate(0)
    again = [event_id for event_id in replays(world) if event_id in set(ids)]
    assert sorted(again) == sorted(ids)
    assert all(ends(ledger, event_id, "carried") for event_id in (ids[0], ids[-1]))


def test_an_operator_who_dies_in_the_middle_has_replayed_nothing(world: KafkaWorld, ledger: LiveLedger) -> None:
    [event_id] = misplaced(world, "dies")
    [letter] = [one for one in letters(str(world.settings.bootstrap), "csac") if one.row["event_id"] == event_id]
    dying = clients.producer(str(world.settings.bootstrap), "deadletters.csac")
    dying.init_transactions(30)
    dying.begin_transaction()
    dying.produce("partner.csac.aid", b"half", b"a1", headers=[("ce_id", b"x"), ("replay-of", letter.place.encode())])
    dying.flush(10)
    done = run(world, "replay", letter.place, "--reason", "mended_key", "--yes")
    assert (done.returncode, done.stdout) == (0, "1 replayed\n"), done.stderr
    assert ends(ledger, event_id, "carried")
    assert "x" not in replays(world)


def test_what_no_event_can_be_read_from_stays_and_is_said(world: KafkaWorld) -> None:
    sent = sam.award("broken")._replace(value=b"\x00\x00\x00\x00\x68broken")
    world.publish_all(sent)
    place = listed(world, "csac")[sent.event_id]["place"]
    done = run(world, "replay", place, "--reason", "bug_fixed", "--yes")
    assert (done.returncode, done.stdout) == (1, "0 replayed; left as they are: 1 unreadable\n")


def test_an_expired_dead_letter_is_neither_shown_nor_replayed(
    world: KafkaWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The broker drops by whole segments, so what has expired may still be there: here to an operator of next year."""
    [event_id] = misplaced(world, "expires")
    row = listed(world, "csac")[event_id]
    assert row["expires_at"] > row["rejected_at"]
    next_year = SimpleNamespace(time_ns=lambda: time.time_ns() + 365 * 86_400 * 10**9)
    monkeypatch.setattr(dead_letters, "time", next_year)
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(world.settings.data_dir))
    monkeypatch.setenv("THROUGHLINE_BOOTSTRAP", str(world.settings.bootstrap))
    with closing(Keyring(keys_dir(world.settings))) as keys:
        done = replay(str(world.settings.bootstrap), Wish("csac", "mended_key", place=row["place"]), keys)
    assert (done.replayed, done.left) == ([], {row["place"]: "expired"})
    deadletters.show(row["place"])
    shown = orjson.loads(capsys.readouterr().out)
    assert (shown["state"], shown["event"], shown["bytes"]) == ("expired", None, 0)


def test_a_letter_that_waits_alone_with_its_event_id_is_called_by_it(world: KafkaWorld) -> None:
    [event_id] = misplaced(world, "called")
    row = listed(world, "csac")[event_id]
    assert row["rejected_at"] <= row["expires_at"]
    assert orjson.loads(run(world, "show", event_id).stdout)["place"] == row["place"]
    line = next(line for line in run(world, "list", "--partner", "csac").stdout.splitlines() if event_id in line)
    assert row["rejected_at"][:19] in line
    done = run(world, "replay", event_id, "--reason", "mended_key", "--dry-run")
    assert (done.returncode, done.stdout) == (0, "1 would be replayed\n"), done.stderr
    for words in (("show", NOBODYS), ("replay", NOBODYS, "--reason", "bug_fixed")):
        none = run(world, *words)
        assert (none.returncode, "no dead letter waits with this event id" in none.stderr) == (2, True)
    [again] = misplaced(world, "called", 1)
    assert again == event_id
    twice = run(world, "show", event_id)
    assert "say the place of one" in twice.stderr


def test_letters_are_listed_in_the_order_in_which_they_were_rejected(world: KafkaWorld) -> None:
    misplaced(world, "ordered", 12)
    found = orjson.loads(run(world, "list", "--json").stdout)["dead_letters"]
    assert len(found) >= 12
    assert [row["rejected_at"] for row in found] == sorted(row["rejected_at"] for row in found)


def test_a_place_where_nothing_is_may_have_expired(world: KafkaWorld) -> None:
    done = run(world, "show", "partner.csac.aid/0/999999")
    assert done.returncode == 2
    assert "there never was one, or it has expired" in done.stderr


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ((), "say one place, or all of a kind"),
        (("partner.csac.aid/0/1", "--code", "no_agreement", "--partner", "csac"), "say one place"),
        (("--code", "no_agreement", "--reason", "bug_fixed"), "say one place"),
        (("partner.csac.aid/0/1",), "--reason is one of mended_agreement"),
        (("partner.csac.aid/0/1", "--reason", "because"), "--reason is one of mended_agreement"),
        (("--code", "bad", "--partner", "csac", "--reason", "bug_fixed"), "no such code"),
        (("nowhere", "--reason", "bug_fixed"), "a place is as partner.csac.aid/0/17"),
        (("partner.csac.aid/0/999999", "--reason", "bug_fixed"), "no dead letter at"),
    ],
)
def test_what_cannot_be_asked_so_is_one_line_with_the_remedy(
    world: KafkaWorld, words: tuple[str, ...], remedy: str
) -> None:
    done = run(world, "replay", *words)
    assert done.returncode == 2
    assert remedy in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_a_terminal_nobody_is_asked_and_nothing_goes(world: KafkaWorld) -> None:
    [event_id] = misplaced(world, "asks")
    place = listed(world, "csac")[event_id]["place"]
    done = run(world, "replay", place, "--reason", "mended_key")
    assert done.returncode == 2
    assert "say --yes to replay" in done.stderr
    assert listed(world, "csac")[event_id]["state"] == "waiting"


def test_no_value_of_a_dead_letter_is_ever_printed(world: KafkaWorld) -> None:
    sent = sam.identity("csac", "secret", first_name="Zyxqvanna")._replace(key=b"another")
    world.publish_all(sent)
    place = listed(world, "csac")[sent.event_id]["place"]
    words = [("list",), ("show", place), ("replay", place, "--reason", "mended_key", "--dry-run", "--json")]
    said = [run(world, *some) for some in [*words, ("replay", place, "--reason", "mended_key", "--yes")]]
    assert all(done.returncode == 0 for done in said)
    assert not any(word in done.stdout + done.stderr for done in said for word in ("Zyxqvanna", sam.NUMBER, "Reyes"))


def test_a_partner_that_there_is_not_is_an_error_that_names_those_that_there_are(world: KafkaWorld) -> None:
    done = run(world, "list", "--partner", "nobody")
    assert done.returncode == 2
    assert done.stderr.startswith("throughline: no such partner; ")
    assert "csac" in done.stderr
