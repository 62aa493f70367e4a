"""A reader's terminal: runs the blocks of a page for real, and says what is not as the page shows."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from support.pages import Block, Command, commands_in, first_wrong

BLOCK_SECONDS = 240
END_SECONDS = 20
END = "==== end of a command, exit code "


@dataclass
class Terminal:
    """A folder, and an environment that blocks may add to."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    left_running: list[int] = field(default_factory=list)
    """Process groups of blocks that started something and left it running."""

    def run(self, block: Block) -> list[str]:
        """Run a block; what is wrong, a line each."""
        if name := block.marked("file"):
            (self.folder / name).write_text(block.text, encoding="utf-8")
            return []
        if block.language == "python":
            (self.folder / "program.py").write_text(block.text, encoding="utf-8")
            return self._console([Command(block.line, "python program.py")])
        return self._console(commands_in(block))

    def _console(self, commands: list[Command]) -> list[str]:
        """Run commands in one shell; what it exports lives on in later ones."""
        kept = self.folder / ".environment"
        lines = [f"{{ {c.text}\n}} </dev/null\nprintf '\\n{END}%s\\n' $?\n" for c in commands]
        script = f"[ -e {kept} ] && . {kept}\n{''.join(lines)}export -p >{kept}\n"
        _, said = self._said(["bash", "-c", script])
        parts = "\n".join(said).split(END)
        texts, codes = _texts_and_codes(parts)
        done = [_fault(*one) for one in zip(commands, texts, codes, strict=False)]
        late = [f"line {c.line}: did not come to its end" for c in commands[len(codes) :]]
        return [fault for fault in done if fault] + late

    def _said(self, command: list[str]) -> tuple[int, list[str]]:
        """Exit code and lines."""
        with subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            try:
                said, _ = process.communicate(timeout=BLOCK_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                said, _ = process.communicate()
        if _is_there(process.pid):
            self.left_running.append(process.pid)
        return process.returncode, said.split("\n")

    def close(self) -> None:
        """End what was left running, and wait until it has ended."""
        for group in self.left_running:
            if _is_there(group):
                os.killpg(group, signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        while any(map(_is_there, self.left_running)) and time.monotonic() < deadline:
            time.sleep(0.1)


def _is_there(group: int) -> bool:
    """Whether a process of a group runs; one that is dead and not collected yet does not."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(_runs_in(process, group) for process in psutil.process_iter())


def _runs_in(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ProcessLookupError):
        return False


def _texts_and_codes(parts: list[str]) -> tuple[list[list[str]], list[int]]:
    """What each command said, and its exit code; all parts but the first begin with the code of the one before."""
    heads = [part.partition("\n") for part in parts[1:]]
    texts = [parts[0], *(rest for _, _, rest in heads[:-1])]
    lines = [text.rstrip("\n").split("\n") if text.strip() else [] for text in texts]
    return lines, [int(code) for code, _, _ in heads]


def _fault(command: Command, said: list[str], code: int) -> str | None:
    """What is wrong with a command's end."""
    if code:
        return f"line {command.line}: exit code {code}: {said[-5:]}"
    wrong = first_wrong(command.shown, said) if command.shown else None
    return f"line {command.line}: {wrong}" if wrong else None
