"""The rulebook as one printable page of HTML: no script, nothing from elsewhere."""

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.rulebook import chapters
from processors.consent.law.rules import RuleSet


def page_of(rules: RuleSet) -> str:
    """The page: the same rules give the same text."""
    template = files("deploy").joinpath("rulebook.html").read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    return page.render(chapters=chapters(rules), rules=len(rules.rules), hash=hash_of(document_of(rules)))
