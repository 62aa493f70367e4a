"""Who gets in, and what everybody else is told."""

import html
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from portal.parts import PortalParts
from portal.sign_in import make_sign_in_link
from tests.portal.served import KEY, ME, OTHER, Served, assigned, enrolled

LABEL = "Q. Example-Label"


@pytest.fixture
def with_person(portal: Served) -> Served:
    """A portal with one person on the caseload of u1."""
    portal.apply(assigned("p1", LABEL), enrolled("e1", "p1"))
    return portal


@pytest.mark.parametrize("path", ["/", "/p/p1", "/feed", "/feed?person=p1", "/p/nobody", "/nowhere", "/sign-in"])
def test_without_a_session_every_page_only_tells_how_to_get_in(with_person: Served, path: str) -> None:
    answer = with_person.client(None).get(path)
    assert answer.status_code == 401
    assert "sign-in link" in answer.text
    assert LABEL not in answer.text


@pytest.mark.parametrize("path", ["/api/caseload", "/api/persons/p1/timeline"])
def test_without_a_session_programs_get_a_plain_refusal(with_person: Served, path: str) -> None:
    answer = with_person.client(None).get(path)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Please sign in"})


def test_a_link_signs_in_once_and_the_address_after_it_is_clean(with_person: Served) -> None:
    client, token = with_person.client(None), with_person.link().partition("token=")[2]
    assert "Sign in" in client.get(f"/sign-in?token={token}").text
    answer = client.post("/sign-in", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert LABEL in client.get("/").text
    again = with_person.client(None).post("/sign-in", data={"token": token})
    assert again.status_code == 401
    assert "does not work any more" in again.text


def test_looking_at_a_link_uses_nothing_up(with_person: Served) -> None:
    link = with_person.link()
    for _ in range(2):
        assert httpx.get(link).status_code == 200
    answer = with_person.client(None).post("/sign-in", data={"token": link.partition("token=")[2]})
    assert answer.status_code == 303


def test_a_link_names_nobody_also_decoded(with_person: Served) -> None:
    link = make_sign_in_link(with_person.url, KEY, "a-user-id-one-could-read")
    assert "a-user-id" not in link
    assert "YS11c2VyLWlk" not in link  # its base64


@pytest.mark.parametrize("token", ["", "forged", "WyJ4IiwieSIsMV0.c2lnbmF0dXJl"])
def test_a_forged_link_signs_nobody_in(with_person: Served, token: str) -> None:
    assert with_person.client(None).post("/sign-in", data={"token": token}).status_code == 401


@pytest.mark.parametrize(("user_id", "age"), [("u1", 12 * 3600 + 60), ("u1", -3600), ("nobody", 0)])
def test_an_old_link_or_one_from_the_future_or_of_a_stranger_signs_nobody_in(
    with_person: Served, user_id: str, age: int
) -> None:
    token = with_person.link(user_id, time.time() - age).partition("token=")[2]
    assert with_person.client(None).post("/sign-in", data={"token": token}).status_code == 401


def test_the_session_cookie_is_for_this_site_alone_and_no_script(with_person: Served) -> None:
    client, token = with_person.client(None), with_person.link().partition("token=")[2]
    cookie = client.post("/sign-in", data={"token": token}).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie  # plain http on this machine


def test_signing_out_ends_the_session_also_for_a_kept_cookie(with_person: Served) -> None:
    client = with_person.client()
    kept = client.cookies["throughline_session"]
    assert client.post("/sign-out").headers["location"] == "/signed-out"
    client.cookies.set("throughline_session", kept)
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {},
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_a_post_from_elsewhere_does_nothing(with_person: Served, path: str, headers: dict[str, str]) -> None:
    token = with_person.link().partition("token=")[2]
    with httpx.Client(base_url=with_person.url, cookies=with_person.client().cookies) as client:
        assert client.post(path, data={"token": token}, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/nowhere", "/sign-in", "/subjects"])
@pytest.mark.parametrize("host", ["[", "[::", "a:b:c", ""])
def test_a_host_header_that_is_no_host_breaks_nothing(with_person: Served, path: str, host: str) -> None:
    with httpx.Client(base_url=with_person.url) as client:
        asked = [
            client.get(path, headers={"host": host}),
            client.post(path, headers={"host": host, "origin": "http://"}),
        ]
    assert [answer.status_code for answer in asked if answer.status_code >= 500] == []


def test_a_browser_that_names_only_its_origin_is_believed_when_it_is_ours(with_person: Served) -> None:
    token = with_person.link().partition("token=")[2]
    headers = {"origin": with_person.url}
    assert httpx.post(f"{with_person.url}/sign-in", data={"token": token}, headers=headers).status_code == 303


def test_a_form_of_unlikely_size_is_not_read(with_person: Served) -> None:
    assert with_person.client(None).post("/sign-in", data={"token": "x" * 10_000}).status_code == 413


@pytest.mark.parametrize("path", ["/", "/p/p1", "/nowhere", "/health", "/api/caseload", "/static/portal.css"])
def test_every_answer_tells_the_browser_to_load_nothing_from_elsewhere(with_person: Served, path: str) -> None:
    headers = with_person.client().get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("public, max-age=3600" if path.startswith("/static/") else "no-store")


@pytest.mark.parametrize("path", ["/", "/p/p1", "/nowhere", "/sign-in?token=x"])
def test_pages_hold_no_inline_script_or_style_and_name_no_other_host(with_person: Served, path: str) -> None:
    text = with_person.client().get(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick" not in text
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_a_person_of_another_case_manager_or_recipient_is_as_unknown_as_nobody(with_person: Served) -> None:
    answers = [with_person.client(user).get("/p/p1") for user in ("u2", "u3")]
    answers.append(with_person.client("u1").get("/p/nobody"))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    for user in ("u2", "u3"):
        assert with_person.client(user).get("/api/persons/p1/timeline").status_code == 404


def test_a_person_known_to_two_recipients_shows_to_each_only_what_is_its_own(with_person: Served) -> None:
    with_person.apply(assigned("p1", "Theirs", "u3", recipient=OTHER))
    assert "Theirs" not in with_person.client("u1").get("/p/p1").text
    theirs = with_person.client("u3").get("/p/p1").text
    assert LABEL not in theirs
    assert "Lincoln High" in theirs
    assert "Enrolled at" not in theirs


def test_markup_in_a_label_is_shown_as_it_was_typed(portal: Served) -> None:
    label = "<img src=x onerror=alert(1)>\"'&"
    portal.apply(assigned("p1", label))
    text = portal.client().get("/p/p1").text
    assert label not in text
    assert html.escape(label, quote=False).split('"')[0] in text


def test_the_api_gives_the_caseload_and_a_timeline_with_its_terms(with_person: Served) -> None:
    client = with_person.client()
    (person,) = client.get("/api/caseload").json()["persons"]
    assert (person["person_id"], person["display_label"]) == ("p1", LABEL)
    facts = client.get("/api/persons/p1/timeline").json()["facts"]
    (fact,) = [fact for fact in facts if fact["family"] == "enrollment"]
    assert fact["body"]["entry_grade_level"] == "G12"
    assert fact["terms"]["citation"] == "34 CFR 99.30"
    assert fact["terms"]["notice"]


def test_health_answers_without_a_session_and_tells_nothing_else(portal: Served) -> None:
    assert portal.client(None).get("/health").json() == {"status": "ok"}


def test_no_pages_of_the_framework_are_served(portal: Served) -> None:
    client = portal.client()
    assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


def test_a_short_key_is_refused(portal: Served) -> None:
    parts: Any = PortalParts(portal.views, {}, KEY, portal.feed)
    with pytest.raises(ValueError, match="fewer than 32"):
        replace(parts, secret_key=KEY[:31])


def test_what_is_new_is_counted_from_the_last_visit(portal: Served) -> None:
    portal.apply(assigned("p1", LABEL), enrolled("e1", "p1"))
    first = portal.client()
    assert "nothing new" in first.get("/").text
    portal.apply(enrolled("e2", "p1"))
    second = portal.client(None)
    second.cookies.set("throughline_visit", first.cookies["throughline_visit"])
    second.post("/sign-in", data={"token": portal.link().partition("token=")[2]})
    assert "1 new" in second.get("/").text
    assert ME not in second.get("/").text
