"""What is sent to PostgreSQL is the rows and nothing else, however the columns are held in memory."""

import itertools

import pyarrow as pa
import pytest

from sinks.postgres.copying import as_csv

ROWS = {"name": ["a", None, ""], "many": [["x", 'y"z'], [], ["{,}", "b\\c"]], "number": [1, None, 3]}
SAID = b'"a","{""x"",""y\\""z""}","1"\n,"{}",\n"","{""{,}"",""b\\\\c""}","3"\n'


@pytest.mark.parametrize("cuts", [[], [0], [1], [0, 1, 1, 2], [3]])
def test_rows_are_the_same_in_any_chunks_among_them_those_without_rows(cuts: list[int]) -> None:
    whole = pa.table(ROWS)
    ends = [0, *cuts, 3]
    parts = [whole.slice(begin, end - begin) for begin, end in itertools.pairwise(ends)]
    assert as_csv(pa.concat_tables(parts)) == SAID


def test_of_no_rows_there_is_nothing() -> None:
    assert as_csv(pa.table(ROWS).slice(0, 0)) == b""
