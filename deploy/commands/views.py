"""``throughline views``: what the owner of case views in PostgreSQL does to their tables."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.console import told_in_a_line
from deploy.views_dsn import views_dsn
from sinks.views import ViewsError
from streams import settings

if TYPE_CHECKING:
    from sinks.postgres.connecting import Connection

views_app = typer.Typer(help="Case views in PostgreSQL: their tables, by their owner.", no_args_is_help=True)


@views_app.command("migrate")
def migrate(as_json: AsJson = False) -> None:
    """Make the tables and roles of the case views, or bring those of an older version forward; what is there stays.

    Example: throughline views migrate
    """
    with _owner() as owner:
        from sinks.postgres import tables  # noqa: PLC0415  # needs the driver, which is asked for before

        steps = tables.migrate(owner)
    told = {"format": tables.FORMAT, "steps": steps}
    typer.echo(orjson.dumps(told) if as_json else f"the views are of format {tables.FORMAT} ({steps} steps)")


@views_app.command("rewrite")
def rewrite(as_json: AsJson = False) -> None:
    """Write releases and signals anew where somebody was erased since; portals and sinks wait meanwhile.

    Example: throughline views rewrite
    """
    with _owner() as owner:
        from sinks.postgres import tables  # noqa: PLC0415  # likewise

        tables.check_format(owner)
        is_done = tables.write_anew(owner)
    why = "written anew" if is_done else "nobody was erased since they were last written anew"
    typer.echo(orjson.dumps({"rewritten": is_done}) if as_json else why)


@contextmanager
def _owner() -> Iterator["Connection"]:
    dsn = views_dsn(settings.load())
    from sinks.postgres.connecting import connect, ours  # noqa: PLC0415  # likewise

    with told_in_a_line(ViewsError), closing(connect(dsn)) as owner, ours():
        yield owner
