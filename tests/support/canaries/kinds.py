"""Kinds of people, by why something of them is withheld; and who sees what of them in the end, written by hand."""

from collections.abc import Callable
from typing import NamedTuple

from support.canaries.people import CHANGES, FACTS, Book, Person, born_on

COUNSEL, CENTER, CSU = "lausd_counseling", "ccc_transfer_center", "csu_advising"
COUNTY, BEND = "la_county_foster", "grand_bend_services"
RECIPIENTS = (COUNSEL, CENTER, CSU, COUNTY, BEND)
ADVISERS = (COUNSEL, CENTER, CSU)
SCHOOLS = ("cde_k12.enrollment", "cde_k12.contact", "cde_elc.enrollment", "cde_elc.contact", "csac.aid")
COLLEGES = ("ccc.enrollment", "ccc.contact", "csu.enrollment", "csu.contact", "edd.employment")
EVERYTHING = (*SCHOOLS, *COLLEGES, "cdss.social_service", "lea_grand_bend.contact")
TRANSFER = (CENTER, "transfer_advising", "ccc csac edd", "education contact address aid wage")
COUNSELING = (COUNSEL, "college_counseling", "cde_k12 csac", "education contact address aid")
ADVISING = (CSU, "academic_advising", "csu csac edd", "education contact aid wage")
BY_TRANSFER = "ccc.enrollment ccc.contact csac.aid edd.employment"
BY_COUNSELING = "cde_k12.enrollment cde_k12.contact csac.aid"
Sees = dict[str, str]
"""Sources that a recipient sees something of, besides its own caseload, at the end."""


class Kind(NamedTuple):
    """What is told of such a person."""

    name: str
    years: int
    tell: Callable[[Person], None]
    sees: Sees


def grown(person: Person) -> None:
    """Somebody of whom all partners tell, and whom three recipients serve."""
    partners = {source.partition(".")[0] for source in EVERYTHING} - {"edd"}
    person.known_to(*sorted(partners), *ADVISERS)
    person.served_by(*ADVISERS)


def child(person: Person) -> None:
    """Somebody at school, of whom no college tells."""
    person.known_to("cde_k12", "cde_elc", "csac", COUNSEL)
    person.served_by(COUNSEL)


def nobody_was_asked(person: Person) -> None:
    """There is no consent."""
    grown(person)
    person.tells(*EVERYTHING)


def consents_to_transfer(person: Person) -> None:
    """There is one consent, and what it does not name is withheld."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.tells(*EVERYTHING)


def consents_to_counseling(person: Person) -> None:
    """The same at the school."""
    grown(person)
    person.consents("cde_k12", *COUNSELING)
    person.tells(*EVERYTHING)


def consents_to_advising(person: Person) -> None:
    """An agreement that is over would have given more."""
    grown(person)
    person.consents("csu", *ADVISING)
    person.tells(*EVERYTHING)


def consents_to_all(person: Person) -> None:
    """What is withheld is so for want of an agreement."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.consents("cde_k12", *COUNSELING)
    person.consents("csu", *ADVISING)
    person.tells(*EVERYTHING)


def withdraws_in_part(person: Person) -> None:
    """Something was never permitted, and something no more."""
    grown(person)
    person.consents("ccc", CENTER, "transfer_advising", "ccc csac edd", "education aid")
    person.tells(*EVERYTHING)
    person.consents("ccc", CENTER, "transfer_advising", "csac", "aid", state="withdrawn", phase=CHANGES)


def withdrew_before(person: Person) -> None:
    """Nothing was told while it held."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.consents("ccc", *TRANSFER, state="withdrawn")
    person.tells(*EVERYTHING)


def withdraws(person: Person) -> None:
    """What was released is taken back, and what comes later is withheld."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.tells(*EVERYTHING)
    person.consents("ccc", *TRANSFER, state="withdrawn", phase=CHANGES)


def consents_later(person: Person) -> None:
    """What was withheld is released."""
    grown(person)
    person.tells(*EVERYTHING)
    person.consents("ccc", *TRANSFER, phase=CHANGES)


def refused(person: Person) -> None:
    """Somebody said no."""
    grown(person)
    person.consents("ccc", *TRANSFER, state="refused")
    person.tells(*EVERYTHING)


def expired(person: Person) -> None:
    """The consent's days are over."""
    grown(person)
    person.consents("ccc", *TRANSFER, valid_until="2025-06-30")
    person.tells(*EVERYTHING)


def not_yet(person: Person) -> None:
    """The consent's days are to come."""
    grown(person)
    person.consents("ccc", *TRANSFER, valid_from="2098-01-01")
    person.tells(*EVERYTHING)


def not_on_the_caseload(person: Person) -> None:
    """Consented to, but not served."""
    person.known_to("ccc", "csac", CENTER, COUNSEL)
    person.served_by(COUNSEL)
    person.consents("ccc", *TRANSFER)
    person.tells("ccc.enrollment", "ccc.contact", "csac.aid", "edd.employment")


def no_longer_served(person: Person) -> None:
    """The caseload ends."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.tells(*EVERYTHING)
    assigned = [fact for fact in person.of("caseload") if fact.row["partner_id"] == CENTER]
    manager = assigned[0].row["body"]["case_manager_id"]
    person.again(assigned[0], CHANGES, "correct", case_manager_id=manager, assignment_state="ended")


def sensitive(person: Person) -> None:
    """Events that tell more than their family does; of two kinds of that a consent speaks."""
    grown(person)
    person.consents("ccc", *TRANSFER[:3], f"{TRANSFER[3]} health disability")
    for category in ("health", "disability", "substance_use", "discipline", "immigration_proxy"):
        person.tells("ccc.enrollment", "ccc.contact", "csac.aid", data_categories=[category])


def childs_own_word(person: Person) -> None:
    """A child's own consent opens no school's record."""
    child(person)
    person.consents("cde_k12", *COUNSELING)
    person.tells(*SCHOOLS)


def parents_word(person: Person) -> None:
    """A parent's does."""
    child(person)
    person.consents("cde_k12", *COUNSELING, granted_by_role="parent")
    person.tells(*SCHOOLS)


def fostered(person: Person, agency: str) -> None:
    """Somebody in foster care, of whom parents have no say."""
    child(person)
    person.known_to("cdss", COUNTY)
    person.served_by(COUNTY)
    person.consents("cde_k12", *COUNSELING, granted_by_role="parent")
    placed = {"program": "FOSTER_CARE", "placement_event": "entered", "responsible_agency": agency}
    person.tell(0, "cdss", "social_service", "placement", **placed, data_categories=["child_welfare"])
    person.tells(*SCHOOLS, "cdss.social_service")


def hides(person: Person, phase: int) -> None:
    """An address that is confidential (Safe at Home), whatever was consented to."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.tell(phase, "cdss", "social_service", "safe at home", address_confidential=True)
    person.tells(*EVERYTHING)


def takes_back(person: Person) -> None:
    """Partners take back what they told."""
    grown(person)
    person.consents("ccc", *TRANSFER)
    person.tells(*EVERYTHING, phases=(FACTS,))
    for fact in [one for one in person.facts if one.phase == FACTS]:
        person.again(fact, CHANGES, "retract")


def in_grand_bend(person: Person) -> None:
    """The district's own people see the district's records, and nobody else does."""
    person.known_to("lea_grand_bend", BEND, COUNSEL)
    person.served_by(BEND, COUNSEL)
    person.tells("lea_grand_bend.enrollment", "lea_grand_bend.contact")


KINDS = (
    Kind("nobody was asked", 30, nobody_was_asked, {}),
    Kind("consents to all", 30, consents_to_all, {
        CENTER: BY_TRANSFER, COUNSEL: BY_COUNSELING, CSU: "csu.enrollment csac.aid edd.employment"}),
    Kind("withdraws", 30, withdraws, {}),
    Kind("in Grand Bend", 30, in_grand_bend, {BEND: "lea_grand_bend.enrollment"}),
    Kind("fostered by us", 15, lambda person: fostered(person, COUNTY), {
        COUNTY: "cde_k12.enrollment cde_elc.enrollment cdss.social_service"}),
    Kind("safe at home later", 30, lambda person: hides(person, CHANGES), {CENTER: BY_TRANSFER}),
    Kind("child's own word", 15, childs_own_word, {}),
    Kind("expired", 30, expired, {}),
    Kind("consents to transfer", 30, consents_to_transfer, {CENTER: BY_TRANSFER}),
    Kind("consents to counseling", 30, consents_to_counseling, {COUNSEL: BY_COUNSELING}),
    Kind("consents to advising", 30, consents_to_advising, {CSU: "csu.enrollment csac.aid edd.employment"}),
    Kind("withdraws in part", 30, withdraws_in_part, {CENTER: "ccc.enrollment"}),
    Kind("withdrew before", 30, withdrew_before, {}),
    Kind("consents later", 30, consents_later, {CENTER: BY_TRANSFER}),
    Kind("refused", 30, refused, {}),
    Kind("not yet", 30, not_yet, {}),
    Kind("not on the caseload", 30, not_on_the_caseload, {}),
    Kind("no longer served", 30, no_longer_served, {}),
    Kind("sensitive", 30, sensitive, {CENTER: "ccc.enrollment ccc.contact csac.aid"}),
    Kind("parent's word", 15, parents_word, {COUNSEL: BY_COUNSELING}),
    Kind("fostered by others", 15, lambda person: fostered(person, "another_county"), {COUNTY: "cdss.social_service"}),
    Kind("safe at home", 30, lambda person: hides(person, 0), {CENTER: BY_TRANSFER}),
    Kind("takes back", 30, takes_back, {}),
)  # fmt: skip
"""The first of them are as unlike as can be, for whoever has time for a few."""


def people(book: Book, count: int) -> list[Person]:
    """So many, of every kind in turn."""
    found = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        person = Person(book, f"{kind.name} {number // len(KINDS)}", number, born_on(number, kind.years))
        kind.tell(person)
        found.append(person)
    return found


def kind_of(person: str) -> Kind:
    """By the name of one of them."""
    name = person.rpartition(" ")[0]
    return next(kind for kind in KINDS if kind.name == name)
