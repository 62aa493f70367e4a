"""Rules of law for commands: those that ship, or those of a file."""

from pathlib import Path

from processors.consent.law.documents import rules_of
from processors.consent.law.rules import RuleSet
from processors.consent.law.shipped import SHIPPED
from streams.errors import ThroughlineError


def rules_from(path: Path | None) -> RuleSet:
    """The rules of a file, as ``throughline consent rules --json`` writes them; None: those that ship.

    Raises:
        ThroughlineError: the file cannot be read, or holds no rules.
    """
    if path is None:
        return SHIPPED
    try:
        return rules_of(path.read_bytes())
    except OSError as error:
        raise ThroughlineError(f"{path.name} cannot be read ({error.strerror}): name a file of rules") from None
    except ValueError as error:
        raise ThroughlineError(
            f"{path.name} holds no rules: {error}; `throughline consent rules --json` writes such a file"
        ) from None
