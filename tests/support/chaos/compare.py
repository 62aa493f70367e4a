"""What a run has left behind, compared with the population's truth and with itself. Pure: values in, sets out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy.topic_reader import Read
from partners.population import Truth
from processors.numbers import COMPACTED, HEADER, OUTSIDERS, Number, number_of
from processors.records import Arrival
from streams import signals
from support.chaos.raised import Told

PHASES = ("history", "changes")
"""Phases of the population that a run publishes; the truth at the end of the last one is what must stand."""
WRONG = ("lost", "duplicated", "gaps", "leaked", "unequal")
RETRACTED = "release_retracted"
SENT_AGAIN = signals.NAME
"""The one stage that may send a record twice, under the same number: it has no transactions."""
Place = tuple[str, int]
"""Topic and partition."""
Sight = tuple[str, str, str]
"""Recipient, person and event id."""
Counts = Mapping[tuple[str, ...], int]


@dataclass(frozen=True)
class View:
    """What the case views hold."""

    rows: Sequence[Sight] = field(repr=False)
    """That stand."""
    families: Counts
    """Rows that stand, by recipient and family; counted by the database."""
    persons: Counts
    """The same by recipient and person."""
    signals: Counts
    """Signals by recipient, rule and state; not those that were retracted."""
    raised: Sequence[Told] = field(repr=False)
    """Signals that are raised."""
    newest: Mapping[Sight, tuple[int, str]] = field(default_factory=dict, repr=False)
    """Position and state of every row, whether it stands or was taken back."""


@dataclass(frozen=True)
class Run:
    """What a run has left behind, as an outsider finds it."""

    published: set[str]
    outcomes: Mapping[str, str]
    arrivals: Sequence[Arrival] = field(repr=False)
    """Every committed record of our own topics, as it travels."""
    reads: Sequence[Read] = field(repr=False)
    """The same, decoded, in the order of each partition."""
    view: View
    positions: Mapping[str, Mapping[Place, int]]
    """Next offset by place, by who remembers it: a stage's store, its group, the view."""
    ends: Mapping[str, Mapping[Place, int]]
    """Where its inputs end, by the same names: one behind the last record."""
    given: set[Told] = field(repr=False)
    """Signals that the decision finds in what was released."""
    gap_records: int = 0
    """Missing records of which workers told."""


def wrong(run: Run, truth: Truth) -> dict[str, set[object]]:
    """Everything that is wrong, by the names of ``WRONG``."""
    found = (lost(run, truth), duplicated(run), gaps(run), leaked(run, truth), unequal(run, truth))
    return dict(zip(WRONG, found, strict=True))


def lost(run: Run, truth: Truth) -> set[object]:
    """Events that did not end as the truth says; rows that should stand and do not; signals that the releases give."""
    expected = truth.outcomes[PHASES[-1]]
    off: set[object] = {e for e in run.published | expected.keys() if run.outcomes.get(e) != expected.get(e)}
    seen = {(recipient, event) for recipient, _, event in run.view.rows}
    off |= {(r, e) for r, _, e in truth.visible[PHASES[-1]] if (r, e) not in seen}
    return off | (run.given - set(run.view.raised))


def duplicated(run: Run) -> set[object]:
    """What was done twice: an event decided as new, applied or rejected again, or both; a record sent or kept again."""
    counts = Counter[tuple[str, ...]](key for read in run.reads if (key := _once(read)) is not None)
    counts.update(("row", *sight) for sight in run.view.rows)
    counts.update(("signal", id_) for id_, *_ in run.view.raised)
    decided = {r.row.get("event_id") for r in run.reads if r.name in {"decision_recorded", "identity_changed"}}
    rejected = {r.row["event_id"] for r in run.reads if r.name == "dead_letter"}
    return {key for key, count in counts.items() if count > 1} | {("two ends", e) for e in decided & rejected if e}


def _once(read: Read) -> tuple[str, ...] | None:
    """Names what may be there only once; None of what may come again."""
    row = read.row
    if read.name == "decision_recorded":
        return (read.name, row["decision_id"])
    if read.name == "resolved_event":
        return (read.name, row["event_id"])
    if read.name == "dead_letter":
        return (read.name, row["topic"], str(row["partition"]), str(row["offset"]))
    if read.name == "identity_changed":
        return (read.name, row["change_id"], row["from_person_id"] or "")
    return (read.name, row["release"]["release_id"]) if "release" in row else None


def leaked(run: Run, truth: Truth) -> set[object]:
    """What reached a recipient that the truth never allows, or stands where it should not, or under a wrong person."""
    allowed = {(r, e) for phase in PHASES for r, _, e in truth.visible[phase]}
    sent = {(x.row["release"]["recipient"], x.row["release"]["event_id"]) for x in run.reads if "release" in x.row}
    standing = {(r, e) for r, _, e in truth.visible[PHASES[-1]]}
    out: set[object] = {*(sent - allowed)}
    return out | {(r, e) for r, _, e in run.view.rows if (r, e) not in standing} | _misplaced(run.view.rows, truth)


def _misplaced(rows: Sequence[Sight], truth: Truth) -> set[object]:
    """Persons of the view that are not one and the same person of the truth."""
    labels = {(r, e): label for r, label, e in truth.visible[PHASES[-1]]}
    pairs = {(labels[r, e], person) for r, person, e in rows if (r, e) in labels}
    by_label, by_person = Counter(label for label, _ in pairs), Counter(person for _, person in pairs)
    return {pair for pair in pairs if by_label[pair[0]] > 1 or by_person[pair[1]] > 1}


def gaps(run: Run) -> set[object]:
    """Numbers that are missing or there twice, positions that are not the end of an input, and what workers told."""
    told: set[object] = {("told by workers", run.gap_records)} if run.gap_records else set()
    return told | _off_numbers(run.arrivals) | off_ends(run)


def _off_numbers(arrivals: Sequence[Arrival]) -> set[object]:
    """Of each stage and partition that it writes to: what breaks 1, 2, 3 and so on."""
    found, last = set[object](), dict[tuple[str, int, str], Number]()
    for arrival in sorted(arrivals, key=lambda a: (a.topic, a.partition, a.offset)):
        if arrival.topic in COMPACTED or arrival.topic.startswith(OUTSIDERS):
            continue
        read = number_of(arrival.headers.get(HEADER, b""))
        if read is None:
            found.add(("no number", arrival.position))
            continue
        stage, number = read
        source = (arrival.topic, arrival.partition, stage)
        if not _follows(last.get(source), number, stage):
            found.add((f"{stage}'s {number} after {last.get(source)}", arrival.position))
        last[source] = max(number, last.get(source, number))
    return found


def _follows(last: Number | None, number: Number, stage: str) -> bool:
    generation, value = number
    if last is None or generation > last[0]:
        return value == 1
    return number == (generation, last[1] + 1) if number > last else stage == SENT_AGAIN


def off_ends(run: Run) -> set[tuple[str, Place, int | None, int]]:
    """Positions that are not the end of an input: whose, of what, where it is and where it should be."""
    return {
        (keeper, place, run.positions[keeper].get(place), end)
        for keeper, ends in run.ends.items()
        for place, end in ends.items()
        if run.positions[keeper].get(place) != end
    }


def unequal(run: Run, truth: Truth) -> set[object]:
    """Aggregates of the view that are not those of a plain fold of the topics; persons; signals without a reason."""
    families = Counter((r, family) for (r, _, _), family in standing(run.reads).items())
    persons = Counter((r, person) for r, person, _ in standing(run.reads))
    pairs = ((families, run.view.families), (persons, run.view.persons), (raised(run.reads), run.view.signals))
    off = {(*key, folded.get(key), kept.get(key)) for folded, kept in pairs for key in _differing(folded, kept)}
    records = {r.row["record_key"]: r.row["person_id"] for r in run.reads if r.name == "identity_record"}
    count = (len(set(records.values())), truth.totals[PHASES[-1]].persons)
    extra = set(run.view.raised) - run.given
    return {*off, *extra, *([("persons", *count)] if count[0] != count[1] else [])}


def _differing(one: Counts, other: Counts) -> set[tuple[str, ...]]:
    return {key for key in one.keys() | other.keys() if one.get(key, 0) != other.get(key, 0)}


def standing(reads: Sequence[Read]) -> dict[Sight, str]:
    """Family by what stands: the record of the highest position of each recipient, person and event, if a release."""
    pairs = newest(reads).items()
    return {key: read.row["release"]["family"] for key, (_, read) in pairs if read.name != RETRACTED}


def newest(reads: Sequence[Read]) -> dict[Sight, tuple[int, Read]]:
    """The record of the highest position of each recipient, person and event, and that position."""
    found = dict[Sight, tuple[int, Read]]()
    for read in reads:
        if release := read.row.get("release"):
            key = (release["recipient"], release["person_id"], release["event_id"])
            if release["position"] > found.get(key, (-1, read))[0]:
                found[key] = release["position"], read
    return found


def raised(reads: Sequence[Read]) -> Counts:
    """Signals by recipient, rule and state, each as its last record says; not those that were retracted."""
    newest = dict[str, Read]()
    for read in reads:
        if read.name == "signal_changed":
            known = newest.get(read.row["signal_id"], read)
            newest[read.row["signal_id"]] = max((known, read), key=lambda r: (r.row["source_offset"], r.offset))
    rows = (read.row for read in newest.values() if read.row["state"] != "retracted")
    return Counter((row["recipient"], row["rule"], row["state"]) for row in rows)
