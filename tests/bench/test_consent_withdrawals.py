"""The bench of withdrawals reads a page's frames as the page does."""

import json

from bench.consent.withdrawals import OWN, rows


def frame(keep: list[str], html: dict[str, str]) -> str:
    """One frame's data; html by key."""
    items = [{"list": "timeline", "key": key, "html": text} for key, text in html.items()]
    return f"data: {json.dumps({'items': items, 'keep': {'timeline': keep} if keep else {}})}"


def test_a_page_is_empty_when_nothing_but_the_recipients_own_record_is_kept_on_it() -> None:
    lines = ["event: page", frame(["own", "fact"], {"own": f"<article class='{OWN}'>", "fact": "<article>"}), ""]
    lines += [": still here", frame(["own"], {}), frame([], {})]
    assert list(rows(iter(lines))) == [{"fact"}, set(), set()]
