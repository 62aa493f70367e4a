"""One small population for all tests of this folder."""

import os
from pathlib import Path

import pytest

from deploy.population import generate
from partners.population import Population

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def population() -> Population:
    """Three hundred people: the fewest among whom every kind of change befalls somebody."""
    return generate(300, 16)


@pytest.fixture(scope="session")
def ed_fi() -> Path:
    """Folder of the Ed-Fi Data Standard's sample district, which is not part of the repository."""
    folder = Path(os.environ.get("THROUGHLINE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "ed-fi"
    if not folder.is_dir():
        pytest.skip("the Ed-Fi sample district is not here; name its parent folder in THROUGHLINE_SHARED_DATA")
    return folder
