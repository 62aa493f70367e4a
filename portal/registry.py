"""The catalog under a schema registry's paths, for clients that ask one: read-only, without sign-in or storage.

Served are the schemas of what others write and read: ``partner.*``, ``released.*`` and those internal ones that are on
recipients' topics. Schemas are no secret; the rest of ``internal.*`` and ``body.*`` stay out because nobody outside may
build on them. A subject's versions stay as they are, each under its id; the newest is the latest. A partner's topic is
a subject too, ``partner.csac.aid-value``, so that serializers find their schema by topic, as they do unless told
otherwise.
"""

import functools
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
ON_OTHERS_TOPICS = frozenset({
    "internal.agreement_activated.v1", "internal.clock_ticked.v1", "internal.receipt_issued.v1",
    "internal.release_retracted.v1", "internal.rules_activated.v1", "internal.signal_changed.v1",
    "internal.sweep_ended.v1",
})  # fmt: skip
ROOTS = ("subjects", "schemas", "config", "mode", "compatibility", "associations")
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]
MOST_BODY_BYTES = 1 << 20
LATEST = {"latest", "-1"}


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


@functools.cache
def served() -> dict[str, tuple[Entry, ...]]:
    """Versions of what is shown, by subject."""
    subjects = {entry.subject for entry in catalog.catalog().values()}
    kinds = ("partner.", "released.")
    return {s: catalog.versions_of(s) for s in subjects if s.startswith(kinds) or s in ON_OTHERS_TOPICS}


def subjects(request: Request) -> Response:
    """Their names."""
    prefix = request.query_params.get("subjectPrefix", "")
    return _json(sorted(name for name in served() if name.startswith(prefix)))


def versions(request: Request) -> Response:
    """Their numbers."""
    return _json([one.version for one in _versions(request)])


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
    found = _by_id(request)
    return _json([{"subject": found.subject, "version": found.version}])


def subjects_of_schema(request: Request) -> Response:
    """Which subject an id is of."""
    return _json([_by_id(request).subject])


def types(_: Request) -> Response:
    """Kinds of schemas."""
    return _json(["AVRO"])


def config(request: Request) -> Response:
    """What may change from version to version: whatever was readable stays so, and the other way about."""
    _known(request)
    return _json({"compatibilityLevel": "FULL_TRANSITIVE"})


def mode(request: Request) -> Response:
    """Whether it can be written to."""
    _known(request)
    return _json({"mode": "READONLY"})


async def look_up(request: Request) -> Response:
    """Id and version of a schema that the client has, where it is the subject's."""
    every, body = _versions(request), b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise RefusalError(42201, "a schema has no more than a mebibyte")
    asked = canonical(_asked(body))
    found = next((one for one in reversed(every) if canonical(one.text) == asked), None)
    if found is None:
        raise RefusalError(40403, "Schema not found: the subject has others; see its version latest")
    return _json(_told(request, found))


def _asked(body: bytes) -> str:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("schema"), str):
        raise RefusalError(42201, "Invalid schema: the body is an object with the schema as text")
    return str(asked["schema"])


def canonical(text: str) -> str:
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


def _versions(request: Request) -> tuple[Entry, ...]:
    subject = request.path_params["subject"]
    by_topic = TOPIC_VALUE.fullmatch(subject)
    found = served().get(f"partner.{by_topic[1]}.v1" if by_topic else subject)
    if found is None:
        raise RefusalError(40401, "Subject not found; GET /subjects has them all")
    return found


def _known(request: Request) -> None:
    if "subject" in request.path_params:
        _versions(request)


def _version(request: Request) -> dict[str, Any]:
    every, asked = _versions(request), request.path_params["version"]
    if asked in LATEST:
        return _told(request, every[-1])
    found = next((one for one in every if str(one.version) == asked), None)
    if found is None:
        is_number = asked.isdecimal() and asked.isascii() and int(asked) > 0
        raise RefusalError(*((40402, "Version not found") if is_number else (42202, "Invalid version")))
    return _told(request, found)


def _told(request: Request, one: Entry) -> dict[str, Any]:
    return {"subject": request.path_params["subject"], "version": one.version, "id": one.id, "schema": one.text}


def _by_id(request: Request) -> Entry:
    entry = _ids().get(request.path_params["id"])
    if entry is None:
        raise RefusalError(40403, "Schema not found")
    return entry


@functools.cache
def _ids() -> dict[str, Entry]:
    return {str(entry.id): entry for every in served().values() for entry in every}


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type=MEDIA_TYPE)


def _text(text: str) -> Response:
    return Response(text, media_type=MEDIA_TYPE)


async def _refusal(_: Request, error: Exception) -> Response:
    code = error.code if isinstance(error, RefusalError) else 500
    said = {"error_code": code, "message": str(error)}
    return Response(orjson.dumps(said), int(str(code)[:3]), media_type=MEDIA_TYPE)
