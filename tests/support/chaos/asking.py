"""What a proof under faults can be asked on the command line: how much of everything, and which run again."""

import argparse
import random
from dataclasses import replace
from typing import Any, TypeVar

Size = TypeVar("Size", bound=Any)


def parser(about: str | None, examples: str) -> argparse.ArgumentParser:
    """A command that tells what it does and how it is called."""
    kind = argparse.RawDescriptionHelpFormatter
    return argparse.ArgumentParser(description=about, epilog=examples, formatter_class=kind)


def asked(command: argparse.ArgumentParser, short: Size, long: Size, *counts: str) -> tuple[Size, int]:
    """Parse the command line; how much of everything, and a seed.

    Args:
        command: with what it alone can be asked, by names of fields.
        short: unless asked otherwise, a dataclass.
        long: with --long.
        counts: names of its fields that can be asked for one by one.
    """
    command.add_argument("--long", action="store_true", help="the full counts")
    for name in counts:
        told = f"{getattr(short, name)}; with --long {getattr(long, name)}"
        command.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N", help=f"instead of {told}")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the faults; 0: drawn, and told")
    found = vars(command.parse_args())
    usual, seed = (long if found.pop("long") else short), found.pop("seed")
    given = {name: value for name, value in found.items() if value is not None}
    return replace(usual, **given), seed or random.randrange(1, 1_000_000)  # noqa: S311  # of a test's moments
