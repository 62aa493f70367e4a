"""What the portal reads from files: fresh where a file changes, as it was where one cannot be read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.worlds import SHIPPED

from deploy import portal_files
from deploy.portal_files import Fresh, FreshMapping, FreshSequence
from portal.sign_in import Sessions, Spent
from streams.errors import ThroughlineError
from streams.settings import Settings

USER = '[[users]]\nid = "{0}"\nname = "{0}"\nrecipient = "r"\n'


class Clock:
    """Seconds, as a test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """What it is."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of all that is fresh."""
    made = Clock()
    monkeypatch.setattr(Fresh.__init__, "__defaults__", (made,))
    return made


def later(clock: Clock, change: Callable[[], object]) -> None:
    """Change something, and look again after a while."""
    change()
    clock.now += portal_files.LOOK_SECONDS


def test_a_user_who_comes_is_let_in_and_one_who_goes_is_out_without_a_restart(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "users.toml"
    users = FreshMapping(portal_files.users(path))
    sessions = Sessions("k" * 32, users, Spent())
    assert dict(users) == {}
    later(clock, lambda: path.write_text(USER.format("a")))
    cookie = sessions.begin("a", 0, 0)
    assert (list(users), sessions.find(cookie, 0) is None) == (["a"], False)
    later(clock, lambda: path.write_text(USER.format("bb")))
    assert (list(users), sessions.find(cookie, 0)) == (["bb"], None)
    later(clock, path.unlink)
    assert len(users) == 0


def test_a_file_that_cannot_be_read_leaves_what_was_and_is_taken_when_mended(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "users.toml"
    path.write_text(USER.format("a"))
    users = FreshMapping(portal_files.users(path))
    later(clock, lambda: path.write_text("[[users]]\nid = 'b'\n"))
    assert list(users) == ["a"]
    later(clock, lambda: path.write_text(USER.format("b")))
    assert list(users) == ["b"]
    path.write_text("[[users]]\nid = 'b'\n")
    with pytest.raises(ThroughlineError, match=r"users\.toml: user 1"):
        portal_files.users(path)


def test_files_are_looked_at_no_more_than_once_in_a_while(tmp_path: Path, clock: Clock) -> None:
    reads, path = list[str](), tmp_path / "x"
    path.write_text("1")
    fresh = Fresh(lambda: reads.append(path.read_text()) or reads[-1], lambda: [path], clock)
    path.write_text("22")
    assert fresh() == "1"
    clock.now += portal_files.LOOK_SECONDS
    assert [fresh() for _ in range(3)] == ["22"] * 3
    assert reads == ["1", "22"]


def test_an_agreement_that_comes_makes_its_party_known(tmp_path: Path, clock: Clock) -> None:
    shutil.copy(SHIPPED / "mou-csac.toml", tmp_path)
    there = portal_files.taking_part(Settings(agreements_dir=tmp_path))
    pairs, recipients = FreshSequence(lambda: there().pairs), FreshSequence(lambda: there().recipients)
    names = FreshMapping(lambda: there().names)
    assert (list(pairs), list(recipients), list(names)) == ([("csac", "aid"), ("csac", "identity")], [], ["csac"])
    for name in ("mou-edd", "dsa-csu-advising"):
        later(clock, lambda name=name: shutil.copy(SHIPPED / f"{name}.toml", tmp_path))  # type: ignore[misc]
    assert (pairs[2], len(pairs), list(recipients)) == (("edd", "employment"), 3, ["csu_advising"])
    assert names["edd"] == "Employment Development Department"
    later(clock, lambda: (tmp_path / "mou-edd.toml").write_text("half"))
    assert "edd" in names
