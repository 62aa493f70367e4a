"""When things were, as pages say it: one day, from a day on, or a span; and the time of day of what is recent."""

import datetime as dt

import pytest

from portal.render import Renderer
from tests.portal.served import NOON, TODAY, Served, assigned, release

TICK = dt.datetime.fromtimestamp(NOON / 1_000_000, dt.UTC)
CALIFORNIA = Renderer("America/Los_Angeles")
PERSON = {"p1": "Alvarez, Mateo"}


@pytest.mark.parametrize(
    ("hours_ago", "said"),
    [
        (0, "today, 12:00 PM"),
        (2.5, "today, 9:30 AM"),
        (12, "today, 12:00 AM"),
        (13, "yesterday, 11:00 PM"),
        (36, "yesterday, 12:00 AM"),
        (37, "Nov 22, 2026"),
        (-12, "Nov 25, 2026"),
    ],
)
def test_news_has_its_time_of_day_in_the_portals_zone_where_it_is_of_today_or_yesterday(
    hours_ago: float, said: str
) -> None:
    assert CALIFORNIA.when(TICK - dt.timedelta(hours=hours_ago), TICK) == said


def test_the_newest_changes_say_the_time_of_day(portal: Served) -> None:
    body = {"aid_year": "2026-2027", "application_status": "processed", "reject_codes": []}
    portal.apply(assigned("p1", PERSON["p1"]), release("e1", "p1", "aid", "csac", body, published_at=NOON))
    assert "today, 12:00 PM</time>" in portal.client().get("/").text


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"occurred_on": TODAY, "effective_from": None}, "On Nov 24, 2026"),
        ({"occurred_on": TODAY, "effective_from": TODAY}, "Since Nov 24, 2026"),
        ({"effective_from": TODAY - 1, "effective_to": TODAY}, "Nov 23, 2026 to Nov 24, 2026"),
        ({"effective_from": TODAY, "effective_to": TODAY}, "On Nov 24, 2026"),
        ({"effective_from": None, "published_at": NOON}, "Published Nov 24, 2026"),
    ],
)
def test_the_timeline_says_since_only_of_what_goes_on(portal: Served, when: dict[str, int | None], said: str) -> None:
    body = {"aid_year": "2026-2027", "application_status": "processed", "reject_codes": []}
    portal.apply(assigned("p1", PERSON["p1"]), release("e1", "p1", "aid", "csac", body, **when))
    assert f'<div class="tl-fact__when">{said}</div>' in portal.client().get("/p/p1").text
