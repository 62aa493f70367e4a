"""Sets of values that several laws speak of."""

from processors.consent.law.facts import Agency, Basis, Category, ConsentState, Purpose
from processors.consent.law.rules import Obligation

EDUCATIONAL = frozenset({Agency.SCHOOL, Agency.EARLY_CARE, Agency.COLLEGE, Agency.STUDENT_AID})
"""Whose records are education records: of agencies and institutions, and of who aids their students."""
TAUGHT = frozenset({Agency.SCHOOL, Agency.EARLY_CARE, Agency.COLLEGE})
"""Institutions that teach or care."""
WELFARE = frozenset({Agency.SOCIAL_SERVICES, Agency.CHILD_WELFARE})
"""Agencies of public social services."""

KNOWN = frozenset(Category) - {Category.OTHER}
"""Data of a kind that has a name."""
CONSENTABLE = KNOWN - {Category.CASELOAD}
"""What a consent can name."""
ABOUT_LEARNING = frozenset({Category.EDUCATION, Category.ASSESSMENT, Category.CONTACT, Category.ADDRESS})
"""What a school or college needs for its own services and for enrollment."""
MEASURED = frozenset({Category.EDUCATION, Category.ASSESSMENT, Category.AID})
"""What is studied or evaluated: nothing that names a person."""
OWN_CLIENTS = frozenset({Category.CASELOAD, Category.CONTACT})
"""What a recipient publishes about people whom it serves, and reads back."""
PAY = frozenset({Category.WAGE, Category.EMPLOYER})
"""What wage records tell."""

NAMED = frozenset(Purpose) - {Purpose.OTHER}
"""Purposes that can be consented to."""
SERVICES = frozenset({Purpose.STUDENT_SERVICES, Purpose.COLLEGE_COUNSELING, Purpose.ACADEMIC_ADVISING})
"""What an institution does for its own students."""
UNCONSENTED = frozenset(Basis) - {Basis.CONSENT}
"""Claims of right that need no consent."""
GIVEN = frozenset({ConsentState.IN_FORCE})

LOGGED = frozenset({Obligation.LOG, Obligation.NOTICE})
"""What a disclosure without consent asks."""
KEPT_SHORT = LOGGED | {Obligation.DESTROY, Obligation.SUPPRESS}
"""What a study or an evaluation asks beside."""
