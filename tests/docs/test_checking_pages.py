"""The checker of pages itself: it reads blocks as a reader does, and finds what is not as shown."""

import os
import sys
from pathlib import Path

import pytest
from support.pages import Block, blocks_of, commands_in, first_wrong, not_run_by
from support.terminal import Terminal

PAGE = """Text.

<!-- file: a.txt -->
```text
one
```

```console
$ cat a.txt
one
$ NAME=two
$ echo one \\
> "$NAME"
one two
```
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path, {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"})


def run(terminal: Terminal, page: str) -> list[str]:
    return [fault for block in blocks_of(page) for fault in terminal.run(block)]


def console(*lines: str, mark: str = "") -> str:
    return "\n".join([mark, "```console", *lines, "```", ""])


def test_a_page_that_is_right_has_no_fault(terminal: Terminal) -> None:
    assert run(terminal, PAGE) == []
    assert [c.line for c in commands_in(blocks_of(PAGE)[1])] == [9, 11, 12]


def test_a_wrong_line_of_output_is_found_with_its_place(terminal: Terminal) -> None:
    [fault] = run(terminal, console("$ printf 'one\\ntwo\\n'", "one", "three"))
    assert fault == "line 3: shown 'three', said ['two']"


def test_output_beyond_what_is_shown_is_found(terminal: Terminal) -> None:
    [fault] = run(terminal, console("$ printf 'one\\ntwo\\n'", "one"))
    assert "beyond what is shown: ['two']" in fault


def test_output_that_does_not_come_is_found(terminal: Terminal) -> None:
    assert run(terminal, console("$ true", "one")) == ["line 3: shown 'one', said []"]


def test_a_command_that_fails_is_found_also_where_no_output_is_shown(terminal: Terminal) -> None:
    [first, second] = run(terminal, console("$ (exit 3)", "$ true", "$ no-such-command"))
    assert "line 3: exit code 3" in first
    assert "line 5: exit code 127" in second


def test_a_program_that_fails_is_found(terminal: Terminal) -> None:
    assert run(terminal, "\n```python\nassert 1 == 1\n```\n") == []
    [fault] = run(terminal, "\n```python\nassert 1 == 2\n```\n")
    assert "AssertionError" in fault


def test_commands_after_one_that_ends_the_shell_are_found_not_run(terminal: Terminal) -> None:
    assert run(terminal, console("$ true", "$ exit 0", "$ true")) == [
        "line 4: did not come to its end",
        "line 5: did not come to its end",
    ]


def test_what_is_exported_lives_on_in_later_blocks_and_programs(terminal: Terminal) -> None:
    program = "\n```python\nimport os\nassert os.environ['NAME'] == 'a b'\n```\n"
    assert run(terminal, console("$ export NAME='a b'") + program + console('$ echo "$NAME"', "a b")) == []


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        (["a … c"], ["a b c"], True),
        (["a … c"], ["a b d"], False),
        (["a … c"], ["a b", "c"], False),
        (["…", "c"], ["a", "b", "c"], True),
        (["…", "c"], ["c"], True),
        (["a", "…"], ["a"], True),
        (["a", "…", "c"], ["a", "b"], False),
        (["a.c"], ["abc"], False),
        (["a"], ["a  "], True),
    ],
)
def test_an_ellipsis_is_anything_in_a_line_and_alone_any_lines(shown: list[str], said: list[str], fits: bool) -> None:  # noqa: FBT001  # a column of the table
    assert (first_wrong(shown, said) is None) == fits


def marked(mark: str, *lines: str) -> Block:
    [block] = blocks_of(console(*lines, mark=f"<!-- run by: {mark} -->"))
    return block


def test_what_is_run_elsewhere_must_stand_there() -> None:
    assert (
        not_run_by(marked("make test-compose", "$ docker compose up --detach", "$ docker-compose restart serve")) == []
    )
    assert not_run_by(marked("make test-compose", "$ docker compose up --force")) == ["docker compose up --force"]
    assert not_run_by(marked(".ci/run", "$ make test")) == []
    assert not_run_by(marked(".ci/run", "$ make bench")) == ["make bench"]
    assert not_run_by(marked("tests/deploy/test_demo.py", "$ make demo", "$ throughline clean")) == []
    assert not_run_by(marked("tests/proofs/test_chaos.py", "$ make chaos  # a comment")) == []
    assert not_run_by(marked("tests/proofs/test_chaos.py", "$ make withdrawal-test")) == ["make withdrawal-test"]


def test_a_proof_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="no target dance"):
        not_run_by(marked("make dance", "$ true"))
    with pytest.raises(FileNotFoundError):
        not_run_by(marked("tests/no_such_file.py", "$ true"))


def test_a_block_begins_with_a_command() -> None:
    [block] = blocks_of(console("one", "$ echo one"))
    with pytest.raises(ValueError, match="line 3: a console block begins with a command"):
        commands_in(block)
