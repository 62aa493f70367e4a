"""What was told of a person, and whose word on consent counts: the part of the histories' oracle that is about people.

Written from the law: 34 CFR 99.3 to 99.5, Cal. Ed. Code 49061 and 49076. It shares nothing with the stage.
"""

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
GRANTS, DENIALS = ("given", "renewed"), ("refused", "withdrawn", "expired", "invalidated")
AGES = "unknown", "under_14", "from_14", "from_16", "adult"
PARENTS = "parent", "guardian", "education_rights_holder"
SAID = "placement_event", "responsible_agency", "unaccompanied_youth", "emancipated_minor", "address_confidential"
LISTS = "controllers", "records_covered", "purposes", "recipients"


class Told:
    """What one record tells of its person."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.facts: dict[str, dict[str, Row]] = {}
        """By fact and event: versions."""
        self.mark = ("unknown", "nothing")
        """Class of age, and what the person attends."""
        self.orders: dict[str, Row] = {}

    def is_known(self) -> bool:
        """Whether it tells anything."""
        return bool(self.facts or self.orders or self.mark != ("unknown", "nothing"))

    def newest(self, family: str) -> list[Row]:
        """Bodies: of each fact the version published last, where it does not take the fact back; oldest first."""
        last = sorted((max(versions.values(), key=moment) for versions in self.facts.values()), key=moment)
        return [one["body"] for one in last if one["family"] == family and one["operation"] != "retract"]


class Somebody:
    """A person by all records: the oldest age that any says, and of all else any record's word."""

    def __init__(self, records: Iterable[tuple[str, Told]]) -> None:
        """By records, each with its partner."""
        told = [(partner, one) for partner, one in records if one.is_known()]
        self.said = [one.newest("consent") for _, one in told]
        loads = [(partner, body) for partner, one in told for body in one.newest("caseload")]
        self.served_by = {partner for partner, body in loads if body["assignment_state"] == "assigned"}
        self.orders = [order for _, one in told for order in one.orders.values()]
        self.age = max((AGES.index(one.mark[0]) for _, one in told), default=0)
        attends, now = {one.mark[1] for _, one in told}, [circumstances(one) for _, one in told]
        placed = [one for one in now if "placement_event" in one]
        self.placements = [one.get("responsible_agency") for one in placed if one["placement_event"] != "exited"]
        self.has_left = bool(placed) and not self.placements
        self.hides = any(one.get("address_confidential") for one in now)
        self.is_alone = any(one.get("unaccompanied_youth") for one in now)
        self.holds_rights = (
            self.age == AGES.index("adult") or any(one.get("emancipated_minor") for one in now)
            or ("college" in attends and not attends & {"school", "perhaps_school"})
        )  # fmt: skip
        self.nobody_knows = bool(attends & {"college", "perhaps_college"}) and "school" not in attends

    def care(self, party: str) -> str:
        """Who is responsible for a foster child, as a recipient sees it."""
        told = [one for one in self.placements if one]
        return "ours" if party in told else "others" if told or self.has_left else "unknown"

    def approval(self, party: str, basis: str, day: int) -> str:
        """Whether two persons stand by a disclosure."""
        mine = [one for one in self.orders if (one["recipient"], one["basis"]) == (party, basis) and one["approved"]]
        return "two" if any(one["state"] != "ended" and day <= one["valid_until"] for one in mine) else "none"

    def consents(self, cell: tuple[str, ...], holder: str, day: int, *, alone: bool) -> bool:
        """Of each record the last word that counts and speaks of it: none may deny, and one must grant in time.

        Where a consent must stand alone, one that names other purposes too is as none.
        """
        counting = [[body for body in said if self._counts(body, holder)] for said in self.said]
        heard = [
            [body for body in said if covers(body, cell) and not (alone and is_bundled(body))] for said in counting
        ]
        last = [bodies[-1] for bodies in heard if bodies]
        in_time = [body for body in last if (body["valid_from"] or day) <= day <= (body["valid_until"] or day)]
        return bool(in_time) and not any(one["event_state"] in DENIALS for one in last)

    def _counts(self, body: Row, holder: str) -> bool:
        """Rights pass at eighteen, when emancipated, or in a college alone; a college's records are always one's own.

        Before that a parent grants, of a foster child only whoever was appointed, and from fourteen who is homeless
        and alone too; but anybody's no is heard. Where nobody knows whether a college alone is attended, who is to
        grant must be one who may in either case.
        """
        role = body["granted_by_role"]
        if self.holds_rights or holder in ("college", "wages"):
            return role not in PARENTS
        if body["event_state"] in DENIALS or role == "court":
            return True
        if role == "student":
            return self.is_alone and self.age >= AGES.index("from_14")
        return not self.nobody_knows and (role != "parent" or not self.placements)


def is_bundled(body: Row) -> bool:
    """Whether it grants several purposes at once."""
    return body["event_state"] not in DENIALS and len(set(body["purposes"])) > 1


def circumstances(told: Told) -> Row:
    """What the social services last said of each circumstance."""
    found: Row = {}
    for body in told.newest("social_service"):
        found |= {name: body[name] for name in SAID if body[name] is not None}
    return found


def covers(body: Row, cell: tuple[str, ...]) -> bool:
    """Whether a statement speaks of a disclosure: of what it names; a denial that names nothing, or *, of all."""
    denies = body["event_state"] in DENIALS
    lists = [(body[name], value) for name, value in zip(LISTS, cell, strict=True)]
    speaks = all(value in named or (denies and (not named or "*" in named)) for named, value in lists)
    return speaks and (denies or body["event_state"] in GRANTS)


def moment(row: Row) -> tuple[int, str]:
    """What versions of a fact are ordered by."""
    return row["published_at"], row["event_id"]
