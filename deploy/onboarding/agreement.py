"""The draft of a partner's participation agreement: what the parties fill in, and what a trial takes it for."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.agreements_folder import load_agreements
from processors.consent.agreements import Agreement
from processors.consent.law.facts import Agency
from streams.errors import ThroughlineError
from streams.toml_file import FILL_IN

FOLDER = "agreement"
NEVER = date(2199, 1, 1)
"""First day of a draft: what nobody has filled in never comes into force."""


def draft(partner: str, families: Sequence[str]) -> str:
    """A memorandum of understanding that lets a partner publish families, and shares nothing with anybody."""
    kinds = ", ".join(kind.value for kind in Agency)
    own = f'["{partner}"]  # consents are taken for its own records alone' if "consent" in families else "[]"
    return "\n".join([
        "# DRAFT of a participation agreement (memorandum of understanding), for the operator's folder of agreements.",
        "# It lets the partner publish; it shares nothing with anybody: for that there are data-sharing agreements.",
        f"# Lines with {FILL_IN} are for the parties. As it is, it never comes into force.",
        f'agreement_id = "mou-{partner.replace("_", "-")}"',
        "version = 1",
        'tier = "mou"',
        f'title = "{FILL_IN}: what people call the partner"',
        f'party = "{partner}"',
        f'kind = "other"  # {FILL_IN}: one of {kinds}; rules of law go by it',
        "families = [" + ", ".join(f'"{family}"' for family in families) + "]",
        f"consent_for = {own}",
        f'citation = "{FILL_IN}: the law and the agreement signed"',
        f"effective_from = {NEVER.isoformat()}  # {FILL_IN}: the first day on which it holds",
        "",
    ])  # fmt: skip


def file_of(partner: str) -> str:
    """Name of the draft in the folder."""
    return f"{FOLDER}/mou-{partner.replace('_', '-')}.toml"


def load(folder: Path, partner: str) -> Agreement:
    """The partner's memorandum in a folder, drafted or filled in.

    Raises:
        ThroughlineError: there is none, or it is no agreement.
    """
    own = [one for one in load_agreements(folder / FOLDER) if one.tier == "mou" and one.party == partner]
    if not own:
        raise ThroughlineError(f"no memorandum (tier mou) in {FOLDER}/ has party {partner}")
    return own[0]


def left_open(agreement: Agreement) -> list[str]:
    """Names of what the parties have not filled in."""
    texts = [name for name in ("title", "citation") if FILL_IN in getattr(agreement, name)]
    return texts + (["effective_from"] if agreement.effective_from == NEVER else [])


def left_in(agreements: Iterable[Agreement]) -> list[str]:
    """What the parties have not filled in, a line an agreement."""
    found = {one.agreement_id: left_open(one) for one in agreements}
    return [
        f"{id_}: to be filled in, or still the draft's: {', '.join(names)}" for id_, names in found.items() if names
    ]


def as_if_in_force(agreement: Agreement) -> Agreement:
    """The same as if it held today: a trial asks what will be, not whether it is signed."""
    return agreement.model_copy(
        update={"effective_from": min(agreement.effective_from, _today()), "effective_to": None}
    )


def _today() -> date:
    return datetime.now(UTC).date()
