"""Where people live and learn. Streets and numbers are made up; codes of schools have the right form only."""

CITIES = (
    ("Los Angeles", "90011"),
    ("Los Angeles", "90026"),
    ("Los Angeles", "90044"),
    ("Van Nuys", "91405"),
    ("Glendale", "91205"),
    ("Long Beach", "90805"),
    ("Pomona", "91766"),
    ("Lancaster", "93535"),
    ("Santa Ana", "92701"),
    ("Westminster", "92683"),
    ("Riverside", "92503"),
    ("San Bernardino", "92404"),
    ("Fresno", "93722"),
    ("Salinas", "93905"),
    ("Stockton", "95206"),
    ("Daly City", "94015"),
)
STREETS = (
    "Alder Ave",
    "Almond St",
    "Avenida Del Sol",
    "Bluebird Ln",
    "Calle Real",
    "Cedar St",
    "Citrus Ave",
    "Cypress St",
    "Dolores St",
    "El Camino Way",
    "Figueroa Pl",
    "Grand Ave",
    "Hillcrest Dr",
    "Jacaranda Ave",
    "La Brea Ct",
    "Lark Way",
    "Magnolia Blvd",
    "Maple St",
    "Mission Rd",
    "Oak St",
    "Orange Grove Ave",
    "Palm Dr",
    "Pepper Tree Ln",
    "Poppy Ct",
    "San Marino St",
    "Sequoia Ave",
    "Sunset Ter",
    "Sycamore St",
    "Vineyard Ave",
    "Willow Glen Rd",
)
AREA_CODES = ("209", "213", "310", "323", "424", "559", "626", "650", "661", "714", "818", "831", "909", "951")
SCHOOLS = tuple(f"19647{district}{school}" for district in ("33", "34") for school in range(1930001, 1930041, 4))
"""CDS codes: county 2, district 5, school 7 digits."""
CENTERS = tuple(f"ELC-{number}" for number in range(4101, 4125))
COLLEGES = ("112686", "113856", "117645", "117788", "118912", "119331", "121044", "122746", "123341", "125471")
"""UNITID of community colleges."""
UNIVERSITIES = ("110538", "110565", "110583", "110592", "110608", "110617", "115755")
"""UNITID of state universities."""
CIP = ("11.0701", "13.1210", "24.0101", "26.0101", "42.0101", "43.0107", "45.1101", "50.0701", "51.3801", "52.0201")
NAICS = ("445110", "452210", "493110", "561320", "611110", "621610", "622110", "722511", "722513", "812112")
SITES = ("North", "Eastside", "Harbor", "Valley", "Central")
TREES = (
    "Alder",
    "Bluebird",
    "Cedar",
    "Dolores",
    "Encina",
    "Foothill Oak",
    "Jacaranda",
    "Larkspur",
    "Manzanita",
    "Poppy",
)


def organizations_toml() -> str:
    """Names for these schools, centers and colleges, as the file that THROUGHLINE_ORGANIZATIONS_FILE names; made up."""
    kinds = (
        ("CDS", SCHOOLS, "High School"),
        ("UNITID", COLLEGES, "Community College"),
        ("UNITID", UNIVERSITIES, "State"),
    )
    found = [
        f'[[organizations]]\nsystem = "{system}"\nid = "{number}"\nname = "{_name(place, kind)}"\n'
        for system, numbers, kind in (*kinds, ("OTHER", CENTERS, "Early Learning Center"))
        for place, number in enumerate(numbers)
    ]
    return "\n".join(found)


def _name(place: int, kind: str) -> str:
    again, tree = divmod(place, len(TREES))
    return f"{('', 'North ', 'South ')[again]}{TREES[tree]} {kind}"
