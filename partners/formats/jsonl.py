"""JSON lines: one object with envelope and body a line, UTF-8."""

from collections.abc import Iterator

import orjson

from partners.formats.reading import Bad, Code, Cursor, Document, Found
from partners.formats.sources import Source

MAX_LINE_BYTES = 1_000_000
BOM = b"\xef\xbb\xbf"


def documents(path: Source, family: str, cursor: Cursor | None = None) -> Iterator[Found]:
    """Every line that is not blank.

    Args:
        path: of the file.
        family: of the rows; nothing here depends on it.
        cursor: where to begin, and how far it has come.

    Raises:
        OSError: the file cannot be read.
    """
    del family
    with path.open("rb") as lines:
        cursor = cursor or Cursor()
        number, offset = cursor.start or (0, 0)
        lines.seek(offset)
        cursor.mark = lambda: (number, lines.tell())
        while line := lines.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := lines.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    continue
                yield Bad(number, Code.TOO_LARGE)
            elif text := line.removeprefix(BOM if number == 1 else b"").strip():
                yield _document(number, text)
        cursor.mark = None


def _document(number: int, text: bytes) -> Found:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Bad(number, Code.NOT_JSON)
    return Document(number, content) if isinstance(content, dict) else Bad(number, Code.NOT_AN_OBJECT)
