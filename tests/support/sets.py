"""Sets of files as ``publish`` looks at them, with nothing sent."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from partners.district import DistrictOutcome, publish_district, surveyed

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
PARTNER = "lea_grand_bend"


def looked_at(place: Path, as_of: datetime = AS_OF) -> DistrictOutcome:
    """What would become of a folder, an archive or a file of a set."""
    with surveyed(place) as district:
        return publish_district(district, as_of, PARTNER, lambda _: nullcontext())
