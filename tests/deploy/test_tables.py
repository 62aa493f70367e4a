"""Tables: on a terminal of 80 columns and in a pipe every value is whole."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import environment, throughline

from deploy import tables
from deploy.agreements_folder import load_agreements
from streams import settings, topics

PLACE = "partner.ccc_transfer_center.enrollment/2/1234567"
NAMES = [a.agreement_id for a in load_agreements(settings.load().agreements)]
TOPICS = [spec.name for spec in topics.table(load_agreements(settings.load().agreements), 3, 3)]


def on_a_terminal(folder: Path, *words: str) -> str:
    """What a command says on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "deploy", *words]
    env = environment(folder, COLUMNS="80", TERM="xterm", NO_COLOR="1")
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=theirs) as process:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 65_536):
                said += part
        except OSError:  # how Linux says that the other side has closed
            pass
        process.wait(60)
    os.close(ours)
    return said.decode()


@pytest.mark.parametrize(("noun", "whole"), [("topics", TOPICS), ("agreements", NAMES)])
def test_on_80_columns_every_name_is_whole_and_no_line_is_longer(tmp_path: Path, noun: str, whole: list[str]) -> None:
    said = on_a_terminal(tmp_path, noun, "list")
    assert [name for name in whole if name not in said] == []
    assert max(len(line) for line in said.splitlines()) <= 80


@pytest.mark.parametrize(("noun", "whole"), [("topics", TOPICS), ("agreements", NAMES)])
def test_in_a_pipe_a_table_is_as_wide_as_it_needs_to_be(tmp_path: Path, noun: str, whole: list[str]) -> None:
    said = throughline(tmp_path, noun, "list", COLUMNS="80").stdout.splitlines()
    assert [name for name in whole if sum(f"│ {name} " in line for line in said) != 1] == []


def test_prose_is_folded_between_words_before_anything_else() -> None:
    assert tables.fitting([["place", "why"], [PLACE, "a word and another one and more"]], 70) == [len(PLACE), 15]


def test_where_words_would_be_cut_there_is_no_table() -> None:
    assert tables.fitting([["place", "code"], [PLACE, "consent_not_authorised"]], 70) is None


def test_without_a_table_a_column_is_one_sentence_after_the_other(tmp_path: Path) -> None:
    said = [line.strip() for line in on_a_terminal(tmp_path, "schemas", "columns", "aid").splitlines()]
    assert said[said.index("aid_year") + 1].startswith("needed. A cell: text. Award year")


def test_without_rows_there_are_the_headings() -> None:
    assert tables.fitting([["place", "code"]], 80) == [5, 4]
