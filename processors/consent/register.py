"""Agreements by what they are asked for: who shares what with whom, by which right, and whether it holds on a day."""

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from processors.consent.agreements import Agreement, Grant, number_of
from processors.consent.law.facts import Agency, Institution, Purpose, Tiers, value_of


@dataclass(frozen=True, eq=False)
class Shared:
    """One family of one partner, as one agreement shares it, with all about the parties that a rule may ask."""

    agreement: Agreement
    grant: Grant
    holder: Agency
    recipient: Agency
    purpose: Purpose
    institution: Institution
    mous: tuple[Agreement, ...]
    """Memoranda of the holder and of the recipient; where they are two and one has none, that one is missing."""
    duls: tuple[Agreement, ...]
    """Licences of the recipient to use it for this purpose."""

    def tiers(self, day: int | None) -> Tiers:
        """Whether all that a disclosure needs is in force on a day, from 1970-01-01; None, no day yet: nothing is."""
        if day is None or not self.agreement.in_force(day):
            return Tiers.NO_DSA
        parties = {self.agreement.party, self.grant.partner_id}
        if {one.party for one in self.mous if one.in_force(day)} != parties:
            return Tiers.NO_MOU
        return Tiers.IN_FORCE if any(one.in_force(day) for one in self.duls) else Tiers.NO_DUL

    def last_day(self, day: int) -> int | None:
        """The last day before all must be destroyed, by the licence in force that lasts longest; None: none says."""
        days = [one.destroy_by for one in self.duls if one.in_force(day)]
        named = [number_of(one) - 1 for one in days if one is not None]
        return max(named) if named and len(named) == len(days) else None

    @property
    def known(self) -> list[list[str | int]]:
        """Ids and versions of all agreements that it rests on."""
        return [[one.agreement_id, one.version] for one in (self.agreement, *self.mous, *self.duls)]


class Register:
    """All agreements, of any tier; of two memoranda of one party that of the higher version counts."""

    def __init__(self, agreements: Iterable[Agreement]) -> None:
        """Of these; no two have one id."""
        self.by_id: Mapping[str, Agreement] = {one.agreement_id: one for one in agreements}
        ranked = sorted(self.by_id.values(), key=lambda one: (one.version, one.agreement_id))
        self._mous = {one.party: one for one in ranked if one.tier == "mou"}
        self._duls = [one for one in self.by_id.values() if one.tier == "dul"]
        self._shared: dict[tuple[str, Grant], Shared] = {}

    @functools.cached_property
    def by_source(self) -> dict[tuple[str, str], list[Shared]]:
        """By partner and family: what agreements share of it, in the order of their ids."""
        found: dict[tuple[str, str], list[Shared]] = defaultdict(list)
        for _, agreement in sorted(self.by_id.items()):
            for grant in agreement.grants:
                found[grant.partner_id, grant.family].append(self.shared(agreement, grant))
        return dict(found)

    def shared(self, agreement: Agreement, grant: Grant) -> Shared:
        """One family of one partner, as one agreement shares it."""
        key = (agreement.agreement_id, grant)
        if key not in self._shared:
            self._shared[key] = self._made(agreement, grant)
        return self._shared[key]

    def _made(self, agreement: Agreement, grant: Grant) -> Shared:
        parties = dict.fromkeys((grant.partner_id, agreement.party))
        kinds = [self.kind_of(grant.partner_id), self.kind_of(agreement.party)]
        mous = tuple([mou for party in parties if (mou := self._mous.get(party))])
        licences = (one for one in self._duls if one.party == agreement.party)
        duls = [one for one in licences if agreement.agreement_id in one.licenses and agreement.purpose in one.purposes]
        institution = Institution.SAME if len(parties) == 1 or _are_one(mous) else Institution.OTHER
        purpose = value_of(Purpose, agreement.purpose)
        return Shared(agreement, grant, kinds[0], kinds[1], purpose, institution, mous, tuple(duls))

    def kind_of(self, party: str) -> Agency:
        """What kind of agency a party is, by its memorandum."""
        mou = self._mous.get(party)
        return Agency.OTHER if mou is None else mou.kind

    def concerns(self, agreement: Agreement) -> list[str]:
        """Recipients for whom an agreement decides something, sorted."""
        if agreement.tier != "mou":
            return [agreement.party]
        shared = [one for one in self.by_id.values() if one.tier == "dsa"]
        named = {one.party for one in shared for grant in one.grants if grant.partner_id == agreement.party}
        return sorted(named | {one.party for one in shared if one.party == agreement.party})

    def of_recipient(self, recipient: str) -> list[Agreement]:
        """Everything that decides what a recipient may see, by id."""
        return [one for _, one in sorted(self.by_id.items()) if recipient in self.concerns(one)]

    def recipients(self) -> list[str]:
        """Parties of data-sharing agreements, sorted."""
        return sorted({one.party for one in self.by_id.values() if one.tier == "dsa"})


def _are_one(mous: Sequence[Agreement]) -> bool:
    """Whether two parties' memoranda name one institution."""
    names = [mou.institution for mou in mous]
    return len(names) > 1 and names[0] != "" and len(set(names)) == 1
