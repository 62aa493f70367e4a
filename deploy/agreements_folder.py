"""Agreements from a folder of files."""

from pathlib import Path

from pydantic import ValidationError

from processors.consent.agreements import Agreement, overlaps
from streams import toml_file
from streams.errors import ThroughlineError
from streams.toml_file import NotTomlError


def load_agreements(folder: Path) -> list[Agreement]:
    """The agreements of a folder, by file name.

    Raises:
        ThroughlineError: a file is no agreement, or two of them overlap; names file and field.
    """
    found = [_load(path) for path in sorted(folder.glob("*.toml"))]
    if not found:
        raise ThroughlineError(f"no agreement files in {folder}; set THROUGHLINE_AGREEMENTS_DIR")
    if clashes := overlaps(found):
        raise ThroughlineError(f"agreements overlap: {clashes[0]}; keep one of them")
    return found


def _load(path: Path) -> Agreement:
    try:
        return Agreement.model_validate(toml_file.read(path))
    except NotTomlError as error:
        raise ThroughlineError(f"{path.name} is not TOML: {error}") from None
    except OSError as error:
        raise ThroughlineError(
            f"{path.name} cannot be read ({error.strerror}): see THROUGHLINE_AGREEMENTS_DIR"
        ) from None
    except ValidationError as error:
        raise ThroughlineError(f"{path.name} is no agreement: {'; '.join(toml_file.faults_in(error))}") from None
