"""``throughline deadletters list|show``: what could not travel, and why; never a value."""

from collections import Counter
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from deploy.commands.topics import AsJson
from deploy.commands.worker import keys_dir
from deploy.console import bootstrap
from deploy.topic_reader import all_of
from processors import names, sealing
from processors.resolve.decide import dead_letter_key
from processors.resolve.gate import UUID
from schemas_avro import catalog, codec, wire
from schemas_avro.masked import MASK
from streams import settings
from streams.errors import ThroughlineError
from streams.keyring import Keyring

app = typer.Typer(help="Dead letters: events that cannot travel, and why.", no_args_is_help=True)
Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]
Row = dict[str, Any]


def dead_letters(address: str, partner: str | None) -> list[Row]:
    """Dead letters, oldest first."""
    topic = None if partner is None else names.deadletter_topic(partner)
    found = all_of(address, lambda name: name == topic if topic else name.startswith("deadletter."))
    return sorted((read.row for read in found), key=lambda row: (row["rejected_at"], place_of(row)))


def place_of(row: Row) -> str:
    """topic/partition/offset: the dead letter's name."""
    return f"{row['topic']}/{row['partition']}/{row['offset']}"


@app.command("list")
def list_(partner: Partner = None, as_json: AsJson = False) -> None:
    """List dead letters, counted by code.

    Example: throughline deadletters list --partner csac
    """
    rows = dead_letters(bootstrap(), partner)
    shown = [
        {
            "place": place_of(r),
            "partner": r["partner_id"],
            "family": r["family"],
            "code": r["code"],
            "field": r["field"],
        }
        for r in rows
    ]
    if as_json:
        counts = Counter(row["code"] for row in rows)
        typer.echo(orjson.dumps({"count": len(rows), "by_code": dict(counts), "dead_letters": shown}))
        return
    table = Table(Column("place", overflow="fold"), "partner", "family", Column("code", overflow="fold"), "field")
    for row in shown:
        table.add_row(*(str(value or "") for value in row.values()))
    Console().print(table)


@app.command("show")
def show(place: Annotated[str, typer.Argument(help="topic/partition/offset, as list prints it.")]) -> None:
    """Show one dead letter as JSON: its fields, each value of a person masked.

    Example: throughline deadletters show partner.csac.aid/0/17
    """
    topic, _, _ = place.partition("/")
    partner = topic.split(".")[1] if topic.count(".") == 2 else None  # noqa: PLR2004  # partner.<partner>.<family>
    row = next((r for r in dead_letters(bootstrap(), partner) if place_of(r) == place), None)
    if row is None:
        raise ThroughlineError(f"no dead letter at {place}; `throughline deadletters list` has them all")
    keyring = Keyring(keys_dir(settings.load()))
    try:
        content = sealing.unseal(keyring, dead_letter_key(row["partner_id"]), place, row["sealed_bytes"])
    except sealing.UnreadableError:
        content = b""
    finally:
        keyring.close()
    head = {name: value for name, value in row.items() if name != "sealed_bytes"}
    typer.echo(
        orjson.dumps({**head, "bytes": len(content), "event": masked_event(content)}, option=orjson.OPT_INDENT_2)
    )


def masked_event(value: bytes) -> Row | None:
    """An event masked but for operational numbers, codes and ids; None where it does not decode.

    Free text is masked whatever its field is for: a broken sender puts anything anywhere.
    """
    schema_id = wire.schema_id_of(value)
    if schema_id not in catalog.catalog() or schema_id is None:
        return None
    row = codec.decode_strictly(schema_id, wire.payload_of(value))
    return None if row is None else _masked(catalog.catalog()[schema_id].schema, row)


def _masked(schema: Row, row: Row) -> Row:
    return {f["name"]: _masked_value(f, row[f["name"]]) for f in schema["fields"]}


def _masked_value(field: Row, value: Any) -> Any:
    if isinstance(value, dict):
        return _masked(next(catalog.named_types(field["type"])), value)
    shown = field["classification"] == "operational" and (not isinstance(value, str) or _is_harmless(field, value))
    return value if value is None or shown else MASK


def _is_harmless(field: Row, text: str) -> bool:
    """Whether a text is of a closed set, or of a form that no name or number of a person has."""
    is_enum = any(named["type"] == "enum" for named in catalog.named_types(field["type"]))
    known = {f"{family}.recorded.v1" for family in catalog.FAMILIES}
    return is_enum or text in known or UUID.fullmatch(text) is not None
