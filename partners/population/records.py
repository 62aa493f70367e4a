"""What each partner holds of a person: which partners, which traits, and what its typists made of them."""

from dataclasses import dataclass

from partners.population.dice import Dice, named_id
from partners.population.people import Person, Registry, folded, swaps
from partners.population.planned import Record
from partners.rows import Row

DUMMY_SSNS = ("999999999", "123456789", "078051120", "000000000", "111111111")
ADULT = 18


@dataclass(frozen=True)
class Habits:
    """How many records in a hundred of a partner have a trait."""

    middle: int = 0
    ssn: int = 0
    email: int = 0
    phone: int = 0
    address: int = 0
    nickname: int = 5
    """How many write the nickname, where there is one."""
    own_id: str = ""
    """System of the identifier that every record here has."""
    other_ids: tuple[tuple[str, int], ...] = ()
    upper: bool = False


HABITS = {
    "cde_elc": Habits(phone=70, address=95, nickname=10, other_ids=(("SSID", 30),)),
    "cde_k12": Habits(middle=75, ssn=6, email=30, phone=65, address=95, own_id="SSID"),
    "ccc": Habits(middle=35, ssn=80, email=85, phone=60, address=80, own_id="CCCID", other_ids=(("SSID", 55),)),
    "csu": Habits(middle=50, ssn=85, email=90, phone=40, address=60, own_id="CSU_ID", other_ids=(("CCCID", 35),)),
    "csac": Habits(middle=60, ssn=97, email=80, address=80, own_id="CSAC_ID", other_ids=(("SSID", 55),), upper=True),
    "cdss": Habits(middle=50, ssn=90, phone=60, address=85, own_id="CIN", other_ids=(("SSID", 20),)),
    "lausd_counseling": Habits(email=30, phone=60, address=30, nickname=50, other_ids=(("SSID", 80),)),
    "la_county_foster": Habits(middle=30, ssn=40, phone=30, address=60, nickname=20, other_ids=(("SSID", 60),)),
    "ccc_transfer_center": Habits(email=75, phone=50, nickname=50, other_ids=(("CCCID", 85),)),
    "csu_advising": Habits(email=80, nickname=40, other_ids=(("CSU_ID", 85),)),
}
LONG_KNOWN = {"cde_elc", "cde_k12"}
"""Partners that knew a grown person as a child: former address, former surname."""
BRIDGED = ("ccc", "ccc_transfer_center")
"""Records that nothing joins until a third comes, late."""
TOWARD_COLLEGE = 13
SENIOR = 17
WORKING_AGE = 16
DUAL_PERCENT = 15
"""Of those who are old enough, how many take courses at a college besides school."""


def holders(person: Person, dice: Dice, today: int) -> list[str]:
    """Partners that hold a record of a person, in a fixed order."""
    age = person.age_on(today)
    percent = {"early": _early, "school": _school, "college": _college, "work": _work}[person.stage](age, dice)
    return [partner for partner, likely in percent.items() if dice.chance(likely) and (partner != "edd" or person.ssn)]


def _early(age: int, dice: Dice) -> dict[str, int]:
    del age, dice
    return {"cde_elc": 100, "la_county_foster": 15}


def _school(age: int, dice: Dice) -> dict[str, int]:
    counselled = 85 if age >= TOWARD_COLLEGE else 0
    is_dual = age >= WORKING_AGE and dice.chance(DUAL_PERCENT)
    return {
        "cde_elc": 30,
        "cde_k12": 100,
        "csac": 80 if age >= SENIOR else 0,
        "edd": 30 if age >= WORKING_AGE else 0,
        "lausd_counseling": counselled,
        "la_county_foster": 18,
        "ccc": 100 if is_dual else 0,
        "ccc_transfer_center": 85 if is_dual else 0,
    }


def _college(age: int, dice: Dice) -> dict[str, int]:
    ccc, csu = dice.pick(((100, 0), (100, 0), (0, 100), (100, 100)))
    counselled = 60 if age <= ADULT + 1 else 0
    center, advising = ccc * 85 // 100, csu * 85 // 100
    return {
        "cde_k12": 80,
        "ccc": ccc,
        "csu": csu,
        "csac": 75,
        "edd": 55,
        "lausd_counseling": counselled,
        "ccc_transfer_center": center,
        "csu_advising": advising,
    }


def _work(age: int, dice: Dice) -> dict[str, int]:
    del age
    ccc, csu = dice.pick(((0, 0), (0, 0), (100, 0), (100, 0), (0, 100)))
    aided = 45 if ccc or csu else 0
    clients = {"ccc_transfer_center": ccc * 75 // 100, "csu_advising": csu * 75 // 100}
    return {"cde_k12": 25, "ccc": ccc, "csu": csu, "csac": aided, "edd": 88, **clients}


def record(person: Person, partner: str, seed: int, dice: Dice, registry: Registry) -> Record:
    """The record that a partner holds of a person."""
    habits = HABITS[partner]
    traits = {**_names(person, partner, habits, dice, registry), **_reach(person, partner, habits, dice)}
    if dice.chance(habits.ssn):
        traits["ssn"] = _typed_ssn(person.ssn, dice)
    if partner == "cde_k12":
        traits |= {"family_id": person.household, "multiple_birth": person.twin}
    systems = [habits.own_id] if habits.own_id else []
    systems += [system for system, percent in habits.other_ids if dice.chance(percent)]
    identifiers = tuple((system, _number(person, system, seed)) for system in systems)
    text = {key: folded(value) if habits.upper and isinstance(value, str) else value for key, value in traits.items()}
    kept = {**text, "email": traits.get("email"), "sex": traits["sex"]}
    return Record(partner, token(partner, seed, person.number), person.number, kept, identifiers)


def token(partner: str, seed: int, number: int) -> str:
    """A partner's own id of a person's record."""
    return f"{partner.rpartition('_')[2].upper()}-{named_id(seed, partner, number)[-12:]}"


def bridged(person: Person, partner: str, seed: int) -> Record:
    """A record of a person whose records nothing joins before a third that shares a trait with each.

    The transfer center knows no date of birth, and a name alone joins nobody.
    """
    traits = _plain(person)
    if partner == "ccc_transfer_center":
        traits["birth_date"] = None
    else:
        traits |= {"ssn": person.ssn}
    if partner != "ccc":
        traits["phone"] = person.other_phone
    return Record(partner, token(partner, seed, person.number), person.number, traits)


def _plain(person: Person) -> Row:
    sex = "Female" if person.female else "Male"
    return {"first_name": person.given, "last_name": person.surname, "birth_date": person.born, "sex": sex}


def _names(person: Person, partner: str, habits: Habits, dice: Dice, registry: Registry) -> Row:
    """Names and birth date as written here; a slip that would make a namesake of somebody else is not made."""
    traits = _plain(person)
    if dice.chance(habits.middle):
        traits["middle_name"] = person.middle or None
    if person.former_surname:
        traits |= _renamed(person, partner, dice)
    traits["last_name"] = _shortened(traits["last_name"], dice)
    if person.nickname and dice.chance(habits.nickname):
        traits["first_name"] = person.nickname
    elif person.nickname and dice.chance(20):
        traits["other_first_name"] = person.nickname
    slipped = traits | _slips(traits, dice)
    claims = [slipped["first_name"], slipped.get("other_first_name") or slipped["first_name"]]
    return slipped if all(registry.claim(person.number, name, slipped["birth_date"]) for name in claims) else traits


def _renamed(person: Person, partner: str, dice: Dice) -> Row:
    if partner in LONG_KNOWN:
        return {"last_name": person.former_surname}
    return {"other_last_name": person.former_surname} if dice.chance(40) else {}


def _shortened(surname: str, dice: Dice) -> str:
    """A double surname, as often as not written by half, or with the other mark between."""
    parts = surname.split("-") if "-" in surname else surname.split(" ")
    if len(parts) != 2 or parts[0] in {"De", "Del"} or dice.chance(55):  # noqa: PLR2004  # a double surname has two
        return surname
    return dice.pick((parts[0], parts[0], parts[1], "-".join(parts), " ".join(parts)))


def _slips(traits: Row, dice: Dice) -> Row:
    """Errors of the keyboard, at most one of a kind."""
    slips: Row = {}
    if dice.chance(2):
        slips["first_name"] = _mistyped(traits["first_name"], dice)
    if dice.chance(2):
        slips["last_name"] = _mistyped(traits["last_name"], dice)
    if dice.chance(1.5):
        slips["birth_date"] = traits["birth_date"] + dice.pick((-1, 1, 10, -10))
    return slips


def _mistyped(name: str, dice: Dice) -> str:
    """Two letters swapped, or one left out; never the first letter, never a gap."""
    places = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    if not places:
        return name
    at = dice.pick(places)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :] if dice.chance(50) else name[:at] + name[at + 1 :]


def _reach(person: Person, partner: str, habits: Habits, dice: Dice) -> Row:
    """Address, e-mail and phone as this partner has them."""
    home = person.former_home if partner in LONG_KNOWN and person.stage in {"college", "work"} else person.home
    reach: Row = {}
    if dice.chance(habits.address):
        reach |= {"address_line": home.line, "city": home.city, "postal_code": home.postal_code}
    if dice.chance(habits.email):
        reach["email"] = person.email if dice.chance(80) else person.other_email
    if dice.chance(habits.phone):
        reach["phone"] = person.phone if dice.chance(80) else person.other_phone
    return reach


def _typed_ssn(ssn: str, dice: Dice) -> str | None:
    if dice.chance(1.5):
        return dice.pick(DUMMY_SSNS)
    if ssn and dice.chance(2):
        return dice.pick(swaps(ssn))
    return ssn or None


def _number(person: Person, system: str, seed: int) -> str:
    """A person's number in a system of identifiers."""
    return Dice(seed, system, person.number).digits(10) if system != "CCCID" else _cccid(person, seed)


def _cccid(person: Person, seed: int) -> str:
    return named_id(seed, "CCCID", person.number)[-7:].upper()
