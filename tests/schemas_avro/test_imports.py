"""What the pure packages may need: so little that a partner or a test can take them alone."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARIES = {"pydantic", "pydantic_core", "pyarrow", "pyruhvro", "fastavro", "orjson", "cryptography", "avro"}
COMPARING = {"numpy", "rapidfuzz", "nicknames"}
"""What records are compared with (decision 0008)."""
ALLOWED = {"schemas_avro": {"schemas_avro"}, "processors": {"processors", "schemas_avro", *COMPARING}}
"""What each of the two may import beside that."""
BY_NAME = {"__import__", "import_module"}
"""Ways of importing that no one reads off the tree."""


def needed(source: str) -> Iterator[str]:
    """Top-level packages that a module imports, wherever in it; a way of importing by name counts as one."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name.split(".")[0] for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case ast.ImportFrom(level=level) if level > 0:
                yield "a relative import"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in BY_NAME:
                yield name


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
import os.path, duckdb
from confluent_kafka.admin import AdminClient
from . import sibling
def late():
    from structlog import get_logger
    importlib.import_module("time")
    __import__("random")
"""
    assert sorted(needed(source)) == [
        "__import__", "a relative import", "confluent_kafka", "duckdb", "import_module", "os", "structlog",
    ]  # fmt: skip


@pytest.mark.parametrize("package", ALLOWED)
def test_contract_and_decisions_need_the_standard_library_and_few_others(package: str) -> None:
    allowed = sys.stdlib_module_names | LIBRARIES | ALLOWED[package]
    modules = sorted((ROOT / package).rglob("*.py"))
    assert len(modules) > 5
    found = {str(path.relative_to(ROOT)): sorted(set(needed(path.read_text())) - allowed) for path in modules}
    assert {path: strangers for path, strangers in found.items() if strangers} == {}
