"""Whose word counts for which records: the truth's own reading of FERPA, of the Education Code and of foster care."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from partners.population.attending import attending
from partners.population.majority import FOR_A_CHILD, birthday, day_of_majority
from partners.population.planned import Planned

ONES_OWN = {"ccc", "csu", "edd"}
"""Partners in whose records the rights are the person's own at any age: colleges, and the keeper of wages."""
FOR_A_FOSTER_CHILD = {"guardian", "education_rights_holder", "court"}
MAY_SPEAK_ALONE = 14
"""Years, of those without home and parents."""
GIVEN = {"given", "renewed"}


@dataclass(frozen=True)
class Standing:
    """What is told of a person."""

    is_independent: bool
    """Grown up, emancipated, or attending a college alone."""
    is_open: bool
    """Nobody knows whether a college alone is attended: who grants must be one who may in either case."""
    is_alone: bool
    is_fostered: bool
    cared_for_by: frozenset[str]
    care_ended: bool

    def counts(self, statement: Planned, holder: str) -> bool:
        """Whether a statement counts for records of a holder."""
        role, is_own = statement.body["granted_by_role"], self.is_independent or holder in ONES_OWN
        if statement.body["event_state"] not in GIVEN:
            return not (is_own and role in FOR_A_CHILD)
        if is_own:
            return role in {"student", "court"}
        allowed = FOR_A_FOSTER_CHILD if self.is_fostered else FOR_A_CHILD | {"court"}
        if self.is_alone:
            allowed = allowed | {"student"}
        return role in (allowed & {"student", "court"} if self.is_open else allowed)

    def may_care(self, agency: str) -> bool:
        """Whether nothing is told against an agency's being responsible for the child."""
        return agency in self.cared_for_by or not (self.cared_for_by or self.care_ended)


def standing(births: Iterable[int], records: Sequence[list[Planned]], today: int) -> Standing:
    """What stands of a person.

    Args:
        births: birth dates that records say, in days since 1970-01-01.
        records: of each record its facts that stand, oldest first.
        today: likewise.
    """
    born = list(births)
    told = [_last_words([fact for fact in facts if fact.family == "social_service"]) for facts in records]
    placed = [one for one in told if one.get("placement_event")]
    in_care = [one for one in placed if one["placement_event"] != "exited"]
    attended = attending((fact for facts in records for fact in facts), today)
    is_of_age = any(day_of_majority(day) <= today for day in born)
    is_independent = is_of_age or any(bool(one.get("emancipated_minor")) for one in told) or attended.is_student_alone
    return Standing(
        is_independent,
        attended.is_open and not is_independent,
        any(one.get("unaccompanied_youth") for one in told)
        and any(birthday(day, MAY_SPEAK_ALONE) <= today for day in born),
        bool(in_care),
        frozenset(str(one["responsible_agency"]) for one in in_care if one.get("responsible_agency")),
        bool(placed) and not in_care,
    )


def _last_words(facts: list[Planned]) -> dict[str, object]:
    """Of each field what was said last."""
    ordered = sorted(facts, key=lambda fact: (fact.envelope["published_at"], fact.event_id))
    return {name: value for fact in ordered for name, value in fact.body.items() if value is not None}
