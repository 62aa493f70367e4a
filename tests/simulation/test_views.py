"""The simulation's views keep the rows that the real case views keep."""

from pathlib import Path
from random import Random

from simulation.broker import Broker, Fate, Slot
from simulation.script import script
from simulation.test_scripts import sent
from simulation.views import View

from processors.records import Arrival, Arrivals
from sinks.case_views import CaseViews
from streams.sink import view_batch


def test_rows_are_those_of_the_real_views_in_whatever_order_and_however_often_releases_come(tmp_path: Path) -> None:
    chance = Random(5)
    for number in range(6):
        outs = [out for out in sent(script(number), 5) if out.topic.startswith("released.")]
        outs += chance.sample(outs, len(outs) // 3)
        chance.shuffle(outs)
        view, real = View(Broker(lambda: 0)), CaseViews.open(tmp_path / f"{number}.duckdb")
        while outs:
            batch, outs = outs[:4], outs[4:]
            view.keep([Slot(0, 0, Fate.COMMITTED, None, out.value) for out in batch])
            real.apply(view_batch(Arrivals.of(Arrival(out.topic, 0, 0, 0, None, out.value) for out in batch), {}, {}))
        with real.cursor() as cursor:
            rows = cursor.execute("SELECT recipient, person_id, event_id, position, state FROM release_row").fetchall()
        real.close()
        kept = [(*sight, k.position, "retracted" if k.terms is None else "released") for sight, k in view.rows.items()]
        assert sorted(kept) == sorted(rows)
        assert view.stale == []
