"""Who holds the rights in a record, and so whose consent counts. FERPA 34 CFR 99.3, 99.4 and 99.5; Cal. Ed. Code 49061.

Rights are a parent's until eighteen, or while the student attends a college and no school any more; then the student's.
In a college's records they are the student's at any age, so of somebody enrolled in both a parent speaks for the
school's records, and the student for the college's. Where it is not known what somebody attends, only those may grant
who may in either case.
"""

from dataclasses import dataclass
from enum import StrEnum

from processors.consent.law.facts import Agency


class Role(StrEnum):
    """Who speaks, as ``granted_by_role`` of the contract says it."""

    STUDENT = "student"
    PARENT = "parent"
    GUARDIAN = "guardian"
    EDUCATION_RIGHTS_HOLDER = "education_rights_holder"
    COURT = "court"


class Age(StrEnum):
    """Classes of age, youngest first; unknown counts as the youngest."""

    UNKNOWN = "unknown"
    UNDER_14 = "under_14"
    FROM_14 = "from_14"
    FROM_16 = "from_16"
    ADULT = "adult"


class Attends(StrEnum):
    """What a person attends, by one record's enrollments; perhaps, where dates leave it open."""

    NOTHING = "nothing"
    PERHAPS_SCHOOL = "perhaps_school"
    SCHOOL = "school"
    PERHAPS_COLLEGE = "perhaps_college"
    COLLEGE = "college"


AGES = tuple(Age)
ALWAYS_ONES_OWN = frozenset({Agency.COLLEGE, Agency.WAGES})
"""Holders in whose records the rights are the person's own at any age."""
OF_PARENTS = frozenset({Role.PARENT, Role.GUARDIAN, Role.EDUCATION_RIGHTS_HOLDER})
"""Whose word ends when rights pass to the student (34 CFR 99.5(a))."""
STUDENTS = frozenset({Role.STUDENT, Role.COURT})
FOSTERED = frozenset({Role.GUARDIAN, Role.EDUCATION_RIGHTS_HOLDER, Role.COURT})
PARENTS = OF_PARENTS | {Role.COURT}
SCHOOLS = frozenset({Attends.SCHOOL, Attends.PERHAPS_SCHOOL})
COLLEGES = frozenset({Attends.COLLEGE, Attends.PERHAPS_COLLEGE})


@dataclass(frozen=True)
class Standing:
    """What a person's records say of who may speak for the person."""

    age: Age = Age.UNKNOWN
    attends: frozenset[Attends] = frozenset()
    """By each record."""
    is_emancipated: bool = False
    is_unaccompanied: bool = False
    """Homeless, and without parent or guardian."""
    is_fostered: bool = False
    cared_for_by: frozenset[str] = frozenset()
    """Agencies legally responsible for a foster child's care."""
    care_ended: bool = False
    """The social services told of care, and it has ended."""
    hides_address: bool = False
    """Takes part in an address confidentiality programme."""

    @property
    def is_independent(self) -> bool:
        """Grown up or emancipated: eligible whatever they attend."""
        return self.age is Age.ADULT or self.is_emancipated

    @property
    def is_eligible(self) -> bool:
        """Eligible student (34 CFR 99.3), emancipated, or attending a college alone."""
        is_student_alone = Attends.COLLEGE in self.attends and SCHOOLS.isdisjoint(self.attends)
        return self.is_independent or is_student_alone

    @property
    def is_perhaps_eligible(self) -> bool:
        """Whether that hangs on what the person attends, and it is not known."""
        is_perhaps_alone = Attends.SCHOOL not in self.attends and not COLLEGES.isdisjoint(self.attends)
        return is_perhaps_alone and not self.is_eligible


UNKNOWN = Standing()
"""Of a person of whom nothing is said."""


def belong_to_student(holder: Agency, standing: Standing) -> bool:
    """Whether the rights in the records of a kind of agency have passed from parent to student."""
    return standing.is_eligible or holder in ALWAYS_ONES_OWN


def who_may_grant(holder: Agency, standing: Standing) -> frozenset[Role]:
    """Roles whose grant counts for records of a kind of agency; in doubt fewer.

    A foster child's parent may have lost the right to decide on education: only whoever was appointed speaks. A minor
    of fourteen or more who is homeless and alone speaks too (Cal. Ed. Code 49076(a)(1)). Where nobody knows whether
    rights have passed, only whoever may speak before and after does.
    """
    if belong_to_student(holder, standing):
        return STUDENTS
    allowed = FOSTERED if standing.is_fostered else PARENTS
    is_alone = standing.is_unaccompanied and AGES.index(standing.age) >= AGES.index(Age.FROM_14)
    if is_alone:
        allowed |= {Role.STUDENT}
    return allowed & STUDENTS if standing.is_perhaps_eligible else allowed


def counts(role: str, *, grants: bool, holder: Agency, standing: Standing) -> bool:
    """Whether what a role says of a kind of agency's record counts; a refusal does unless rights have passed on."""
    if grants:
        return role in who_may_grant(holder, standing)
    return not (role in OF_PARENTS and belong_to_student(holder, standing))
