"""The catalog as a schema registry: Confluent's paths, words and codes, and nothing that can be written."""

from collections.abc import Iterator

import fastavro
import httpx
import orjson
import pytest

from schemas_avro import catalog
from tests.portal.served import Served

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
AID = catalog.catalog()[catalog.id_of("partner.aid.v1")]
FIRST_AID = catalog.versions_of("partner.aid.v1")[0]


@pytest.fixture
def registry(portal: Served) -> Iterator[httpx.Client]:
    """A program without a session, and without a browser's headers."""
    with httpx.Client(base_url=portal.url, timeout=20) as client:
        yield client


def test_whoever_asks_sees_what_others_write_and_read_and_nothing_else(registry: httpx.Client) -> None:
    answer = registry.get("/subjects")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    kinds = {subject.split(".")[0] for subject in answer.json()}
    internal = [subject for subject in answer.json() if subject.startswith("internal.")]
    assert kinds == {"partner", "released", "internal"}
    assert internal == [
        "internal.agreement_activated.v1", "internal.clock_ticked.v1", "internal.receipt_issued.v1",
        "internal.release_retracted.v1", "internal.rules_activated.v1", "internal.signal_changed.v1",
        "internal.sweep_ended.v1",
    ]  # fmt: skip
    assert registry.get("/subjects?subjectPrefix=partner.aid").json() == ["partner.aid.v1"]


@pytest.mark.parametrize("subject", ["partner.aid.v1", "partner.csac.aid-value"])
@pytest.mark.parametrize("version", ["2", "latest", "-1"])
def test_a_subject_is_found_by_its_name_and_by_its_topic(registry: httpx.Client, subject: str, version: str) -> None:
    found = registry.get(f"/subjects/{subject}/versions/{version}").json()
    assert found == {"subject": subject, "version": 2, "id": AID.id, "schema": AID.text}
    assert registry.get(f"/subjects/{subject}/versions").json() == [1, 2]
    assert registry.get(f"/subjects/{subject}/versions/{version}/schema").json() == AID.schema


def test_every_served_id_leads_to_a_schema_that_parses_and_back_to_its_subject(registry: httpx.Client) -> None:
    for subject in registry.get("/subjects").json():
        for version in registry.get(f"/subjects/{subject}/versions").json():
            id_ = registry.get(f"/subjects/{subject}/versions/{version}").json()["id"]
            text = registry.get(f"/schemas/ids/{id_}").json()["schema"]
            fastavro.parse_schema(orjson.loads(text))
            assert registry.get(f"/schemas/ids/{id_}/schema").json() == orjson.loads(text)
            assert registry.get(f"/schemas/ids/{id_}/versions").json() == [{"subject": subject, "version": version}]
            assert registry.get(f"/schemas/ids/{id_}/subjects").json() == [subject]


def test_a_schema_that_a_client_has_is_looked_up_whatever_its_docs_say(registry: httpx.Client) -> None:
    for one in (FIRST_AID, AID):
        same = {**one.schema, "doc": "in other words"}
        found = registry.post("/subjects/partner.csac.aid-value", json={"schema": orjson.dumps(same).decode()})
        assert (found.json()["id"], found.json()["version"]) == (one.id, one.version)


def test_an_older_version_is_there_as_it_was(registry: httpx.Client) -> None:
    found = registry.get("/subjects/partner.csac.aid-value/versions/1").json()
    assert found == {"subject": "partner.csac.aid-value", "version": 1, "id": 104, "schema": FIRST_AID.text}


def test_types_mode_and_config_say_that_nothing_changes(registry: httpx.Client) -> None:
    assert registry.get("/schemas/types").json() == ["AVRO"]
    for end in ("", "/partner.aid.v1"):
        assert registry.get(f"/mode{end}").json() == {"mode": "READONLY"}
        assert registry.get(f"/config{end}").json() == {"compatibilityLevel": "FULL_TRANSITIVE"}


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/subjects/nobody/versions/1", None, 40401),
        ("GET", "/subjects/nobody/versions", None, 40401),
        ("GET", "/subjects/body.aid.v1/versions", None, 40401),
        ("GET", "/subjects/partner.csac.nothing-value/versions", None, 40401),
        ("GET", "/subjects/internal.identity_record.v1/versions", None, 40401),
        ("GET", "/mode/nobody", None, 40401),
        ("GET", "/subjects/partner.aid.v1/versions/3", None, 40402),
        ("GET", "/subjects/partner.aid.v1/versions/newest", None, 42202),
        ("GET", "/schemas/ids/1", None, 40403),
        ("GET", "/schemas/ids/x", None, 40403),
        ("GET", f"/schemas/ids/{catalog.id_of('internal.identity_record.v1')}", None, 40403),
        ("GET", "/subjects/partner.aid.v1/metadata", None, 404),
        ("GET", "/associations/resources/-/partner.csac.aid", None, 404),
        ("POST", "/subjects/partner.aid.v1", {"schema": '"string"'}, 40403),
        ("POST", "/subjects/nobody", {"schema": '"string"'}, 40401),
        ("POST", "/subjects/partner.aid.v1", {"schema": "{"}, 42201),
        ("POST", "/subjects/partner.aid.v1", {"schema": '{"type": "nothing"}'}, 42201),
        ("POST", "/subjects/partner.aid.v1", {"schema": '{"type": "record"}'}, 42201),
        ("POST", "/subjects/partner.aid.v1", ["schema"], 42201),
        ("POST", "/subjects/partner.aid.v1", {"schema": "x" * 2_000_000}, 42201),
        ("POST", "/subjects/partner.aid.v1/versions", {"schema": '"string"'}, 42205),
        ("POST", "/compatibility/subjects/partner.aid.v1/versions/latest", {"schema": '"string"'}, 42205),
        ("DELETE", "/subjects/partner.aid.v1", None, 42205),
        ("PUT", "/config", {"compatibility": "NONE"}, 42205),
        ("PUT", "/mode", {"mode": "READWRITE"}, 42205),
    ],
)
def test_what_is_not_there_or_not_allowed_is_said_by_confluents_code(
    registry: httpx.Client, method: str, path: str, body: object, code: int
) -> None:
    answer = registry.request(method, path, json=body)
    assert answer.json()["error_code"] == code
    assert answer.status_code == int(str(code)[:3])
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["message"]


def test_the_pages_beside_it_still_ask_for_a_sign_in(registry: httpx.Client) -> None:
    assert registry.get("/").status_code == registry.get("/subject").status_code == 401
