"""The bench of withdrawals reads a page's frames as the page does."""

import json

import pytest

from bench.consent.withdrawals import OWN, released_behind, rows
from deploy.topic_reader import Read


def frame(keep: list[str], html: dict[str, str]) -> str:
    """One frame's data; html by key."""
    items = [{"list": "timeline", "key": key, "html": text} for key, text in html.items()]
    return f"data: {json.dumps({'items': items, 'keep': {'timeline': keep} if keep else {}})}"


def test_a_page_is_empty_when_nothing_but_the_recipients_own_record_is_kept_on_it() -> None:
    lines = ["event: page", frame(["own", "fact"], {"own": f"<article class='{OWN}'>", "fact": "<article>"}), ""]
    lines += [": still here", frame(["own"], {}), frame([], {})]
    assert list(rows(iter(lines))) == [{"fact"}, set(), set()]


def sent(offset: int, position: int, *, person: str = "p", basis: str = "consent", taken_back: bool = False) -> Read:
    """A release to one recipient, or what takes it back."""
    row = {"release": {"person_id": person, "position": position, "basis": basis}}
    return Read("released.r", 0, offset, 0, "", {**row, "reason": "x"} if taken_back else {**row, "body": {}})


BACK = sent(7, 50, taken_back=True)


@pytest.mark.parametrize(
    ("late", "behind"),
    [
        (sent(6, 49), 0),
        (sent(6, 51), 1),
        (sent(8, 49), 1),
        (sent(8, 51, basis="own_record"), 0),
        (sent(8, 51, person="q"), 0),
        (sent(8, 90, taken_back=True), 0),
    ],
)
def test_a_release_is_behind_a_withdrawal_in_the_log_or_behind_what_took_it_back_in_the_topic(
    late: Read, behind: int
) -> None:
    assert released_behind([sent(1, 10), BACK, late], {"p": 50}) == behind


def test_where_nothing_was_there_to_be_taken_back_the_log_alone_says_what_is_behind() -> None:
    assert released_behind([sent(1, 10), sent(2, 60)], {"p": 50}) == 1
