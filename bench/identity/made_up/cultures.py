"""Names by where a household's come from: the population's and, for those who are many, more."""

from dataclasses import replace

from bench.identity.made_up import more_names as more
from partners.population import names
from partners.population.names import Culture

Names = tuple[str, ...]


def _with(culture: Culture, female: Names, male: Names, surnames: Names) -> Culture:
    """The more common names first, each once."""
    return replace(
        culture,
        female=_once(female, culture.female),
        male=_once(male, culture.male),
        surnames=_once(surnames, culture.surnames),
    )


def _once(*lists: Names) -> Names:
    return tuple(dict.fromkeys(name for names_ in lists for name in names_))


ALL = {
    "hispanic": (
        names.HISPANIC,
        _with(names.HISPANIC, more.HISPANIC_FEMALE, more.HISPANIC_MALE, more.HISPANIC_SURNAMES),
    ),
    "white": (names.ENGLISH, _with(names.ENGLISH, more.FEMALE, more.MALE, more.SURNAMES)),
    "black": (names.BLACK, _with(names.BLACK, more.FEMALE, more.MALE, more.SURNAMES)),
    "vietnamese": (names.VIETNAMESE, names.VIETNAMESE),
    "armenian": (names.ARMENIAN, names.ARMENIAN),
    "filipino": (
        names.FILIPINO,
        _with(names.FILIPINO, more.HISPANIC_FEMALE, more.HISPANIC_MALE, more.HISPANIC_SURNAMES),
    ),
    "chinese": (names.CHINESE, names.CHINESE),
    "others": (names.OTHERS, _with(names.OTHERS, more.FEMALE, more.MALE, names.OTHERS.surnames)),
}
CULTURES = {label: wider for label, (_, wider) in ALL.items()}
WEIGHTS = {label: names.CULTURES[narrow] for label, (narrow, _) in ALL.items()}
