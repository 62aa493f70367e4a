"""A population of 120 people ends as its truth says: outcomes, codes, persons, what stands in whose view, signals."""

import functools
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest
from support.worlds import PSEUDONYM_KEY, Kept, PureWorld, decoded, record_key, together

from deploy import demo_signals
from deploy.demo_signals import Signals
from deploy.population import generate
from deploy.topic_reader import Read
from partners import events, rows
from partners.population.generate import DEFAULT_AS_OF, Population
from partners.population.oracle import Sight, label_of
from partners.population.planned import Planned
from partners.population.rules import RULES
from processors import names
from processors.records import Arrival, keyed_hash
from processors.resolve.traits import folded
from processors.signals import decide as signals
from processors.signals.calendar import Calendar
from processors.state import Working

RECIPIENTS = sorted({rule.recipient for rules in RULES.values() for rule in rules})
Visible = dict[str, set[frozenset[str]]]
"""By recipient: the events of each person together, whatever the person is called."""


@functools.cache
def population(seed: int, decided_on: date) -> Population:
    """The same for every test of a seed and a day."""
    return generate(120, seed, decided_on=decided_on)


def on(day: date, batch: int = 2_000) -> PureWorld:
    """A world that stands at a day."""
    world = PureWorld(batch=batch)
    world.now = rows.micros(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    return world


def tell(world: PureWorld, planned: Iterable[Planned]) -> None:
    """Send a phase as partners do, and let it settle."""
    for event in planned:
        raw = event.raw if event.row is None else events.framed(event.family, [event.row])[0]
        world.send(event.topic, event.key, raw, dict(event.headers))
    world.settle()


@dataclass
class Raising:
    """The stage signals over a world's releases, and what it has raised."""

    world: PureWorld
    calendar: Calendar
    batch: int
    state: Kept = field(default_factory=Kept)
    told: Signals = field(default_factory=Signals)
    read: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def settle(self) -> Signals:
        """Take in what has been released since."""
        for topic in map(names.released_topic, RECIPIENTS):
            releases = self.world.topics[topic]
            for start in range(self.read[topic], len(releases), self.batch):
                self.decide(releases[start : start + self.batch])
            self.read[topic] = len(releases)
        while signals.is_unfinished(Working(self.state)):
            self.decide([])
        return self.told

    def decide(self, part: Sequence[Arrival]) -> None:
        """One batch."""
        working = Working(self.state)
        for out in signals.decide(part, working, signals.Context(self.calendar)):
            row = decoded(out)
            self.told.enter(Read(out.topic, 0, 0, 0, row.pop("schema"), row))
        self.state.apply(working.changes())


def key_of(event: Planned) -> str:
    """The key under which resolve must know an event's record."""
    if event.envelope["subject_token"] is not None:
        return record_key(event.partner, event.envelope["subject_token"])
    number = next(i["value"] for i in event.envelope["identifiers"] if i["system"] == "SSN")
    return keyed_hash(PSEUDONYM_KEY, "record", event.partner, "wage", number, folded(event.envelope["subject_name"]))


def expected_view(sights: Iterable[Sight]) -> Visible:
    """The truth's sights by recipient and person."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for recipient, person, event in sights:
        found[recipient][person].add(event)
    return {recipient: {frozenset(seen) for seen in found[recipient].values()} for recipient in RECIPIENTS}


def view(world: PureWorld) -> Visible:
    """What stands in the views."""
    return expected_view((r, person, event) for r in RECIPIENTS for person, event in world.view(r))


@pytest.mark.parametrize(
    ("seed", "batch", "decided_on"),
    [
        (1, 2_000, DEFAULT_AS_OF),
        (2, 2_000, date(2026, 11, 24)),
        (1, 7, date(2027, 3, 1)),
    ],
)
def test_every_phase_of_a_population_ends_as_its_truth_says(seed: int, batch: int, decided_on: date) -> None:
    made, world = population(seed, decided_on), on(decided_on, batch)
    truth = made.truth
    raising = Raising(world, Calendar.model_validate(tomllib.loads(made.deadlines.to_toml())), batch)
    for phase, planned in made.phases.items():
        tell(world, planned)
        outcomes = world.outcomes()
        assert {event: outcome.split(":")[0] for event, outcome in outcomes.items()} == truth.outcomes[phase]
        assert view(world) == expected_view(truth.visible[phase])
        assert demo_signals.differences(truth, raising.settle(), phase) == []
        assert truth.signals[phase]
    codes = {event: outcome.removeprefix("rejected:") for event, outcome in outcomes.items() if ":" in outcome}
    assert codes == truth.codes
    sound = [event for planned in made.phases.values() for event in planned if not event.code]
    persons = {key_of(event): truth.records[phase][label_of(event)] for event in sound}
    assert world.record_groups() == together(persons)


@pytest.mark.parametrize("later", [date(2027, 1, 31), date(2027, 10, 20)])
def test_days_that_pass_bring_what_a_truth_judged_for_the_later_day_says(later: date) -> None:
    made, truth = population(1, DEFAULT_AS_OF), population(1, later).truth
    world = on(DEFAULT_AS_OF)
    raising = Raising(world, Calendar.model_validate(tomllib.loads(made.deadlines.to_toml())), 2_000)
    for phase in ("history", "changes"):
        tell(world, made.phases[phase])
        raising.settle()
    world.go_on_until(later.isoformat())
    assert view(world) == expected_view(truth.visible["changes"]) != expected_view(made.truth.visible["changes"])
    assert demo_signals.differences(truth, raising.settle(), "changes") == []
    assert truth.signals["changes"] != made.truth.signals["changes"]


def test_the_populations_events_leave_no_trait_of_anybody_outside_the_identity_zone() -> None:
    made, world = population(2, DEFAULT_AS_OF), on(DEFAULT_AS_OF)
    tell(world, made.phases["history"])
    identities = [e for e in made.phases["history"] if e.family == "identity" and e.row is not None and not e.code]
    numbers = {e.row["body"]["ssn"].encode() for e in identities if e.row and e.row["body"]["ssn"]}
    tokens = {e.key for e in identities}
    outward = [t for t in world.topics if not t.startswith(("partner.", "control."))]
    values = [a.value or b"" for topic in outward for a in world.topics[topic]]
    kept = [v for state in world.states.values() for rows in state.everything().values() for _, v in rows]
    everything = b"\n".join([*values, *kept])
    assert len(numbers) > 50
    assert len(tokens) > 100
    assert [secret for secret in numbers | tokens if secret in everything] == []
