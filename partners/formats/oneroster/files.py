"""The files of a OneRoster set, in the order in which they are read, and what each of their rows is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from partners.formats.census import Fact, Other, Reference, Seen
from partners.formats.faults import Bad, Code
from partners.formats.midnights import day_of
from partners.formats.oneroster.known import STUDENT, Known
from partners.formats.oneroster.manifest import MANIFEST, Manifest, Mode
from partners.formats.oneroster.rows import Context, faults_of_class, identity, role, stay
from partners.formats.oneroster.table import Cells, rows_of
from partners.formats.reading import FileError, Found
from partners.formats.sources import Source

FAMILIES = {"users": "identity", "roles": "enrollment", "enrollments": "enrollment"}
"""Files that a family is read from, in lower case."""
PEOPLE = ("roles", "users", "demographics", "enrollments")
"""Files about people that are read, in an order in which each knows of those before it."""
FIRST = ("orgs", "academicsessions")
REFERENCE = (
    "courses", "classes", "categories", "lineitems", "lineitemscorescales", "lineitemlearningobjectiveids",
    "scorescales", "resources", "courseresources", "classresources",
)  # fmt: skip
NO_FAMILY = {
    "results": "results", "resultscorescales": "resultScoreScales", "userprofiles": "userProfiles",
    "resultlearningobjectiveids": "resultLearningObjectiveIds", "userresources": "userResources",
}  # fmt: skip
"""Files about people that no family carries, and how each is told of."""
ORDER = (*FIRST, *PEOPLE, *REFERENCE, *NO_FAMILY)
COLUMNS = (
    "sourcedid", "status", "datelastmodified", "type", "startdate", "role", "grades", "usersourcedid", "orgsourcedid",
    "schoolsourcedid", "begindate", "enddate", "birthdate", "sex", "cityofbirth", "stateofbirthabbreviation",
    "countryofbirthcode", "userids", "givenname", "middlename", "familyname", "preferredgivenname",
    "preferredmiddlename", "preferredfamilyname", "email", "phone", "sms",
)  # fmt: skip
"""Columns that are read of any file, in lower case."""
ROLES = {
    "administrator", "aide", "counselor", "districtadministrator", "guardian", "parent", "principal", "proctor",
    "relative", "siteadministrator", "systemadministrator", "teacher",
}  # fmt: skip
"""Of both versions, beside student; others are told as one."""
DAYS = ("begindate", "birthdate", "enddate", "startdate")
"""Columns of days, which some systems write as midnights."""
Read = Callable[[int, Cells, Context], Found]


def files_of(manifest: Manifest, sources: Sequence[Source], known: Known) -> tuple[list["RosterFile"], list[Source]]:
    """The files of a set that are read, in their order; and those that its manifest does not have.

    Args:
        manifest: of the set.
        sources: what is beside it.
        known: nothing yet; what the files have of each other.

    Raises:
        FileError: a file is not there that the manifest has, or is there twice.
    """
    modes = {name: mode for name, mode in manifest.modes.items() if name in ORDER and mode is not Mode.ABSENT}
    by_name: dict[str, Source] = {}
    left_out: list[Source] = []
    for source in sources:
        name = source.name.lower().removesuffix(".csv")
        if source.name.lower() == MANIFEST:
            continue
        if name not in modes:
            left_out.append(source)
        elif name in by_name:
            raise FileError(f"{source.name} is there twice; a OneRoster set has one of each")
        else:
            by_name[name] = source
    if lacking := sorted(modes.keys() - by_name.keys()):
        raise FileError(f"manifest.csv says that {lacking[0]}.csv is in the set, and it is not; export the set again")
    return [RosterFile(by_name[name], name, modes, known) for name in ORDER if name in by_name], left_out


def check_is_no_set(sources: Sequence[Source]) -> None:
    """See that tables without a manifest are not of a set that has lost it.

    Raises:
        FileError: by their names they are.
    """
    if {source.name.lower() for source in sources} >= {"users.csv", "orgs.csv"}:
        raise FileError(
            "users.csv and orgs.csv are of a OneRoster set, and no manifest.csv of OneRoster 1.1 or 1.2 is there; "
            "export the set again, with its manifest"
        )


@dataclass(frozen=True)
class RosterFile:
    """One file of a set."""

    source: Source
    kind: str
    """Its name in lower case, without its ending."""
    modes: Mapping[str, Mode] = field(compare=False)
    """Of all files that are there."""
    known: Known = field(compare=False)

    def seen(self, day: date | None, *, learns: bool = False) -> Iterator[Seen]:
        """Every row, as ``partners.formats.census.Member`` has it."""
        context = Context(
            self.known,
            is_delta=self.modes[self.kind] is Mode.DELTA,
            has_orgs=self.modes.get("orgs") is Mode.BULK,
            has_users=self.modes.get("users") is Mode.BULK and not learns,  # who is known by then depends on the order
            day=day,
        )
        for row in rows_of(self.source, COLUMNS):
            if isinstance(row, Bad):
                yield self._bad(row)
            else:
                place, cells = row
                days = {name: day_of(cells[name]) for name in DAYS if name in cells}
                yield self._seen(place, cells | days, context, learns=learns)

    def _bad(self, bad: Bad) -> Seen:
        family = FAMILIES.get(self.kind)
        return Fact(family, lambda: bad) if family else bad

    def _seen(self, place: int, cells: Cells, context: Context, *, learns: bool) -> Seen:
        match self.kind:
            case "users":
                return self._user(place, cells, context, learns=learns)
            case "roles":
                if learns:
                    self.known.note_role(cells.get("usersourcedid"), _role_in(cells))
                return self._by_role(_role_in(cells), place, cells, partial(role, place, cells, context))
            case "demographics":
                return self._demographics(place, cells, learns=learns)
            case "enrollments":
                return self._enrollment(place, cells, context, learns=learns)
            case _ if self.kind in NO_FAMILY:
                return Other(NO_FAMILY[self.kind])
        if learns and self.kind == "orgs":
            self.known.note_org(cells)
        elif learns and self.kind == "academicsessions":
            self.known.note_session(cells)
        return Reference(self.kind)

    def _by_role(self, name: str | None, place: int, cells: Cells, read: Callable[[], Found]) -> Seen:
        """A fact where it is of a student; of anybody else no family carries it."""
        family = FAMILIES[self.kind]
        if name == STUDENT:
            return Fact(family, read)
        if not name:
            bad = Bad(place, Code.MISSING_FIELD, "role", cells.get("sourcedid"), counted="it has no role")
            return Fact(family, lambda: self._without_role(bad))
        return Other(f"{self.kind}.{name if name in ROLES else 'other'}")

    def _user(self, place: int, cells: Cells, context: Context, *, learns: bool) -> Seen:
        own = "" if self._has_roles else _role_in(cells)
        if learns:
            self.known.note_user(cells, own)
        name = self.known.role_of(cells.get("sourcedid", "")) or own
        return self._by_role(name, place, cells, partial(identity, place, cells, context))

    def _demographics(self, place: int, cells: Cells, *, learns: bool) -> Seen:
        """Taken up by the row of users.csv, where that is of a student."""
        user = cells.get("sourcedid", "")
        if learns:
            self.known.note_demographics(cells)
        if not self.known.is_user(user):
            return Bad(place, Code.NOT_IN_SET, "envelope.subject_token", counted="users.csv does not have this person")
        return Reference(self.kind) if self.known.role_of(user) == STUDENT else Other(self.kind)

    def _enrollment(self, place: int, cells: Cells, context: Context, *, learns: bool) -> Seen:
        """A class; where no roles.csv says who is at which school, all of a student's at a school are one fact."""
        name = _role_in(cells)
        if name != STUDENT or self._has_roles or context.is_delta:
            return Other(f"{self.kind}.{name if name in {*ROLES, STUDENT} else 'other'}")
        if (bad := faults_of_class(place, cells)) is not None:
            return Fact(FAMILIES[self.kind], lambda: bad)
        user, school = cells["usersourcedid"], cells["schoolsourcedid"]
        if learns:
            self.known.note_class(user, school, place, cells.get("begindate", ""), cells.get("enddate", ""))
        classes = self.known.stay_of(user, school)
        if classes is not None and classes.line != place:
            return Reference(self.kind)
        return Fact(FAMILIES[self.kind], partial(stay, place, cells, context))

    def _without_role(self, bad: Bad) -> Bad:
        """Nobody knows whether it is of a student; so it is not sent."""
        if self.kind == "users" and self._has_roles:
            return replace(bad, code=Code.NOT_IN_SET, counted="no row of roles.csv says what this person is")
        return bad

    @property
    def _has_roles(self) -> bool:
        return "roles" in self.modes


def _role_in(cells: Cells) -> str:
    return cells.get("role", "").lower()
