"""Zips: read where they are, with limits; a zip of interchanges is the folder of them."""

import zipfile
from pathlib import Path

import pytest
from support.rosters import ONE_2, zip_of
from support.sets import looked_at

from partners.district import surveyed
from partners.formats import FileError, archive

STUDENT = "<Student><StudentUniqueId>604821</StudentUniqueId></Student>"
XML = f'<InterchangeStudent xmlns="http://ed-fi.org/5.2.0">{STUDENT}<School/></InterchangeStudent>'


def zipped(path: Path, files: dict[str, bytes | str], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    """An archive."""
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def test_a_zip_of_interchanges_is_read_as_the_folder_is(tmp_path: Path) -> None:
    outcome = looked_at(zipped(tmp_path / "export.zip", {"a/Student.xml": XML, "a/b/c.XML": XML}))
    assert (outcome.rows, outcome.total("valid"), outcome.reference) == (4, 2, 2)


def test_a_set_may_lie_in_a_folder_of_its_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(zip_of(tmp_path / "a.zip", ONE_2)) as source:
        files = {f"export/{name}": source.read(name) for name in source.namelist()}
    place = zipped(tmp_path / "b.zip", files)
    assert looked_at(place).total("valid") == 4


def test_a_file_without_a_name_is_left_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"Student.xml": XML, "x": "y"})
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 46] = content[content.rindex(b"PK\x03\x04") + 30] = 0  # its name ends there
    path.write_bytes(content)
    assert looked_at(path).rows == looked_at(zipped(tmp_path / "b.zip", {"Student.xml": XML})).rows


def test_zips_in_a_zip_and_other_files_are_left_out(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"Student.xml": XML}).read_bytes()
    place = zipped(tmp_path / "outer.zip", {"Student.xml": XML, "inner.zip": inner, "readme.txt": "x", "a/": ""})
    with surveyed(place) as district:
        assert sorted(district.left_out) == ["inner.zip", "readme.txt"]
        assert district.families == ["identity"]


def test_names_that_point_elsewhere_are_names_and_nothing_is_written(tmp_path: Path) -> None:
    place = zipped(tmp_path / "a.zip", {"../../evil.xml": XML, "/abs.xml": XML})
    before = sorted(tmp_path.rglob("*"))
    assert looked_at(place).total("valid") == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_that_grows_beyond_measure_is_refused_unread(tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "bomb.zip", {"Student.xml": bytes(archive.FREE_BYTES + 1)})
    with pytest.raises(FileError, match="200 times as large"), surveyed(bomb):
        pass


def test_a_small_file_may_shrink_to_however_little(tmp_path: Path) -> None:
    place = zipped(tmp_path / "a.zip", {"Student.xml": XML + " " * 1_000_000})
    assert place.stat().st_size * archive.MOST_RATIO < len(XML) + 1_000_000
    assert looked_at(place).total("valid") == 1


def test_an_archive_of_very_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 3)
    crowd = zipped(tmp_path / "crowd.zip", {f"{n}.xml": XML for n in range(4)})
    with pytest.raises(FileError, match="more than 3 files"), surveyed(crowd):
        pass


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path / "a.zip", {"Student.xml": XML}).read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= archive.ENCRYPTED  # the flags in the directory
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FileError, match="encrypted"), surveyed(tmp_path / "a.zip"):
        pass


def test_ways_to_compress_that_are_not_usual_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match="deflate"),
        surveyed(zipped(tmp_path / "a.zip", {"Student.xml": XML}, zipfile.ZIP_LZMA)),
    ):
        pass


@pytest.mark.parametrize("cut", [0, 10, 100, -40, -1])
def test_a_damaged_archive_is_refused_whatever_is_gone(tmp_path: Path, cut: int) -> None:
    content = zipped(tmp_path / "a.zip", {"Student.xml": XML}).read_bytes()
    (tmp_path / "a.zip").write_bytes(content[:cut] if cut else b"")
    with pytest.raises(FileError, match="no zip, or a damaged one"), surveyed(tmp_path / "a.zip"):
        pass


@pytest.mark.parametrize(
    ("signature", "at", "new"),
    [
        (b"PK\x01\x02", 6, b"\x7f\x00"),
        (b"PK\x01\x02", 8, b"\x20\x00"),
        (b"PK\x01\x02", 42, b"\xff\xff\xff\xff"),
        (b"PK\x05\x06", 16, b"\xff\xff\xff\x7f"),
        (b"PK\x05\x06", 12, b"\xff\xff\xff\x7f"),
    ],
    ids=[
        "a later version",
        "patched",
        "begins elsewhere",
        "listed elsewhere",
        "a long list",
    ],
)
def test_an_archive_that_says_what_cannot_be_is_refused(tmp_path: Path, signature: bytes, at: int, new: bytes) -> None:
    path = zip_of(tmp_path / "set.zip", ONE_2)
    raw = path.read_bytes()
    place = raw.index(signature) + at
    path.write_bytes(raw[:place] + new + raw[place + len(new) :])
    with pytest.raises(FileError, match=r"set\.zip is no zip, or a damaged one"):
        looked_at(path)


def test_a_file_in_it_whose_bytes_are_others_is_found_before_anything_is_sent(tmp_path: Path) -> None:
    content = bytearray(zip_of(tmp_path / "a.zip", ONE_2).read_bytes())
    place = content.index(b"users.csv") + 60
    content[place] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(FileError, match="damaged"), surveyed(tmp_path / "a.zip"):
        pass


def test_a_name_that_is_no_text_is_that_of_a_damaged_archive(tmp_path: Path) -> None:
    content = zipped(tmp_path / "a.zip", {"é.xml": XML}).read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace("é".encode(), b"\xff\xff"))
    with pytest.raises(FileError, match="damaged"), surveyed(tmp_path / "a.zip"):
        pass
