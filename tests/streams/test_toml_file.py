"""Whatever is in a TOML file is told in a line."""

from pathlib import Path

import pytest

from streams.toml_file import NotTomlError, parsed, read


def test_what_a_file_says_is_read_also_behind_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b'\xef\xbb\xbfname = "x"\n')
    assert read(tmp_path / "x.toml") == {"name": "x"}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"name = ", "Invalid value"),
        (b'name = "\xff"', "no UTF-8"),
        (b"name = " + b"9" * 5_000, "thousands of digits"),
        (b"day = 2026-02-30", "Invalid date"),
        (b"name = " + b"[" * 5_000, "nested too deep"),
        (b"name = " + b"{a = " * 5_000, "nested too deep"),
    ],
)
def test_what_is_no_toml_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(NotTomlError, match=why):
        parsed(raw)
