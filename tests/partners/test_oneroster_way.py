"""A OneRoster set goes the whole way, over a real broker: from a zip to a row that a case manager reads."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import orjson
from support.kafka_world import PARTITIONS, KafkaWorld
from support.rosters import ONE_2, zip_of

from partners.district import surveyed
from partners.formats import Good, midnight
from partners.formats.census import facts
from partners.formats.reading import Document, finished
from partners.rows import days

PARTNER, RECIPIENT = "lea_grand_bend", "grand_bend_services"
AS_OF = date(2026, 1, 31)
ROOT = Path(__file__).parents[2]


def test_a_student_of_a_set_has_a_row_in_the_case_view_and_the_set_again_is_nothing_new(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "oneroster.zip", ONE_2)
    with KafkaWorld(tmp_path / "world") as world:
        first, again = (_published(place, world) for _ in range(2))
        for event_id in _ids(place):
            world.wait_for(event_id)
        bodies = [row["body"] for row in world.view(RECIPIENT).values()]
    assert (first["rows"], first["published"], first["rejected"], first["reference"]) == (18, 4, 7, 7)
    assert first["reasons"] == {"no_family": 7}
    assert (first["new"], again["new"]) == (4, 0)
    assert {body["organization_id"] for body in bodies} == {"sch-1"}
    assert sorted(body["entry_date"] for body in bodies) == [days(date(2024, 8, 12)), days(date(2025, 8, 11))]


def _published(place: Path, world: KafkaWorld) -> dict[str, int]:
    """What the command says of a set."""
    words = ["publish", str(place), "--partner", PARTNER, "--as-of", AS_OF.isoformat(), "--json"]
    env = PARTITIONS | {"PYTHONPATH": str(ROOT), "THROUGHLINE_DATA_DIR": str(world.settings.data_dir)}
    done = subprocess.run(
        [sys.executable, "-m", "deploy", *words, "--bootstrap", str(world.settings.bootstrap)],
        capture_output=True, text=True, check=False, cwd=place.parent, env=os.environ | env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def _ids(place: Path) -> list[str]:
    """Of the events that it becomes."""
    with surveyed(place) as district:
        read = [(part.family, one) for part in district.parts for one in facts(part.member, part.family, AS_OF)]
        made = [finished(one, PARTNER, family, midnight(AS_OF)) for family, one in read if isinstance(one, Document)]
    return [one.row["envelope"]["event_id"] for one in made if isinstance(one, Good)]
