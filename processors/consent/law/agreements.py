"""What must be agreed in writing before anything is disclosed at all, and who it is that may look."""

from processors.consent.law.facts import Relation, Tiers
from processors.consent.law.rules import Citation, Effect, Law, Reason, Rule, when

WRITTEN = Citation(
    "34 CFR 99.31(a)(6)(iii)(C)",
    "enters into a written agreement with the organization that—",
    "34-cfr-99.31",
)
SCOPE = Citation(
    "34 CFR 99.31(a)(6)(iii)(C)(1)",
    "Specifies the purpose, scope, and duration of the study or studies and the information to be disclosed",
    "34-cfr-99.31",
)
INTEREST = Citation(
    "34 CFR 99.31(a)(1)(ii)",
    "must use reasonable methods to ensure that school officials obtain access to only those education records in "
    "which they have legitimate educational interests",
    "34-cfr-99.31",
)

LAW = Law(
    "agreements", "Agreements in three tiers, and legitimate interest", (), None,
    (
        Rule(
            "agreements.31.mou", 1, WRITTEN, Effect.DENY,
            "The agency that holds the record has no memorandum of understanding in force.",
            when(tiers={Tiers.NO_MOU}), Reason.TIER_MISSING,
        ),
        Rule(
            "agreements.31.dsa", 1, WRITTEN, Effect.DENY,
            "The data-sharing agreement between holder and recipient is not in force.",
            when(tiers={Tiers.NO_DSA}), Reason.NOT_IN_FORCE,
        ),
        Rule(
            "agreements.31.dul", 1, SCOPE, Effect.DENY,
            "The recipient has no data-use licence in force for this purpose.",
            when(tiers={Tiers.NO_DUL}), Reason.TIER_MISSING,
        ),
        Rule(
            "agreements.31.interest", 1, INTEREST, Effect.DENY,
            "The agreement is for people on the recipient's caseload, and this person is not on it.",
            when(relation={Relation.NONE}), Reason.NO_CASELOAD,
        ),
    ),
)  # fmt: skip
