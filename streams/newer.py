"""What a newer version has written: an older one refuses it by name, before it has taken any of it.

Formats have numbers, and records of ours the ids of their schemas. A number is raised where an older version would
misread what has the new one. Whoever is too old then stops rather than guess, until a newer version is installed.
"""

from processors.records import Arrivals
from schemas_avro import wire
from schemas_avro.catalog import catalog
from schemas_avro.version import VERSION
from streams.errors import Stop, StoppedError

REMEDY = 'a newer version wrote it: install that one here too, see "Upgrade" in docs/keep-it-running.md'


def check_format(what: str, found: int, known: int) -> None:
    """See that something is of no newer format than is known.

    Raises:
        StoppedError: it is.
    """
    if found > known:
        line = f"{what} has format {found}, Throughline {VERSION} knows none after {known}: {REMEDY}"
        raise StoppedError(line, Stop.TOO_OLD)


def check_schemas(who: str, arrivals: Arrivals) -> None:
    """See that records of ours are of schemas that are known; what is no record of ours is not looked at.

    Raises:
        StoppedError: one is not.
    """
    for schema_id, places in wire.places_by_schema(arrivals.values).items():
        if schema_id is not None and schema_id not in catalog():
            position = arrivals.row(places[0]).position
            line = f"{who}: {position} has schema {schema_id}, which Throughline {VERSION} does not know: {REMEDY}"
            raise StoppedError(line, Stop.TOO_OLD)
