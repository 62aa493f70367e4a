"""What else may lie in a folder or archive: nothing hangs, nothing is lost without a word, nothing counts twice."""

import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from support.sets import AS_OF, looked_at

from deploy.commands.publish import told_of_files
from deploy.publish.asked import Asked
from deploy.publish.district import publish_place
from partners.district import publish_district, surveyed
from partners.formats import FileError

PERSON = "<Student><StudentUniqueId>604821</StudentUniqueId></Student>"
XML = f"<InterchangeStudent>{PERSON}<School/></InterchangeStudent>"


def left_out(place: Path) -> list[str]:
    """Names of what is none of a set."""
    with surveyed(place) as district:
        return sorted(district.left_out)


def test_pipes_links_to_folders_and_to_nothing_are_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "Student.xml").write_text(XML)
    os.mkfifo(tmp_path / "pipe.xml")
    (tmp_path / "gone.xml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "itself.xml").symlink_to(tmp_path / "itself.xml")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "Other.xml").symlink_to(tmp_path / "Student.xml")
    outcome = looked_at(tmp_path)
    assert (outcome.rows, outcome.total("valid"), outcome.reference) == (4, 2, 2)
    assert left_out(tmp_path) == ["gone.xml", "itself.xml", "loop", "pipe.xml"]


def test_a_folder_that_cannot_be_looked_into_stops_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Student.xml").write_text(XML)
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refusing(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(FileError, match="cannot be read \\(Permission denied\\)"):
        publish_place(tmp_path, Asked("lea_grand_bend", AS_OF), lambda _: nullcontext("lea_grand_bend"))


def test_an_empty_folder_has_nothing_to_publish(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no Ed-Fi interchange"):
        looked_at(tmp_path)


@pytest.mark.parametrize("name", ["a\nb.xml", "ä.xml", "a b.XML", "-x.xml", "..xml.xml"[2:], "'; drop.xml"])
def test_a_file_may_be_called_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(XML)
    assert looked_at(tmp_path).rows == 2


def test_files_of_one_name_in_a_zip_are_each_read_once(tmp_path: Path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("Student.xml", XML)
        archive.writestr("Student.xml", XML.replace("604821", "604822"))
    ids: list[str] = []
    with surveyed(tmp_path / "a.zip") as district:
        outcome = publish_district(
            district, AS_OF, "lea_grand_bend", lambda _: nullcontext(), on_event=lambda *event: ids.append(event[3])
        )
    assert (outcome.rows, outcome.total("valid"), len(set(ids))) == (4, 2, 2)


def test_a_file_that_vanishes_before_it_is_sent_ends_in_one_line(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(XML)

    def sending(_: list[str]) -> nullcontext[str]:
        (tmp_path / "b.xml").unlink()
        return nullcontext("lea_grand_bend")

    gone = r"b\.xml cannot be read \(No such file or directory\)"
    with pytest.raises(FileError, match=gone), told_of_files(tmp_path):
        publish_place(tmp_path, Asked("lea_grand_bend", AS_OF), sending)
