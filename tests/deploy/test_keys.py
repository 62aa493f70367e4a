"""``throughline keys``: what it tells, and that it shows no key."""

import shutil
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from support.commands import throughline

from streams.keyring import Keyring, read_or_make_secret


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """One with three keys, of which one is erased."""
    made = tmp_path / "data"
    read_or_make_secret(made / "secrets" / "pseudonym.key")
    with closing(Keyring(made / "keys")) as ring:
        for key_id in ("a", "b", "gone"):
            ring.find_or_make(key_id)
        ring.flush()
        ring.erase(["gone"])
    return made


def test_keys_are_counted_backed_up_and_put_back(data_dir: Path, tmp_path: Path) -> None:
    assert throughline(data_dir, "keys", "show").stdout == "2 keys, 1 erased\n"
    folder = tmp_path / "backup"
    assert throughline(data_dir, "keys", "backup", str(folder)).stdout == f"2 keys copied to {folder}\n"
    done = throughline(data_dir, "keys", "backup", str(folder))
    assert (done.returncode, done.stderr) == (
        2,
        f"throughline: {folder} is not empty: name a new folder for each backup\n",
    )
    shutil.rmtree(data_dir)
    told = throughline(data_dir, "keys", "restore", str(folder)).stdout
    assert told == "2 keys were missing and are back, 0 stay erased\nput back: pseudonym.key\n"
    told = throughline(data_dir, "keys", "restore", str(folder), "--json").stdout
    assert orjson.loads(told) == {"added": 0, "left_out": 0, "secrets": []}
    assert orjson.loads(throughline(data_dir, "keys", "show", "--json").stdout) == {"keys": 2, "erased": 1}


def test_where_there_are_no_keys_it_says_where_to_run_it(tmp_path: Path) -> None:
    for words in (("show",), ("backup", str(tmp_path / "backup"))):
        done = throughline(tmp_path / "nowhere", "keys", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "there are no keys in this data directory: run this where the workers run" in done.stderr
    assert not (tmp_path / "nowhere").exists()
