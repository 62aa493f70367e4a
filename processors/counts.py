"""What decisions count for operators: names, and labels from closed sets only. Nothing here is about a person.

Names and their labels: events (family, outcome, reason), denials (family, reason), releases (recipient, kind, reason),
dead_letters (partner, code), unlisted_codes (partner, table), swept_persons (sweep), signals (rule, state); of
whose records are one person's identity_changes (kind), identity_vetoes (veto), identity_links (partner, other),
identity_reviews_opened and identity_reviews_closed (reason), identity_decisions (decision), identity_models_refused
(reason), identity_blocks and identity_blocks_capped; erasures and erased_records (reason); disclosure_orders (step,
outcome, reason).
Noted as the highest value: published and arrived (partner), microseconds since 1970.
"""

from collections.abc import Sequence

from processors.records import Topic
from processors.resolve.codes import Code
from processors.state import Working
from schemas_avro import catalog

EVENTS, DENIALS, RELEASES, DEAD_LETTERS = "events", "denials", "releases", "dead_letters"
SWEPT = "swept_persons"
MODEL = "model"
"""Among the sweeps: another model of identity is taken; what it counts are rows of records, not persons."""
RIGHTS = "rights"
"""Likewise: an agreement calls a partner another kind of agency, and whose rights its records are is asked anew."""
CHANGES, VETOES, LINKS = "identity_changes", "identity_vetoes", "identity_links"
REVIEWS_OPENED, REVIEWS_CLOSED = "identity_reviews_opened", "identity_reviews_closed"
DECISIONS, MODELS_REFUSED = "identity_decisions", "identity_models_refused"
BLOCKS, BLOCKS_CAPPED = "identity_blocks", "identity_blocks_capped"
ERASURES, ERASED_RECORDS = "erasures", "erased_records"
ORDERS = "disclosure_orders"
UNLISTED = "unlisted_codes"
PUBLISHED, ARRIVED = "published", "arrived"
OTHER = "other"
"""Whatever is not in the closed set."""
NONE = ""
"""No reason is needed."""
NOBODY = "nobody_named"
"""Reason of an event that is withheld because no agreement names a recipient for it."""
SEVERAL = "several"
"""Reason of an event that is withheld from its recipients for more than one reason."""
ADMITTED, REPEATED, REJECTED = "admitted", "repeated", "rejected"
APPLIED, CARRIED, WITHHELD = "applied", "carried", "withheld"
RELEASED, RETRACTED = "released", "retracted"
KINDS_OF_CHANGES = ("linked", "merged", "split", "relinked")
"""Those of ``identity_changed.avsc`` that change a record's person."""
NAMES_OF_VETOES = ("twins", "shared_number", "juniors", "household", "strangers", "new_surname", "suffixes")
"""As ``matching/vetoes.py`` has them, which not every process that counts should load: it compares in columns."""
REASONS_OF_REVIEWS = ("grey", "unclear", "capped")
"""Those of ``identity_review.avsc``."""
KINDS_OF_DECISIONS = ("same", "different", "withdrawn")
"""Those of ``identity_decided.avsc``."""
REASONS_OF_ERASURES = ("parent_request", "student_request", "court_order", "agreement_ended", "error")
"""Those of ``erasure_requested.avsc``."""
STEPS_OF_ORDERS = ("stated", "approved", "ended")
"""Those of ``disclosure_ordered.avsc``."""
REFUSALS_OF_ORDERS = ("nobody", "out_of_turn", "same_person", "wrong_reason", "no_day")
"""Those of ``consent/orders.py``."""
REFUSALS_OF_MODELS = ("not_unsealed", "other_version", "other_name")
"""Those of ``model_refused.avsc``."""


def family_of(name: str) -> str:
    """A family as a label."""
    return name if name in catalog.FAMILIES else OTHER


def partner_of(partner_id: str, state: Working) -> str:
    """A partner as a label: one that has, or had, an agreement to publish."""
    return partner_id if state.get("mou", partner_id) is not None else OTHER


def arrived(state: Working, topic: str, appended_at: Sequence[int], published_at: Sequence[int] = ()) -> None:
    """Count arrivals of one topic that the gate has admitted; with no ``published_at`` (microseconds): repeats."""
    family, partner = _came(state, topic, appended_at)
    state.count(EVENTS, family, ADMITTED if published_at else REPEATED, NONE, times=len(appended_at))
    if published_at:
        state.note(max(published_at), PUBLISHED, partner)


def rejected(state: Working, topic: str, appended_at: Sequence[int], code: Code) -> None:
    """Count arrivals of one topic that cannot travel for one reason."""
    family, partner = _came(state, topic, appended_at)
    state.count(EVENTS, family, REJECTED, code.value, times=len(appended_at))
    state.count(DEAD_LETTERS, partner, code.value, times=len(appended_at))


def unlisted(state: Working, partner_id: str, code_set: str, times: int) -> None:
    """Count codes that their table lacks, where it is known to lack some; their events are carried."""
    state.count(UNLISTED, partner_of(partner_id, state), code_set, times=times)


def _came(state: Working, name: str, appended_at: Sequence[int]) -> tuple[str, str]:
    """Labels of a topic's family and partner; the newest arrival (milliseconds) is noted."""
    topic = Topic.parse(name)
    family, partner = family_of(topic.family), partner_of(topic.partner_id, state)
    state.note(max(appended_at) * 1_000, ARRIVED, partner)
    return family, partner


def came_before(state: Working, family: str) -> None:
    """Count an event of the log that consent knows already."""
    state.count(EVENTS, family_of(family), REPEATED, NONE)


def decided(state: Working, family: str, outcome: str, denials: Sequence[str], times: int = 1) -> None:
    """Count events that consent has decided for the first time, alike in their denials, and each denial."""
    for reason in denials:
        state.count(DENIALS, family_of(family), reason, times=times)
    reason = _reason(denials) if outcome == WITHHELD else NONE
    state.count(EVENTS, family_of(family), outcome, reason, times=times)


def _reason(denials: Sequence[str]) -> str:
    """The one reason of an event that nobody may see."""
    if not denials:
        return NOBODY
    return denials[0] if len(set(denials)) == 1 else SEVERAL


def identity_changed(state: Working, kind: str, times: int = 1) -> None:
    """Count records that, new, joined a person (linked), or changed persons: merged, split or relinked."""
    state.count(CHANGES, _known(kind, KINDS_OF_CHANGES), times=times)


def identity_vetoed(state: Working, veto: str, times: int = 1) -> None:
    """Count pairs of what two records say that were compared, and of which a veto said that they are of two persons."""
    state.count(VETOES, _known(veto, NAMES_OF_VETOES), times=times)


def identity_linked(state: Working, one: str, other: str, times: int = 1) -> None:
    """Count links of records that changed persons, by the partners whose the two records are, in whichever order."""
    state.count(LINKS, *sorted((partner_of(one, state), partner_of(other, state))), times=times)


def review_opened(state: Working, reason: str, times: int = 1) -> None:
    """Count questions to stewards that are asked now and were not before."""
    state.count(REVIEWS_OPENED, _known(reason, REASONS_OF_REVIEWS), times=times)


def review_closed(state: Working, reason: str, times: int = 1) -> None:
    """Count questions that were asked and that records do not raise any more, by the reason for which they had been."""
    state.count(REVIEWS_CLOSED, _known(reason, REASONS_OF_REVIEWS), times=times)


def steward_decided(state: Working, decision: str) -> None:
    """Count a decision by which something else stands than before; a review that it answers is not closed by it."""
    state.count(DECISIONS, _known(decision, KINDS_OF_DECISIONS))


def model_refused(state: Working, reason: str) -> None:
    """Count a choice of a model that records cannot be compared by."""
    state.count(MODELS_REFUSED, _known(reason, REFUSALS_OF_MODELS))


def blocks_asked(state: Working, blocks: int, capped: int) -> None:
    """Count blocking keys under which candidates were looked for, and how many of them had more records than count."""
    state.count(BLOCKS, times=blocks)
    state.count(BLOCKS_CAPPED, times=capped)


def erasure_asked(state: Working, reason: str) -> None:
    """Count a request to erase somebody, by why it is asked for."""
    state.count(ERASURES, _known(reason, REASONS_OF_ERASURES))


def erased(state: Working, reason: str, records: int) -> None:
    """Count records that a stage has erased; none are a count as well, by which the stage knows of it."""
    state.count(ERASED_RECORDS, _known(reason, REASONS_OF_ERASURES), times=records)


def ordered(state: Working, step: str, refusal: str | None) -> None:
    """Count a step of an order of disclosure: carried, or withheld for a reason."""
    outcome, reason = (CARRIED, NONE) if refusal is None else (WITHHELD, _known(refusal, REFUSALS_OF_ORDERS))
    state.count(ORDERS, _known(step, STEPS_OF_ORDERS), outcome, reason)


def _known(name: str, closed: Sequence[str]) -> str:
    return name if name in closed else OTHER
