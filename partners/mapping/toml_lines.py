"""Where a key stands in a TOML file, which the standard library's parser does not tell."""

import re

HEADER = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"""\s*(?P<name>"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*[=.]""")


def line_of(text: str, table: str, key: str | None) -> int:
    """Number of the line, from 1, where a key of a table is said; of the table's own where the key is not to be found.

    Args:
        text: of the file.
        table: its name as its header has it; empty: the top of the file.
        key: of the table; None: the table itself.
    """
    inside, header = table == "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if found := HEADER.match(line):
            name = found["name"].replace('"', "").replace("'", "")
            if key is not None and name == (f"{table}.{key}" if table else key):
                return number
            inside = name == table
            header = number if inside else header
        elif inside and key is not None and (said := KEY.match(line)) and said["name"].strip("\"'") == key:
            return number
    return header
