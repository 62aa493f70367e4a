"""Pages of the documentation as what can be run: their fenced blocks, the commands in them, and what those must print.

A ``console`` block holds commands behind ``$ ``, their further lines behind ``> ``, and what they print; ``…`` stands
for anything within a line, alone on a line for any lines. A comment above a fence marks it:

- ``<!-- file: NAME -->``: it is the content of a file, which is put beside the others before anything runs.
- ``<!-- run by: NAME -->``: it cannot run here; the make target or file of that name runs its commands.
- ``<!-- needs: MODULE, … -->``: it runs only where these can be imported.
"""

import importlib.util
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([a-z]*)$")
MARK = re.compile(r"^<!-- (file|run by|needs): (.+) -->$")
ANYTHING = "…"


@dataclass
class Command:
    """A command of a console block."""

    line: int
    """Of the page, from 1."""
    text: str
    shown: list[str] = field(default_factory=list)
    """What the page says that it prints; nothing: it says nothing of it."""


@dataclass
class Block:
    """A fenced block of a page."""

    line: int
    """Of its fence, from 1."""
    language: str
    mark: tuple[str, str] | None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines) + "\n"

    def marked(self, kind: str) -> str | None:
        """What a mark of this kind says."""
        return self.mark[1] if self.mark and self.mark[0] == kind else None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether it needs what cannot be imported here."""
        return any(importlib.util.find_spec(name) is None for name in (self.marked("needs") or "").split(", ") if name)


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a page, in its order."""
    found: list[Block] = []
    inside, before = False, ""
    for number, line in enumerate(text.splitlines(), 1):
        if inside and line != "```":
            found[-1].lines.append(line)
        elif inside:
            inside = False
        elif fence := FENCE.match(line):
            mark = MARK.match(before)
            found.append(Block(number, fence[1], (mark[1], mark[2]) if mark else None))
            inside = True
        before = line
    return found


def commands_in(block: Block) -> list[Command]:
    """The commands of a console block.

    Raises:
        ValueError: it begins with something else.
    """
    found: list[Command] = []
    for number, line in enumerate(block.lines, block.line + 1):
        if line.startswith("$ "):
            found.append(Command(number, line[2:]))
        elif not found:
            raise ValueError(f"line {number}: a console block begins with a command, behind $")
        elif line.startswith("> ") and not found[-1].shown:
            found[-1].text += "\n" + line[2:]
        else:
            found[-1].shown.append(line)
    return found


def first_wrong(shown: list[str], said: list[str]) -> str | None:
    """The first shown line that is not as said, or what was said beyond them; None: all is as shown."""
    text = "".join(f"{line.rstrip()}\n" for line in said)
    pattern, reached = "", 0
    for line in shown:
        pattern += _pattern(line)
        match = re.match(pattern, text)
        if match is None:
            rest = text[reached:].splitlines()[:3]
            return f"shown {line!r}, said {rest}"
        reached = match.end()
    return None if re.fullmatch(pattern, text) else f"said beyond what is shown: {text[reached:].splitlines()[:3]}"


def _pattern(line: str) -> str:
    """A shown line as a regular expression of one line, or of any number of them."""
    if line.strip() == ANYTHING:
        return r"(?:.*\n)*?"
    return ".*?".join(re.escape(part) for part in line.rstrip().split(ANYTHING)) + r"\n"


def not_run_by(block: Block) -> list[str]:
    """Commands of a block that is run elsewhere which are not in what is said to run them."""
    named = block.marked("run by") or ""
    source = _words(_source(named))
    return [command.text for command in commands_in(block) if not any(w in source for w in _ways(command.text))]


def _source(name: str) -> str:
    """Text of a file; of a make target its recipe, and the script that it runs.

    Raises:
        ValueError: there is no such target.
    """
    if not name.startswith("make "):
        return (ROOT / name).read_text(encoding="utf-8")
    recipe = recipe_of(name.removeprefix("make "))
    scripts = re.findall(r"\S+\.(?:py|sh)\b", recipe)
    return "\n".join([recipe, *((ROOT / script).read_text(encoding="utf-8") for script in scripts)])


def recipe_of(target: str) -> str:
    """What a make target does.

    Raises:
        ValueError: there is no such target.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(target)}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    if found is None:
        raise ValueError(f"no target {target} in the Makefile")
    return found[1]


def _ways(command: str) -> list[str]:
    """How a command may stand in what runs it, as words."""
    bare = re.sub(r"\s+#.*$|\s*<\S+$", "", command).removeprefix(".venv/bin/")
    bare = re.sub(r"^docker[ -]compose ", "", bare)
    ways = [bare]
    if bare.startswith("make "):
        last = recipe_of(bare.removeprefix("make ")).splitlines()[-1].strip().lstrip("@")
        ways.append(re.sub(r"^.*\$\(BIN\)/(python )?", "", last))
    asked = [way.removeprefix("throughline ") for way in ways if way.startswith("throughline ")]
    ways += [f"{how} {words}" for words in asked for how in ("m deploy", "throughline data_dir")]
    ways += [f"script {Path(way).stem}" for way in ways if way.endswith(".py")]
    if " serve throughline sign-in " in bare:
        ways.append(bare.rpartition(" ")[0])  # of whichever user
    return [_words(way) for way in ways]


def _words(text: str) -> str:
    """Words as they are in a shell's line, whether they stand in one or in a list of Python's."""
    return " ".join(re.sub(r"""[\s"',()\[\]]+|\s-(?=m\s)""", " ", text).split())
