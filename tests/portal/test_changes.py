"""The live feed's twin for programs: what changed on my caseload since a change number."""

from tests.portal.served import OTHER, Served, assigned, enrolled, taken_back


def changes(served: Served, since: int, user: str = "u1") -> tuple[int, list[tuple[str, str]]]:
    answer = served.client(user).get("/api/changes", params={"since": since})
    assert answer.status_code == 200
    document = answer.json()
    return document["seq"], [(change["event_id"], change["state"]) for change in document["changes"]]


def test_what_came_since_is_told_once_and_in_order(portal: Served) -> None:
    portal.apply(assigned("p1", "One"), enrolled("e1", "p1"))
    seq, _ = changes(portal, 0)
    portal.apply(enrolled("e2", "p1"))
    portal.apply(enrolled("e3", "p1"))
    after, told = changes(portal, seq)
    assert told == [("e2", "released"), ("e3", "released")]
    assert changes(portal, after) == (after, [])


def test_what_is_taken_back_is_told(portal: Served) -> None:
    portal.apply(assigned("p1", "One"), enrolled("e1", "p1"))
    seq, _ = changes(portal, 0)
    portal.apply(taken_back(enrolled("e1", "p1")))
    assert changes(portal, seq)[1] == [("e1", "retracted")]


def test_nobody_hears_of_people_on_other_caseloads(portal: Served) -> None:
    portal.apply(assigned("p1", "One", who="u2"), enrolled("e1", "p1"))
    portal.apply(assigned("p9", "Nine", recipient=OTHER, who="u3"), enrolled("e9", "p9", recipient=OTHER))
    assert changes(portal, 0)[1] == []


def test_without_a_session_nothing_is_told(portal: Served) -> None:
    portal.apply(assigned("p1", "One"), enrolled("e1", "p1"))
    assert portal.client(None).get("/api/changes").status_code == 401
