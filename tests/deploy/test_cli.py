"""What goes wrong is said in one line, with the remedy; exit codes are as documented."""

import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer
from support.commands import environment, throughline

from deploy.cli import app_of
from schemas_avro.version import VERSION

AGREEMENT = """
agreement_id = "dsa-x"
version = 1
tier = "dsa"
title = "X"
party = "x"
purpose = "transfer_advising"
citation = "none"
effective_from = 2024-07-01
[[grants]]
partner_id = "ccc"
family = "enrollment"
groups = ["core"]
"""
MOU = """
agreement_id = "mou-x"
version = 1
tier = "mou"
title = "X"
party = "x"
citation = "none"
effective_from = 2024-07-01
families = ["identity", "enrollment"]
"""
SLIM = """
import sys

class Slim:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"duckdb", "rocksdict", "psutil", "httpx"}:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Slim())
from deploy.cli import main
main()
"""
"""The program, where libraries that a slim install leaves out are not there."""
NO_BROKER = "127.0.0.1:1"
SOON_SECONDS = 13.0
"""7 for the broker, and the start of a process on a busy machine."""


def the_line(done: object) -> str:
    """The one line on standard error.

    Raises:
        ValueError: there are more, or none.
    """
    [line] = str(getattr(done, "stderr", "")).strip().split("\n")
    return line


def test_no_arguments_lists_the_commands(tmp_path: Path) -> None:
    done = throughline(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "demo" in done.stderr


def test_the_version_is_told_in_a_line(tmp_path: Path) -> None:
    done = throughline(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"throughline {VERSION}\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("topics",),
        ("agreements",),
        ("deadletters",),
        ("schemas",),
        ("config",),
        ("identity",),
        ("consent",),
        ("consent", "order"),
    ],
)
def test_help_cuts_nothing_off_at_eighty_columns(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = throughline(tmp_path, *words, "--help", COLUMNS="80").stdout
    assert "Commands:" in said
    assert not [line for line in said.splitlines()[1:] if line.endswith("...")]
    assert max(map(len, said.splitlines())) <= 80


def test_each_example_of_a_help_has_a_line_of_its_own(tmp_path: Path) -> None:
    said = throughline(tmp_path, "publish", "--help", COLUMNS="80").stdout
    assert said.count("Example: ") == said.count("\n\n  Example: ") == 3


def test_no_help_runs_its_examples_together() -> None:
    def texts(command: object) -> Iterator[str]:
        yield getattr(command, "help", None) or ""
        for inner in getattr(command, "commands", {}).values():
            yield from texts(inner)

    for text in texts(typer.main.get_command(app_of())):
        assert text.count("Example: ") == text.count("\n\nExample: "), text


@pytest.mark.parametrize("words", [("status", "--json"), ("deadletters", "list", "--partner", "csac"), ("serve",)])
def test_a_command_that_a_slim_install_leaves_out_says_that_whatever_is_asked_of_it(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SLIM, *words],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert the_line(done).startswith(f"throughline: {words[0]} needs ")
    assert the_line(done).endswith("after `make setup`")


def test_agreements_are_listed_with_what_each_covers(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(AGREEMENT)
    (tmp_path / "b.toml").write_text(MOU)
    said = throughline(tmp_path, "agreements", "list", THROUGHLINE_AGREEMENTS_DIR=str(tmp_path)).stdout
    assert "enrollment of ccc" in said
    assert "identity, enrollment" in said


def test_an_unknown_setting_is_an_error_that_names_it(tmp_path: Path) -> None:
    done = throughline(tmp_path, "topics", "list", THROUGHLINE_BOOTSTRP="x")
    assert done.returncode == 2
    assert "unknown setting THROUGHLINE_BOOTSTRP" in the_line(done)


def test_an_unusable_setting_is_named_and_its_value_is_not_shown(tmp_path: Path) -> None:
    done = throughline(tmp_path, "topics", "list", THROUGHLINE_PORTAL_PORT="s3cret")
    assert done.returncode == 2
    assert "THROUGHLINE_PORTAL_PORT" in the_line(done)
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("words", [("worker", "resolve"), ("serve",), ("explain", "x"), ("topics", "create")])
def test_without_a_broker_the_remedy_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = throughline(tmp_path, *words, THROUGHLINE_PORTAL_PORT="0")
    assert done.returncode == 2
    assert "make demo" in the_line(done)


@pytest.mark.parametrize("address", ["kafka", "kafka:", "kafka:9092,", "http://kafka:9092", "a b:1"])
def test_an_address_that_is_not_host_and_port_is_refused_before_anybody_waits(tmp_path: Path, address: str) -> None:
    done = throughline(tmp_path, "topics", "create", THROUGHLINE_BOOTSTRAP=address)
    assert done.returncode == 2
    assert "THROUGHLINE_BOOTSTRAP" in the_line(done)
    assert address not in done.stderr


def test_an_unknown_worker_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = throughline(tmp_path, "worker", "resolv")
    assert done.returncode == 2
    assert the_line(done) == "throughline: no worker is called resolv; there are resolve, consent, signals, sink"


def test_a_broken_agreement_is_named_by_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(AGREEMENT.replace('"core"', '"core", "secret"'))
    done = throughline(tmp_path, "agreements", "list", THROUGHLINE_AGREEMENTS_DIR=str(tmp_path))
    assert done.returncode == 2
    assert the_line(done).startswith("throughline: a.toml is no agreement: grants.0")


def test_an_agreement_that_is_no_text_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(AGREEMENT.encode() + b"\xff")
    done = throughline(tmp_path, "agreements", "list", THROUGHLINE_AGREEMENTS_DIR=str(tmp_path))
    assert done.returncode == 2
    assert the_line(done) == "throughline: a.toml is not TOML: it is no UTF-8; save it as that"


def test_two_agreements_over_one_thing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(AGREEMENT)
    (tmp_path / "b.toml").write_text(AGREEMENT.replace("dsa-x", "dsa-y"))
    done = throughline(tmp_path, "agreements", "list", THROUGHLINE_AGREEMENTS_DIR=str(tmp_path))
    assert (
        the_line(done) == "throughline: agreements overlap: dsa-x and dsa-y both cover ccc enrollment; keep one of them"
    )


def test_an_empty_agreements_folder_is_an_error(tmp_path: Path) -> None:
    done = throughline(tmp_path, "agreements", "list", THROUGHLINE_AGREEMENTS_DIR=str(tmp_path))
    assert "THROUGHLINE_AGREEMENTS_DIR" in the_line(done)


def test_a_taken_port_is_said_with_the_setting_that_changes_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = throughline(tmp_path, "serve", THROUGHLINE_PORTAL_PORT=port, THROUGHLINE_BOOTSTRAP=NO_BROKER)
    assert done.returncode == 2
    assert f"port {port} is taken" in the_line(done)
    assert "THROUGHLINE_PORTAL_PORT" in the_line(done)


def test_the_portal_listens_on_loopback_only(tmp_path: Path) -> None:
    done = throughline(tmp_path, "serve", THROUGHLINE_PORTAL_HOST="192.0.2.1", THROUGHLINE_BOOTSTRAP=NO_BROKER)
    assert "loopback only" in the_line(done)


def test_sign_in_of_an_unknown_user_is_refused(tmp_path: Path) -> None:
    done = throughline(tmp_path, "sign-in", "nobody")
    assert done.returncode == 2
    assert "no such user" in the_line(done)


def test_data_of_another_format_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("99")
    done = throughline(tmp_path, "demo", "--people", "100")
    assert done.returncode == 2
    assert "make clean" in the_line(done)


def test_publishing_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = throughline(tmp_path, "publish", str(tmp_path / "none.jsonl"), "--partner", "csac", "--family", "aid")
    assert done.returncode == 2
    assert "none.jsonl" in the_line(done)


WRITING = [
    ("worker", "resolve"), ("worker", "signals"), ("serve",), ("demo", "--people", "100"),
    ("demo", "--once", "--people", "100"),
]  # fmt: skip
"""Commands that make the data directory."""


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
@pytest.mark.parametrize("where", ["under a file", "on a file system that takes nothing"])
def test_a_data_directory_that_cannot_be_made_is_one_line_with_the_remedy(
    tmp_path: Path, words: tuple[str, ...], where: str
) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data" if where == "under a file" else Path("/sys/kernel/throughline")
    done = throughline(folder, *words, THROUGHLINE_BOOTSTRAP=NO_BROKER, THROUGHLINE_PORTAL_PORT="0")
    assert done.returncode == 2, done.stderr
    assert the_line(done).endswith("set THROUGHLINE_DATA_DIR to a folder that this user may write to")
    assert str(folder.parent) in the_line(done)


@pytest.mark.parametrize("words", ["status", "clean", "config show", "sign-in nobody", "topics list", "doctor"])
def test_commands_that_only_look_take_a_data_directory_that_cannot_be_made_for_an_empty_one(
    tmp_path: Path, words: str
) -> None:
    (tmp_path / "file").write_text("")
    done = throughline(tmp_path / "file" / "data", *words.split(), THROUGHLINE_PORTAL_PORT="0")
    assert done.returncode in {0, 1, 2}
    assert "a bug" not in done.stderr
    assert ("THROUGHLINE_DATA_DIR to a folder that" in done.stdout) == (words == "doctor")


def test_cleaning_what_is_not_there_is_fine(tmp_path: Path) -> None:
    assert throughline(tmp_path / "none", "clean").returncode == 0


NEED_IT = [
    "agreements activate",
    "agreements reissue csu_advising",
    "topics create",
    "deadletters list",
    "signals reset",
    "deadletters replay partner.csac.aid/0/1 --reason bug_fixed",
    "explain 4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31",
]
LOOK = {"status": 1, "doctor": 1, "topics list": 0}


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> dict[str, subprocess.CompletedProcess[str]]:
    """What commands say of a broker that is away, by their words; each waits for it, so they are run at once."""

    def ran(words: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path_factory.mktemp("away")
        return throughline(folder, *words.split(), THROUGHLINE_BOOTSTRAP=NO_BROKER, THROUGHLINE_PORTAL_PORT="0")

    commands = [*NEED_IT, *LOOK]
    with ThreadPoolExecutor(len(commands)) as pool:
        return dict(zip(commands, pool.map(ran, commands), strict=True))


@pytest.mark.parametrize("command", NEED_IT)
def test_a_command_that_needs_the_broker_says_in_one_line_that_it_is_away(
    away: dict[str, subprocess.CompletedProcess[str]], command: str
) -> None:
    done = away[command]
    assert done.returncode == 2
    assert the_line(done).startswith("throughline: the broker does not answer")
    assert "THROUGHLINE_BOOTSTRAP" in done.stderr


def test_somebody_who_listens_and_says_nothing_is_waited_for_no_longer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        done = throughline(tmp_path, "topics", "create", THROUGHLINE_BOOTSTRAP=f"127.0.0.1:{mute.getsockname()[1]}")
        assert time.monotonic() - began < SOON_SECONDS
    assert the_line(done).startswith("throughline: the broker does not answer")


@pytest.mark.parametrize(("words", "told"), [(["topics", "create"], 1), (["topics", "create", "--json"], 0)])
def test_a_person_at_a_terminal_is_told_what_is_waited_for_and_a_program_is_not(
    tmp_path: Path, words: list[str], told: int
) -> None:
    ours, theirs = pty.openpty()
    env = environment(tmp_path, THROUGHLINE_BOOTSTRAP="127.0.0.1:1")
    with subprocess.Popen([sys.executable, "-m", "deploy", *words], env=env, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        process.wait(60)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert said.count("waiting for the broker at 127.0.0.1:1\r\n") == told
    assert said.count("the broker does not answer") == 1


@pytest.mark.parametrize(("command", "code"), LOOK.items())
def test_of_a_broker_that_is_away_kafkas_client_says_nothing_itself(
    away: dict[str, subprocess.CompletedProcess[str]], command: str, code: int
) -> None:
    done = away[command]
    assert (done.returncode, done.stderr) == (code, "")
    assert ("does not answer on 127.0.0.1:1" in done.stdout) == (code == 1)
