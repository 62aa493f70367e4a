"""The catalog into a schema registry, each schema under the catalog's id, as often as one likes.

Events carry the catalog's ids, so a registry must know schemas by these. Confluent's take an id in mode IMPORT.
Apicurio hears that mode and gives ids of its own all the same; it keeps those of an archive that it imports, by
content, so the schemas go in as such first. What a registry does beyond that (rules, metadata) decides nothing here.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
import orjson

from processors.consent.agreements import Agreement
from schemas_avro import catalog
from schemas_avro.catalog import Entry
from streams.errors import ThroughlineError

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
CCOMPAT = "/apis/ccompat/"
WAIT_SECONDS = 30.0
NOT_FOUND = 404
KEEP_IDS = {"X-Registry-Preserve-ContentId": "true", "X-Registry-Preserve-GlobalId": "true"}


@dataclass(frozen=True, eq=False)  # one is itself
class Wanted:
    """A version that a subject of the registry is to have."""

    subject: str
    entry: Entry


@dataclass(frozen=True)
class Outcome:
    """What became of one."""

    subject: str
    version: int
    id: int
    state: str
    """new, there, or differs: the registry has it under another id."""
    registry_id: int | None


def wanted(subjects: Iterable[str], agreements: Iterable[Agreement]) -> list[Wanted]:
    """Every version of subjects, and of the topics that partners write by agreement, as ``partner.csac.aid-value``."""
    topics = sorted({(one.party, family) for one in agreements if one.tier == "mou" for family in one.families})
    named = [(subject, subject) for subject in sorted(subjects)]
    named += [(f"partner.{party}.{family}-value", f"partner.{family}.v1") for party, family in topics]
    return [Wanted(name, entry) for name, subject in named for entry in catalog.versions_of(subject)]


class Registry:
    """A Confluent-compatible registry; a context manager that closes its connection."""

    def __init__(self, url: str, wait_seconds: float = WAIT_SECONDS) -> None:
        """At an address, as clients of it are given it."""
        try:
            self._url = httpx.URL(url.rstrip("/"))
            self._client = httpx.Client(timeout=wait_seconds, headers={"content-type": MEDIA_TYPE})
        except (httpx.InvalidURL, ValueError):
            raise ThroughlineError("a registry's address is http://host:port, or https, perhaps with a path") from None
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise ThroughlineError("a registry's address is http://host:port, or https, perhaps with a path")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    def id_of(self, one: Wanted) -> int | None:
        """Under which id a subject has a schema; None: it has not.

        Raises:
            ThroughlineError: the registry is away or answers nonsense.
        """
        found = self._ask("POST", self._path("subjects", one.subject), {"schema": one.entry.text}, missing=True)
        return None if found is None else self._id_in(found)

    def put(self, ones: Sequence[Wanted]) -> None:
        """Register what is missing, in order, under the catalog's ids where the registry lets itself be told.

        Raises:
            ThroughlineError: it is away, or refuses.
        """
        imported = self._import([one for one in ones if not one.subject.endswith("-value")])
        for subject in dict.fromkeys(one.subject for one in ones):
            those = [one for one in ones if one.subject == subject and one not in imported]
            self._put(subject, those)
            self._ask("PUT", self._path("config", subject), {"compatibility": "FULL_TRANSITIVE"})

    def _put(self, subject: str, ones: Sequence[Wanted]) -> None:
        if not ones:
            return
        mode = self._path("mode", subject)
        told = self._ask("PUT", mode, {"mode": "IMPORT"}, refusals=True) is not None
        try:
            for one in ones:
                more = {"id": one.entry.id, "version": one.entry.version} if told else {}
                versions = self._path("subjects", subject, "versions")
                given = self._id_in(self._ask("POST", versions, {"schema": one.entry.text, **more}))
                if given != one.entry.id:
                    raise ThroughlineError(
                        f"the registry gives ids of its own ({given} where the catalog has {one.entry.id}), by which "
                        "events would not be taken; nothing more was registered: see the reference, Schema registry"
                    )
        finally:
            if told:
                self._ask("PUT", mode, {"mode": "READWRITE"}, refusals=True)

    def _import(self, ones: Sequence[Wanted]) -> list[Wanted]:
        """Those that Apicurio took as an archive: first versions and what follows them of subjects that it has not."""
        root, marker, _ = str(self._url).partition(CCOMPAT)
        info = self._ask("GET", f"{root}/apis/registry/v3/system/info", refusals=True) if marker else None
        if info is None:
            return []
        first = {one.subject for one in ones if one.entry.version == 1}
        new = [one for one in ones if one.subject in first]
        if new:
            url = f"{root}/apis/registry/v3/admin/import?requireEmptyRegistry=false"
            packed = archive(new, str(info.get("version")))
            answer = self._send("POST", url, packed, {"content-type": "application/zip", **KEEP_IDS})
            if answer.is_error:
                raise ThroughlineError(f"the registry imports nothing ({answer.status_code}): {_said(answer)}")
        return [one for one in new if self.id_of(one) == one.entry.id]

    def _path(self, *parts: str) -> str:
        return "/".join([str(self._url), *(quote(part, safe="") for part in parts)])

    def _ask(
        self, method: str, url: str, body: Any = None, *, missing: bool = False, refusals: bool = False
    ) -> Any | None:
        """A JSON answer; None where it is not there (``missing``), or refused (``refusals``)."""
        answer = self._send(method, url, None if body is None else orjson.dumps(body), {})
        if (missing and answer.status_code == NOT_FOUND) or (refusals and answer.is_error):
            return None
        if answer.is_error:
            raise ThroughlineError(f"the registry refuses ({answer.status_code}): {_said(answer)}")
        try:
            return orjson.loads(answer.content or b"{}")
        except orjson.JSONDecodeError:
            raise ThroughlineError("the registry answers no JSON: is this a registry's address?") from None

    def _send(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> httpx.Response:
        try:
            return self._client.request(method, url, content=body, headers=headers)
        except httpx.TimeoutException:
            raise ThroughlineError("the registry does not answer in time: is it up?") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ThroughlineError(f"the registry cannot be reached ({type(error).__name__}): is it up?") from None

    @staticmethod
    def _id_in(found: Any) -> int:
        if not isinstance(found, dict) or not isinstance(found.get("id"), int):
            raise ThroughlineError("the registry answers without an id: is this a registry's address?")
        return int(found["id"])


def _said(answer: httpx.Response) -> str:
    """A registry's own words, on one line."""
    try:
        told = orjson.loads(answer.content)["message"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        told = answer.reason_phrase
    return ascii(" ".join(str(told).split())[:200])[1:-1]


def register(registry: Registry, ones: Sequence[Wanted], *, dry_run: bool) -> Iterator[Outcome]:
    """Put what is missing; what became of each.

    Raises:
        ThroughlineError: the registry is away, or refuses.
    """
    before = {one: registry.id_of(one) for one in ones}
    missing = [one for one, id_ in before.items() if id_ is None]
    if not dry_run and missing:
        registry.put(missing)
    for one, id_ in before.items():
        now = registry.id_of(one) if id_ is None and not dry_run else id_
        state = "new" if id_ is None else "there"
        if now not in (None, one.entry.id):
            state = "differs"
        yield Outcome(one.subject, one.entry.version, one.entry.id, state, now)


def archive(ones: Sequence[Wanted], version: str) -> bytes:
    """What an Apicurio of a version imports: contents by id, and subjects with their versions."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, said in _files(ones, version):
            target.writestr(name, said if isinstance(said, str) else orjson.dumps(said))
    return packed.getvalue()


def _files(ones: Sequence[Wanted], version: str) -> Iterator[tuple[str, Any]]:
    signed = {"owner": "", "createdOn": 0, "modifiedBy": "", "modifiedOn": 0}
    plain = {"name": None, "description": None, "labels": None, **signed}
    yield "manifest-1.Manifest.json", {
        "systemName": "throughline", "systemVersion": version, "exportVersion": "3.0", "exportedOn": 0,
    }  # fmt: skip
    for one in ones:
        digest = hashlib.sha256(one.entry.text.encode()).hexdigest()
        yield f"content/{digest}.Content.json", {
            "contentId": one.entry.id, "canonicalHash": digest, "contentHash": digest, "artifactType": "AVRO",
            "contentType": "application/json", "serializedReferences": None,
        }  # fmt: skip
        yield f"content/{digest}.Content.data", one.entry.text
    for subject in dict.fromkeys(one.subject for one in ones):
        folder, of = f"groups/default/artifacts/{subject}", {"groupId": None, "artifactId": subject}
        versions = [one.entry for one in ones if one.subject == subject]
        yield f"{folder}/MetaData.Artifact.json", {**of, "artifactType": "AVRO", **plain}
        for entry in versions:
            yield f"{folder}/versions/{entry.version}.ArtifactVersion.json", {
                **of, **plain, "globalId": entry.id, "contentId": entry.id, "version": str(entry.version),
                "versionOrder": entry.version, "state": "ENABLED",
            }  # fmt: skip
        yield f"{folder}/branches/latest.Branch.json", {
            **of, **signed, "branchId": "latest", "description": None, "systemDefined": True,
            "versions": [str(entry.version) for entry in versions],
        }  # fmt: skip
