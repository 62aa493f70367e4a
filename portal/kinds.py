"""Why an organization may or may not see a kind of record, as a page tells it: of nobody in particular. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from portal import words
from portal.facts import BASES
from portal.known import Known
from processors.consent.explain import Explanation, Spoke, as_row
from processors.consent.unseen import of_kind

EFFECTS = {"permit": "Permits", "deny": "Denies"}
TIERS = {"mou": "Memorandum of understanding", "dsa": "Data-sharing agreement", "dul": "Data-use licence"}


@dataclass(frozen=True)
class KindView:
    """One kind of record of one source."""

    partner_id: str
    family: str
    title: str
    explanation: Explanation

    @property
    def laws(self) -> list[tuple[str, list[Spoke]]]:
        """Laws that have something to say, each with its rules."""
        return [(law, list(rules)) for law, rules in groupby(self.explanation.rules, key=lambda rule: rule.law)]

    @property
    def purpose(self) -> str:
        """What the organization acts for; empty where no agreement says."""
        return words.plain(self.explanation.purpose)

    @property
    def basis(self) -> str:
        """By what right; empty where no agreement says."""
        return BASES.get(self.explanation.basis, self.explanation.basis)

    @property
    def verdict(self) -> str:
        """Whether it may be seen, in a sentence."""
        if self.explanation.permit:
            return "You may see such records of everybody on your caseload."
        if self.explanation.changes:
            one = "one of these holds" if len(self.explanation.changes) > 1 else "this holds"
            return f"You may see such records only if {one}:"
        return "You may not see such records."


def kind_view(now: Known, names: Mapping[str, str], partner_id: str, family: str) -> KindView:
    """A kind of record as now known."""
    explanation = of_kind(partner_id, family, now.recipient, now.heard.newest, now.today)
    title = f"{words.family_word(family)} of {words.named(names, partner_id)}"
    return KindView(partner_id, family, title, explanation)


def kind_as_json(view: KindView) -> dict[str, Any]:
    """The same for programs."""
    return {"partner_id": view.partner_id, "family": view.family, **as_row(view.explanation)}
