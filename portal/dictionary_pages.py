"""The data dictionary as pages of HTML, for the portal and for files that need no server."""

from collections.abc import Callable, Mapping, Sequence

from portal.dictionary import FamilyView, classifications
from portal.render import Renderer


def portal_link(name: str) -> str:
    """The portal's address of a page; without a name that of the list of them."""
    return f"/dictionary/{name}" if name else "/dictionary"


def file_link(name: str) -> str:
    """The file of a page, beside the others."""
    return f"{name or 'index'}.html"


def titled(page: FamilyView) -> str:
    """What stands on the tab of a page."""
    return f"{page.word}, data dictionary"


def index(pages: Sequence[FamilyView], link: Callable[[str], str]) -> dict[str, object]:
    """What the list of pages is made of."""
    return {"title": "Data dictionary", "pages": pages, "classifications": classifications(pages), "link": link}


def family(page: FamilyView, names: Mapping[str, str], link: Callable[[str], str]) -> dict[str, object]:
    """What the page of a family is made of; ``names`` are those of partners and recipients."""
    return {"title": titled(page), "page": page, "names": names, "link": link}


def files(pages: Sequence[FamilyView], names: Mapping[str, str]) -> dict[str, str]:
    """Every page by the name of its file; what they load is in ``static`` beside them."""
    piece = Renderer("UTC").piece
    around = {"user": None, "static": "static", "home": file_link("")}
    found = {file_link(""): piece("dictionary.html", **around, **index(pages, file_link))}
    for page in pages:
        found[file_link(page.name)] = piece("dictionary_page.html", **around, **family(page, names, file_link))
    return {name: f"{text}\n" for name, text in found.items()}
