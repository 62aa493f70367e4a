"""A writer that is killed leaves the rows of the offset that it stored, and no others."""

import os
import pathlib
import signal
import subprocess
import sys

from sinks.case_views import CaseViews

KILLED_WRITER = """
import sys
sys.path[:0] = [sys.argv[2], sys.argv[2] + '/tests']
from sinks.case_views import CaseViews
from support.views import row, view_batch
import pathlib
views = CaseViews.open(pathlib.Path(sys.argv[1]))
n = views.offsets().get(("t", 0), 0)
while True:
    views.apply(view_batch(rows=[row(f"e{n + i}", n + i) for i in range(50)], offsets={("t", 0): n + 50}))
    n += 50
    print(n, flush=True)
"""


def test_after_a_kill_the_rows_are_those_of_the_stored_offset(tmp_path: pathlib.Path) -> None:
    path, root = tmp_path / "views.duckdb", pathlib.Path(__file__).parents[2]
    for _ in range(3):
        command = [sys.executable, "-c", KILLED_WRITER, str(path), str(root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            told = [int(writer.stdout.readline()) for _ in range(4)]
            os.kill(writer.pid, signal.SIGKILL)
        views = CaseViews.open(path)
        with views.cursor() as cursor:
            count = cursor.execute("SELECT count(*) FROM release_row").fetchone()
        assert count == (views.offsets()["t", 0],)
        assert count[0] >= told[-1]
        views.close()
