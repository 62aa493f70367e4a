"""Who may see what by all that was told, worked out from scratch: persons, versions that stand, tiers and groups.

It shares nothing with the stage but the words for facts. Of each disclosure, category by category, it asks the oracle
of the law (``law_oracle.py``).
"""

import functools
from collections import defaultdict
from typing import Any

from processors.consent.law.facts import CLASSES, Address, Category, Facts, Purpose
from schemas_avro import catalog
from support import law_oracle
from support.person_oracle import Somebody, Told, moment

Row = dict[str, Any]
Seen = dict[tuple[str, str, str], frozenset[str]]
"""By recipient, person and event: the field groups."""
NONE = frozenset[str]()


class Oracle:
    """All that was told."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.day: int | None = None
        self.laws = "none"
        self.agreements: dict[str, Row] = {}
        self.told: dict[str, Told] = defaultdict(Told)
        self.person_of: dict[str, str] = {}
        self.partner_of: dict[str, str] = {}
        self.orders: dict[str, Row] = {}

    def hear(self, name: str, row: Row) -> None:
        """The next record of the log."""
        if name == "clock_ticked":
            self.day = row["day"]
        elif name == "rules_activated":
            self.laws = row["laws"]
        elif name == "agreement_activated":
            self.agreements[row["agreement_id"]] = row
        elif name == "resolved_event":
            self._event(row)
        else:
            self._about_records(name, row)

    def _event(self, row: Row) -> None:
        """What came before says nothing new, not even whose it is."""
        versions = self.told[row["record_key"]].facts.setdefault(row["fact_id"], {})
        if row["event_id"] not in versions:
            versions[row["event_id"]] = row
            self.person_of[row["record_key"]], self.partner_of[row["record_key"]] = row["person_id"], row["partner_id"]

    def _about_records(self, name: str, row: Row) -> None:
        for one in row.get("transfers", ()):
            self.person_of[one["record_key"]] = one["person_id"]
            self.told[one["record_key"]].mark = (one["age"], one["attends"])
        for one in row.get("moves", ()):
            self.person_of[one["record_key"]] = one["to_person_id"]
        if name == "disclosure_ordered":
            self._order(row)
        if name == "person_erased":
            self._never_were(row["record_keys"])

    def _never_were(self, records: list[str]) -> None:
        """Erased is as if it had never been told; an order that was of these alone is none."""
        for record in records:
            for known in (self.told, self.person_of, self.partner_of):
                known.pop(record, None)
        left = {order_id for told in self.told.values() for order_id in told.orders}
        self.orders = {order_id: order for order_id, order in self.orders.items() if order_id in left}

    def _order(self, row: Row) -> None:
        """A step of an order: stated of the records that its person has then, approved by another, ended for good."""
        known = self.orders.get(row["order_id"])
        if known is None and row["state"] == "stated":
            mine = [record for record, person in self.person_of.items() if person == row["person_id"]]
            mine = [record for record in mine if self.told[record].is_known()]
            until = last_day(row, self.day)
            if mine and until is not None:
                known = self.orders[row["order_id"]] = {**row, "approved": False, "valid_until": until}
                for record in mine:  # the one order with each of them, wherever they go
                    self.told[record].orders[row["order_id"]] = known
        elif known is not None and row["state"] == "ended":
            known["state"] = "ended"
        elif known is not None and row["state"] == "approved" and known["state"] != "ended":
            known["approved"] |= row["by"] != known["by"]

    def permitted(self) -> Seen:
        """What may be seen."""
        found = Seen()
        records: dict[str, list[str]] = defaultdict(list)
        for record, person in self.person_of.items():
            records[person].append(record)
        for person, mine in records.items():
            who = Somebody((self.partner_of.get(record, ""), self.told[record]) for record in mine)
            facts = [versions for record in mine for versions in self.told[record].facts.values()]
            for event in [event for versions in facts for event in living(versions)]:
                for dsa, grant in self._granting(event):
                    groups = self._groups(event, who, dsa, grant)
                    if "core" in groups:
                        found[dsa["party"], person, event["event_id"]] = groups
        return found

    def _granting(self, event: Row) -> list[tuple[Row, Row]]:
        """Agreements and grants that name an event's partner and family."""
        source = (event["partner_id"], event["family"])
        grants = [(one, grant) for one in self.agreements.values() for grant in one["grants"]]
        return [(one, grant) for one, grant in grants if (grant["partner_id"], grant["family"]) == source]

    def _groups(self, event: Row, who: Somebody, dsa: Row, grant: Row) -> frozenset[str]:
        """The groups granted of which all that they show may be shown; none without the core."""
        own = {group: categories(event["family"], group) for group in grant["groups"]}
        shared, beyond = NONE.union(*own.values()), frozenset(event["data_categories"])
        may = {one for one in shared | beyond if self._may(event, who, dsa, one, agreed=one in shared)}
        groups = frozenset(group for group, needed in own.items() if needed | beyond <= may)
        return groups if "core" in groups else NONE

    def _may(self, event: Row, who: Somebody, dsa: Row, category: str, *, agreed: bool) -> bool:
        """Whether one category may be shown; an exception of law opens no more than what was agreed on."""
        party, holder, day = dsa["party"], event["partner_id"], self.day or 0
        mous = [self._memoranda().get(one, {}) for one in (holder, party)]
        kinds, houses = [one.get("kind", "other") for one in mous], [one.get("institution", "") for one in mous]
        consented = dsa["basis"] == "consent" and who.consents(
            (holder, category, dsa["purpose"], party), kinds[0], day, alone=dsa["distinct_consent"]
        )  # fmt: skip
        served = "serves" if party in who.served_by else "none"
        return lawful(self.laws, (
            *kinds, dsa["basis"], dsa["purpose"] if dsa["purpose"] in list(Purpose) else "other",
            self._tiers(holder, dsa), served if dsa["relation"] == "caseload" else "organization",
            "same" if holder == party or houses[0] == houses[1] != "" else "other", who.care(party),
            who.approval(party, dsa["basis"], day), "confidential" if who.hides else "open",
            category if category in list(Category) and (agreed or dsa["basis"] == "consent") else "other",
            "in_force" if consented else "none",
        ))  # fmt: skip

    def _tiers(self, holder: str, dsa: Row) -> str:
        """All three tiers today: the agreement, a memorandum of each party, and a licence for it and its purpose."""
        now, mous = self.agreements, self._memoranda()
        needed = [dsa, *(mous.get(one) for one in (holder, dsa["party"]))]
        licences = [
            one for one in now.values() if one["tier"] == "dul" and one["party"] == dsa["party"]
            and dsa["agreement_id"] in one["licenses"] and dsa["purpose"] in one["purposes"]
        ]  # fmt: skip
        is_so = all(self._holds(one) for one in needed) and any(self._holds(one) for one in licences)
        return "in_force" if is_so else "no_dsa"

    def _memoranda(self) -> dict[str, Row]:
        """By party."""
        return {one["party"]: one for one in self.agreements.values() if one["tier"] == "mou"}

    def _holds(self, one: Row | None) -> bool:
        """Whether an agreement is in force today; a licence only before the day to destroy."""
        if one is None or self.day is None:
            return False
        is_over = one["effective_to"] is not None and self.day > one["effective_to"]
        is_destroyed = one["destroy_by"] is not None and self.day >= one["destroy_by"]
        return one["effective_from"] <= self.day and not is_over and not is_destroyed


def last_day(row: Row, day: int | None) -> int | None:
    """Of an order; an emergency is one for two weeks at most, and for none where nobody knows what day it is."""
    if row["basis"] == "judicial_order":
        return int(row["valid_until"])
    return None if day is None else min(int(row["valid_until"]), day + 14)


def living(versions: dict[str, Row]) -> list[Row]:
    """Versions of a fact after the last that takes it back."""
    rows = sorted(versions.values(), key=moment)
    return rows[max((n + 1 for n, row in enumerate(rows) if row["operation"] == "retract"), default=0) :]


@functools.cache
def categories(family: str, group: str) -> frozenset[str]:
    """What a field group shows."""
    fields = catalog.read(f"families/{family}")["fields"]
    return frozenset(one["classification"] for one in fields if one.get("group") == group) - {"operational"}


@functools.cache
def lawful(laws: str, words: tuple[str, ...]) -> bool:
    """By the rules in force.

    Without the law of confidential addresses all addresses are as others; without FERPA's consent nobody may say yes to
    what it protects.
    """
    facts = Facts._make(kind(word) for kind, word in zip(CLASSES, words, strict=True))
    if laws == "no safe_at_home":
        facts = facts._replace(address=Address.OPEN)
    if laws == "no ferpa.30.consent" and facts.basis == "consent" and facts.holder in law_oracle.EDUCATION:
        return False
    return laws != "none" and law_oracle.permits(facts)
