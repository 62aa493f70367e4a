"""The bench of the decisions: every fact goes the whole way, and every stage of it has a figure."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench import made_up
from bench.decisions.__main__ import figures, take
from bench.decisions.parts import REST, Clock
from bench.decisions.way import Way


def test_of_ten_persons_facts_fifteen_releases_stand_in_the_views() -> None:
    with ExitStack() as held:
        way = Way(Path(held.enter_context(tempfile.TemporaryDirectory())), held)
        take(way, list(way.control()), 100, Clock())
        for partner, family, rows in made_up.setup(10):
            take(way, way.published(partner, family, rows), 100, Clock())
        take(way, way.published(made_up.PARTNER, "enrollment", list(made_up.facts(10, 100))), 30, Clock())
        with way.views.cursor() as cursor:
            rows = cursor.execute("SELECT count(*) FROM release_row WHERE family = 'enrollment'").fetchall()
    assert rows == [(150,)]


def test_every_stage_has_a_figure_and_its_parts() -> None:
    found = figures(60, 20)
    stages = {"resolve", "consent", "sink"}
    assert all(found[stage] > 0 for stage in stages)
    assert {
        stage: {REST, "decode", "json"} <= parts.keys() for stage, parts in found["parts"].items()
    } == dict.fromkeys(stages, True)
