"""The catalog under a schema registry's paths, for clients that ask one: read-only, without sign-in or storage.

Served are the schemas of what others write and read: ``partner.*``, ``released.*`` and those internal ones that are on
recipients' topics. Schemas are no secret; the rest of ``internal.*`` and ``body.*`` stay out because nobody outside may
build on them. Every subject has one version for ever: a changed schema is a new subject. A partner's topic is a subject
too, ``partner.csac.aid-value``, so that serializers find their schema by topic, as they do unless told otherwise.
"""

import re
from typing import Any, NoReturn

import fastavro
import orjson
from fastapi import FastAPI
from fastavro.schema import SchemaParseException, UnknownType, to_parsing_canonical_form
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas_avro import catalog
from schemas_avro.catalog import Entry

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
TOPIC_VALUE = re.compile(r"partner\.[a-z0-9_]+\.([a-z_]+)-value")
ON_RECIPIENTS_TOPICS = frozenset({
    "internal.agreement_activated.v1", "internal.clock_ticked.v1", "internal.release_retracted.v1",
    "internal.rules_activated.v1", "internal.signal_changed.v1", "internal.sweep_ended.v1",
})  # fmt: skip
ROOTS = ("subjects", "schemas", "config", "mode", "compatibility", "associations")
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
MOST_BODY_BYTES = 1 << 20
LATEST = {"latest", "-1", "1"}


class RefusalError(Exception):
    """An answer that says no, by the registry's own code: its first three digits are the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        """Of this code."""
        super().__init__(message)
        self.code = code


def add_to(app: FastAPI) -> None:
    """Answer the registry's paths beside the portal's own."""
    app.router.routes.extend(routes())
    app.add_exception_handler(RefusalError, _refusal)


def routes() -> list[Route]:
    """Every path; what is none of a registry's, and every writing, is told so in the registry's own words."""
    known = {
        "/subjects": subjects,
        "/subjects/{subject}/versions": versions,
        "/subjects/{subject}/versions/{version}": version,
        "/subjects/{subject}/versions/{version}/schema": version_schema,
        "/schemas/types": types,
        "/schemas/ids/{id}": schema,
        "/schemas/ids/{id}/schema": bare_schema,
        "/schemas/ids/{id}/versions": versions_of_schema,
        "/schemas/ids/{id}/subjects": subjects_of_schema,
        "/config": config,
        "/config/{subject}": config,
        "/mode": mode,
        "/mode/{subject}": mode,
    }
    found = [Route(path, answer, methods=["GET"]) for path, answer in known.items()]
    found.append(Route("/subjects/{subject}", look_up, methods=["POST"]))
    for root in ROOTS:
        found += [Route(path, other, methods=METHODS) for path in (f"/{root}", f"/{root}/{{rest:path}}")]
    return found


def served() -> dict[str, Entry]:
    """What is shown, by subject."""
    shown = {entry.subject: entry for entry in catalog.catalog().values()}
    kinds = ("partner.", "released.")
    return {s: entry for s, entry in shown.items() if s.startswith(kinds) or s in ON_RECIPIENTS_TOPICS}


def subjects(request: Request) -> Response:
    """Their names."""
    prefix = request.query_params.get("subjectPrefix", "")
    return _json(sorted(name for name in served() if name.startswith(prefix)))


def versions(request: Request) -> Response:
    """The one version."""
    _entry(request)
    return _json([1])


def version(request: Request) -> Response:
    """A subject's schema with its id."""
    return _json(_version(request))


def version_schema(request: Request) -> Response:
    """A subject's schema alone."""
    return _text(_version(request)["schema"])


def schema(request: Request) -> Response:
    """The schema of an id."""
    return _json({"schema": _by_id(request).text})


def bare_schema(request: Request) -> Response:
    """The schema of an id, alone."""
    return _text(_by_id(request).text)


def versions_of_schema(request: Request) -> Response:
    """Which subject's version an id is."""
    return _json([{"subject": _by_id(request).subject, "version": 1}])


def subjects_of_schema(request: Request) -> Response:
    """Which subject an id is of."""
    return _json([_by_id(request).subject])


def types(_: Request) -> Response:
    """Kinds of schemas."""
    return _json(["AVRO"])


def config(request: Request) -> Response:
    """What may change within a subject: nothing, so whatever was readable stays so."""
    _known(request)
    return _json({"compatibilityLevel": "FULL_TRANSITIVE"})


def mode(request: Request) -> Response:
    """Whether it can be written to."""
    _known(request)
    return _json({"mode": "READONLY"})


async def look_up(request: Request) -> Response:
    """Id and version of a schema that the client has, where it is the subject's."""
    entry, body = _entry(request), b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise RefusalError(42201, "a schema has no more than a mebibyte")
    if _canonical(_asked(body)) != _canonical(entry.text):
        raise RefusalError(40403, "Schema not found: the subject's is another; see its version 1")
    return _json({"subject": request.path_params["subject"], "version": 1, "id": entry.id, "schema": entry.text})


def _asked(body: bytes) -> str:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("schema"), str):
        raise RefusalError(42201, "Invalid schema: the body is an object with the schema as text")
    return str(asked["schema"])


def _canonical(text: str) -> str:
    """What of a schema decides its bytes and names."""
    try:
        return str(to_parsing_canonical_form(fastavro.parse_schema(orjson.loads(text))))
    except (orjson.JSONDecodeError, SchemaParseException, UnknownType, KeyError, TypeError, AttributeError) as error:
        raise RefusalError(42201, "Invalid schema: it is no Avro") from error


def other(request: Request) -> NoReturn:
    """No path of a registry's, or a writing."""
    if request.method == "GET":
        raise RefusalError(404, "HTTP 404 Not Found")
    raise RefusalError(42205, "Operation not permitted: this registry is read-only; schemas change by a new release")


def _entry(request: Request) -> Entry:
    subject = request.path_params["subject"]
    by_topic = TOPIC_VALUE.fullmatch(subject)
    entry = served().get(f"partner.{by_topic[1]}.v1" if by_topic else subject)
    if entry is None:
        raise RefusalError(40401, "Subject not found; GET /subjects has them all")
    return entry


def _known(request: Request) -> None:
    if "subject" in request.path_params:
        _entry(request)


def _version(request: Request) -> dict[str, Any]:
    entry, asked = _entry(request), request.path_params["version"]
    if asked not in LATEST:
        is_number = asked.isdecimal() and asked.isascii() and int(asked) > 0
        raise RefusalError(*((40402, "Version not found") if is_number else (42202, "Invalid version")))
    return {"subject": request.path_params["subject"], "version": 1, "id": entry.id, "schema": entry.text}


def _by_id(request: Request) -> Entry:
    entry = {str(entry.id): entry for entry in served().values()}.get(request.path_params["id"])
    if entry is None:
        raise RefusalError(40403, "Schema not found")
    return entry


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type=MEDIA_TYPE)


def _text(text: str) -> Response:
    return Response(text, media_type=MEDIA_TYPE)


async def _refusal(_: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, RefusalError) else 500
    said = {"error_code": code, "message": str(error)}
    return Response(orjson.dumps(said), int(str(code)[:3]), media_type=MEDIA_TYPE)
