"""What must come out: the outcome of every event, and what stands in whose view when each phase has ended."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from partners.population import alerts
from partners.population.alerts import Signal
from partners.population.deadlines import Deadlines
from partners.population.oracle import Books, Sight
from partners.population.planned import Planned

PHASES = ("history", "changes", "trickle")


@dataclass(frozen=True)
class Totals:
    """Distinct events by outcome, and persons, when a phase has ended; all that came before counts too."""

    published: int
    carried: int
    withheld: int
    rejected: int
    persons: int


@dataclass
class Truth:
    """The answers to a population."""

    totals: dict[str, Totals] = field(default_factory=dict)
    """By phase, at its end."""
    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By phase, at its end: carried, withheld or rejected of every event published so far."""
    codes: dict[str, str] = field(default_factory=dict)
    """Why each rejected event was."""
    visible: dict[str, list[Sight]] = field(default_factory=dict)
    """By phase, at its end: recipient, person's label, event id; sorted."""
    signals: dict[str, list[Signal]] = field(default_factory=dict)
    """By phase, at its end: what is raised, as recipient, person's label, rule and what it is about; sorted."""
    records: dict[str, dict[str, str]] = field(default_factory=dict)
    """By phase, at its end: the person's label of each record that has an accepted event."""
    changes: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the events of each kind of change."""
    demo: dict[str, list[str]] = field(default_factory=dict)
    """Persons' labels at the end of history, by case manager of the demonstration."""

    @property
    def final(self) -> Totals:
        """Totals when all has ended."""
        return self.totals[list(self.totals)[-1]]

    def to_document(self) -> dict[str, object]:
        """As JSON values: the final totals at the top, everything else by phase."""
        return {**asdict(self.final), "phases": list(self.totals), **asdict(self)}


class Judge:
    """Writes the truth phase by phase."""

    def __init__(self, books: Books, deadlines: Deadlines) -> None:
        """Start with empty books."""
        self.books = books
        self.deadlines = deadlines
        self.truth = Truth()
        self._carried: set[str] = set()
        self._rejected: dict[str, str] = {}
        self._seen: set[str] = set()

    def judge(self, phase: str, events: Iterable[Planned]) -> set[Sight]:
        """Take a phase in; what stands in the views at its end."""
        events = list(events)
        taken_back = {e.event_id for e in events if self._takes_back(e)}
        self.books.tell(events)
        self._rejected |= {e.event_id: e.code for e in events if e.code}
        visible = self.books.visible()
        self._seen = {event_id for _, _, event_id in visible}
        applied = {e.event_id for e in events if not e.code and e.family in {"identity", "consent", "caseload"}}
        self._carried |= self._seen | taken_back | applied
        self._write(phase, visible)
        return visible

    def _takes_back(self, event: Planned) -> bool:
        """Whether a retraction reaches somebody: an earlier version of its fact stands in a view."""
        return event.envelope.get("operation") == "retract" and event.envelope["supersedes_event_id"] in self._seen

    def _write(self, phase: str, visible: set[Sight]) -> None:
        every = [*self.books.events, *self._rejected]
        outcomes = {event_id: self._outcome(event_id) for event_id in sorted(every)}
        counts = Counter(outcomes.values())
        persons = self.books.persons()
        by_outcome = (counts["carried"], counts["withheld"], counts["rejected"])
        self.truth.totals[phase] = Totals(len(outcomes), *by_outcome, len(set(persons.values())))
        self.truth.outcomes[phase] = outcomes
        self.truth.codes = dict(sorted(self._rejected.items()))
        self.truth.visible[phase] = sorted(visible)
        self.truth.signals[phase] = alerts.raised(visible, self.books.events, self.books.today, self.deadlines)
        self.truth.records[phase] = persons

    def _outcome(self, event_id: str) -> str:
        if event_id in self._rejected:
            return "rejected"
        return "carried" if event_id in self._carried else "withheld"
