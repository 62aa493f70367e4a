"""From the descriptors of the Ed-Fi Data Standard to our code sets."""

STANDARD = "uri://ed-fi.org/"
"""Namespace of the standard's own descriptors; what another one means by a word is not ours to guess."""

GRADE_LEVELS = {
    "Infant/toddler": "IT",
    "Preschool": "PR",
    "Prekindergarten": "PR",
    "Preschool/Prekindergarten": "PR",
    "Early Education": "PR",
    "Transitional Kindergarten": "TK",
    "Kindergarten": "KG",
    "First grade": "G01",
    "Second grade": "G02",
    "Third grade": "G03",
    "Fourth grade": "G04",
    "Fifth grade": "G05",
    "Sixth grade": "G06",
    "Seventh grade": "G07",
    "Eighth grade": "G08",
    "Ninth grade": "G09",
    "Tenth grade": "G10",
    "Eleventh grade": "G11",
    "Twelfth grade": "G12",
    "Grade 13": "G13",
    "Postsecondary": "OTHER",
    "Ungraded": "UG",
    "No grade level": "UG",
    "Adult Education": "AE",
    "Out of School": "OTHER",
    "Other": "OTHER",
}
"""Every code of GradeLevelDescriptor, the deprecated ones too."""

SEXES = {"Female": "Female", "Male": "Male", "Not Selected": "NotSelected"}

EXIT_TYPES = {"Graduated": "01921", "Dropout": "01927"}
"""CEDS exit or withdrawal types whose meaning is the descriptor's; of the rest the descriptor itself is carried.

"Transferred" is not among them: CEDS has a code for each kind of school that one transfers to, and Ed-Fi does not say.
"""

ENROLLMENT_STATUSES = {"Current": "currently_enrolled"}


def crosswalk(uri: str, codes: dict[str, str]) -> str | None:
    """Our code of a descriptor; None where there is none."""
    namespace, _, word = uri.partition("#")
    return codes.get(word) if namespace.startswith(STANDARD) else None
