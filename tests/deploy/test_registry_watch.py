"""A registry beside the catalog: what it says of ids is told, and whatever it does nothing waits for it."""

import json
import time
from http.server import BaseHTTPRequestHandler

import pytest
from support.servers import Answer, drips, hangs, said, server

from deploy.registry_watch import RegistryWatch
from schemas_avro import catalog

MANY = sum(len(catalog.versions_of(f"partner.{family}.v1")) for family in catalog.FAMILIES)


def ours(asked: BaseHTTPRequestHandler) -> None:
    """As a registry that has the catalog, but for what it never heard of and what it has otherwise."""
    id_ = int(asked.path.rsplit("/", 1)[1])
    if id_ == 115:
        return said(404, b'{"error_code": 40403}')(asked)
    schema = '"string"' if id_ == 101 else catalog.catalog()[id_].text
    return said(200, json.dumps({"schema": schema}).encode())(asked)


def test_each_id_is_the_same_another_or_missing() -> None:
    with server(ours) as url:
        assert RegistryWatch(url).look() == {"same": MANY - 2, "other": 1, "missing": 1}


@pytest.mark.parametrize(
    "answer",
    [
        hangs, drips, said(500, b"oops"), said(200, b"<html>"), said(200, b"[]"), said(200, b"x" * (2 << 20)),
        said(302, b""), said(200, b'{"schema": 7'),
    ],
    ids=["hangs", "drips", "500", "a page", "a list", "two mebibytes", "a redirection", "cut off"],
)  # fmt: skip
def test_one_that_hangs_or_answers_nonsense_is_given_up_at_once(answer: Answer) -> None:
    with server(answer) as url:
        before = time.monotonic()
        assert RegistryWatch(url, wait_seconds=0.3).look() == {"unknown": MANY}
        assert time.monotonic() - before < 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no.such.host.invalid", "http://["])
def test_one_that_is_not_there_is_unknown(url: str) -> None:
    assert RegistryWatch(url, wait_seconds=0.3).look() == {"unknown": MANY}


def test_nobody_waits_for_it_to_begin_or_to_end_and_it_looks_again_once_it_is_back() -> None:
    state: dict[str, Answer] = {"answer": hangs}

    def as_it_is_now(asked: BaseHTTPRequestHandler) -> None:
        state["answer"](asked)

    with server(as_it_is_now) as url:
        before = time.monotonic()
        watch = RegistryWatch(url, every_seconds=0.05, wait_seconds=0.3).start()
        assert watch.found() == {"unknown": MANY}
        assert time.monotonic() - before < 0.2
        state["answer"] = ours
        while watch.found().get("same") != MANY - 2:
            assert time.monotonic() - before < 20
            time.sleep(0.05)
        state["answer"] = hangs
        before = time.monotonic()
        watch.end()
        assert time.monotonic() - before < 0.2
