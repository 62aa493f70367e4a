"""The folder that a partner begins with: what is in it, and how it is written, whole or not at all."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from deploy.onboarding import agreement, made_up, pages
from deploy.onboarding.plan import PLAN, Plan, to_toml
from streams.errors import ThroughlineError

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 60
"""Characters of a name; a topic's has room for 249 with all that stands around it."""


def check_name(name: str) -> None:
    """See that a partner may be called so: the name becomes part of topics', users' and files' names.

    Raises:
        ThroughlineError: it may not.
    """
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise ThroughlineError(
            f"a new partner's name is lower-case words of letters and digits with _ between, at most {LONGEST} "
            "characters, as oak_valley"
        )


def files_of(
    partner: str, families: Sequence[str], mappings: Mapping[str, str], exports: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Texts of the folder's files by name.

    Args:
        partner: who will publish.
        families: what.
        mappings: text of the mapping by family.
        exports: of those that were drafted from one, where it is from the folder.
        now: the moment, with its zone.
    """
    first = (now - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    plan = Plan(
        partner=partner,
        exports={family: exports.get(family, f"exports/{family}.csv") for family in families},
        case=tuple(case for family in families for case in made_up.cases(family, first)),
    )
    found = {
        "README.md": pages.readme(partner, families, is_drafted=bool(exports)),
        "credentials-request.md": pages.request(partner, families),
        agreement.file_of(partner): agreement.draft(partner, families),
        PLAN: to_toml(plan),
    }
    found |= {f"mapping.{family}.toml": mappings[family] for family in families}
    return found | {name: text for family in families for name, text in made_up.files(partner, family).items()}


def check_is_free(folder: Path) -> None:
    """See that nothing stands where a folder is to be written.

    Raises:
        ThroughlineError: something does.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ThroughlineError(f"{folder} is there and no folder; name another place with --dir")
    if folder.is_dir() and any(folder.iterdir()):
        raise ThroughlineError(
            f"{folder} is there and not empty: nothing in it is written over; use it, or move it away"
        )


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a folder that is not there or empty: all of its files, or none.

    Raises:
        ThroughlineError: it cannot be written, or somebody has just written something there.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as unfinished:
            for name, text in files.items():
                path = Path(unfinished) / folder.name / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            (Path(unfinished) / folder.name).rename(folder)  # onto an empty one too, onto any other it fails
    except OSError as error:
        raise ThroughlineError(f"cannot write {folder}: {error.strerror}; name another place with --dir") from None
