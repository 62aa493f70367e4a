"""``throughline demo``: the main job on one machine, from made-up partners' events to two case managers' live pages."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from deploy import brokers, demo_run
from deploy.commands.serve import portal_secret
from deploy.console import FAILED, stop_on_signals
from deploy.demo_reader import Reader
from deploy.kafka_jars import default_cache_dir
from deploy.ledger import LiveLedger
from deploy.local_kafka import prepare as prepare_kafka
from deploy.population import generate
from deploy.processes import replace_json
from deploy.stack import Stack, clear
from partners.client import Publisher
from partners.population import TRICKLED, Population, places
from portal.sign_in import make_sign_in_link
from streams import settings
from streams.errors import ThroughlineError
from streams.settings import Settings

MANAGERS = {"cm-alvarez": ("R. Alvarez", "lausd_counseling"), "cm-nguyen": ("T. Nguyen", "ccc_transfer_center")}
"""Demo users: id, name and recipient."""
POSTS = {
    "cm-alvarez": "high school counselor, Los Angeles Unified",
    "cm-nguyen": "college transfer counselor, community college transfer center",
}
"""What these users do, and where, for whoever chooses between their links."""
TRICKLE_SECONDS = 2.0
SEED = 7
FEWEST_PEOPLE = 100


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Publish, wait for the end of every event, compare, stop.")
    ] = False,
    people: Annotated[int, typer.Option(min=FEWEST_PEOPLE, help="How many made-up people.")] = 2000,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: one JSON object as the last line.")] = False,
) -> None:
    """Start a local Kafka, publish made-up people as several partners, run every stage, open the portal.

    With --once: exits 0 only if every figure equals the population's truth.

    Example: throughline demo --once --people 2000 --json
    """
    console = Console(stderr=True)
    stopping = stop_on_signals()
    if once:
        clear(settings.load().data_dir / "once")
        chosen = _settings(settings.load().data_dir / "once", port=0)
        raise typer.Exit(_once(chosen, people, console, stopping, as_json=as_json))
    _live(_settings(settings.load().data_dir, port=None), people, console, stopping)


def _settings(data_dir: Path, port: int | None) -> Settings:
    data_dir.mkdir(parents=True, exist_ok=True)
    loaded = settings.load()
    folder = data_dir.absolute()
    chosen: dict[str, Any] = {
        "data_dir": folder,
        "users_file": folder / "users.toml",
        "organizations_file": folder / "organizations.toml",
        "signals_file": folder / "signals.toml",
    }
    if loaded.bootstrap is None:
        chosen["broker"] = brokers.way_of(data_dir / "kafka", loaded.broker, partial(typer.echo, err=True))
    return loaded.model_copy(update=chosen if port is None else {**chosen, "portal_port": port})


def _once(chosen: Settings, people: int, console: Console, stopping: threading.Event, *, as_json: bool) -> int:
    with _progress(console, stopping) as (tell, progress):
        tell("making the population")
        made = generate(people, SEED, decided_on=demo_run.now().date())
        _write_files(chosen, made)
        with Stack(chosen, tell) as stack, ExitStack() as held:
            figures = demo_run.run_once(stack, made, lambda: _readers(stack, held), progress)
    wrong = demo_run.differences(made.truth, figures)
    for line in wrong:
        console.print(line, style="red", highlight=False)
    document = figures.to_document()
    if as_json:
        sys.stdout.write(orjson.dumps(document).decode() + "\n")
    else:
        for name, value in document.items():
            console.print(f"{name:<18} {value}", highlight=False)
        console.print("equal to the population's truth" if not wrong else "not equal to the population's truth")
    return FAILED if wrong else 0


def _readers(stack: Stack, held: ExitStack) -> list[Reader]:
    """Both demo case managers, signed in."""
    return [held.enter_context(Reader(link)) for link in _links(stack).values()]


def _links(stack: Stack) -> dict[str, str]:
    secret = portal_secret(stack.settings)
    return {user_id: make_sign_in_link(stack.portal, secret, user_id) for user_id in MANAGERS}


def _live(chosen: Settings, people: int, console: Console, stopping: threading.Event) -> None:
    """Load what is not loaded yet, then trickle until Ctrl-C."""
    made = generate(people, SEED, decided_on=demo_run.now().date())
    _write_files(chosen, made)
    noted = _Noted.read(chosen.data_dir / "demo.json", people)
    try:
        with ExitStack() as held:
            with _progress(console, stopping) as (tell, progress):
                stack = held.enter_context(Stack(chosen, tell))
                _load(stack, made, noted, progress)
            _say_where(stack, console)
            _trickle(stack, made, noted, stopping)
    except KeyboardInterrupt:
        pass
    console.print("stopped")


@dataclass
class _Noted:
    """What an earlier run has done, in a file."""

    path: Path
    people: int
    loaded: bool = False
    next: int = TRICKLED
    """Number of the next event of the trickle."""

    @classmethod
    def read(cls, path: Path, people: int) -> "_Noted":
        """What is noted; of another population it is an error."""
        noted = json.loads(path.read_text()) if path.exists() else {"people": people}
        if noted["people"] != people:
            raise ThroughlineError(f"the demo's data are of {noted['people']} people, not {people}: run `make clean`")
        return cls(path, **noted)

    def write(self) -> None:
        """Note it."""
        replace_json(self.path, {"people": self.people, "loaded": self.loaded, "next": self.next})


def _load(stack: Stack, made: Population, noted: _Noted, progress: demo_run.Progress) -> None:
    """Publish history and changes, where no earlier run has; doing again what was cut off doubles nothing."""
    if noted.loaded:
        return
    ledger = LiveLedger(stack.bootstrap)
    with Publisher(stack.bootstrap, demo_run.PARTNER) as publisher:
        for phase in ("history", "changes"):
            events = made.phases[phase]
            demo_run.run_phase(stack, publisher, ledger, events, partial(progress, phase, total=len(events)))
    ledger.close()
    noted.loaded = True
    noted.write()


def _trickle(stack: Stack, made: Population, noted: _Noted, stopping: threading.Event) -> None:
    with Publisher(stack.bootstrap, demo_run.PARTNER) as publisher:
        for event in made.trickle(noted.next, demo_run.now):
            stack.check()
            noted.next += 1
            noted.write()
            demo_run.send_checked(stack, publisher, [event])
            if stopping.wait(TRICKLE_SECONDS):
                return


def introduced(user_id: str) -> str:
    """A demo user as the demo tells of them: name, post and organization."""
    return f"{MANAGERS[user_id][0]}, {POSTS[user_id]}"


def _say_where(stack: Stack, console: Console) -> None:
    console.print(f"\nThe portal is open at [bold]{stack.portal}[/bold]. Sign in, each link once:\n", highlight=False)
    for user_id, link in _links(stack).items():
        console.print(f"  {introduced(user_id)}:", highlight=False, soft_wrap=True)
        console.print(f"  {link}\n", highlight=False, soft_wrap=True)
    console.print("New events come in every few seconds. Ctrl-C stops everything; `make demo` goes on from here.")


def _write_files(chosen: Settings, made: Population) -> None:
    """Who may sign in, what schools are called, and the calendar by which these people's signals are raised."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    entries = [f'[[users]]\nid = "{i}"\nname = "{n}"\nrecipient = "{r}"\n' for i, (n, r) in MANAGERS.items()]
    chosen.users.write_text("\n".join(entries), encoding="utf-8")
    chosen.organizations.write_text(places.organizations_toml(), encoding="utf-8")
    chosen.calendar.write_text(made.deadlines.to_toml(), encoding="utf-8")


@contextmanager
def _progress(console: Console, stopping: threading.Event) -> Iterator[tuple[Callable[[str], None], demo_run.Progress]]:
    """What is going on: a spinner and bars on a terminal, a line for each new thing elsewhere.

    Raises:
        KeyboardInterrupt: a signal asked to stop. Raised from here and not by the signal itself, which would hit
            whatever C code is running.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(line: str) -> None:
            if stopping.is_set():
                raise KeyboardInterrupt
            bars.console.print(line, highlight=False)

        def progress(name: str, done: int, total: int) -> None:
            if stopping.is_set():
                raise KeyboardInterrupt
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
                tell(f"publishing {name}: {total} events")
            bars.update(tasks[name], completed=done)

        yield tell, progress


def clean() -> None:
    """End what an earlier demo left running, and remove everything that it kept.

    Example: throughline clean
    """
    data_dir = settings.load().data_dir
    clear(data_dir / "once")
    clear(data_dir)


def prepare() -> None:
    """Fetch Kafka's jars and train its start, once for this machine; `make setup` does it.

    Example: throughline prepare
    """
    prepare_kafka(default_cache_dir(), typer.echo)
