"""What the agreements on this machine say of a partner; those in force are the operator's, and may be elsewhere."""

import difflib
from datetime import datetime

from deploy.agreements_folder import load_agreements
from partners.rows import days
from processors.consent.agreements import Agreement
from streams import settings

NEARLY_THE_SAME = 0.85
"""How alike a name and a partner's are, as difflib counts: others' names are told to nobody who did not mistype one."""


def memoranda(now: datetime) -> list[Agreement]:
    """The memoranda in force of the folder of agreements; none where it has no file.

    Raises:
        ThroughlineError: a file in it is no agreement.
    """
    folder, today = settings.load().agreements, days(now.date())
    found = load_agreements(folder) if any(folder.glob("*.toml")) else []
    return [one for one in found if one.tier == "mou" and one.in_force(today)]


def advice_before_sending(partner: str, families: list[str], now: datetime) -> str:
    """What only the gate, or a topic that is missing, would tell of a partner's families; empty where nothing is wrong.

    Raises:
        ThroughlineError: a file in the folder of agreements is none.
    """
    known = memoranda(now)
    own = {family for one in known if one.party == partner for family in one.families}
    lacking = [family for family in families if family not in own]
    if not known or not lacking:
        return ""
    others = {one.party for one in known}
    near = [] if own else difflib.get_close_matches(partner, others, 1, NEARLY_THE_SAME)
    meant = f"did you mean {near[0]}? " if near else ""
    has = f"; its agreement is for {', '.join(sorted(own))}" if own else ""
    return (
        f"before it is sent: {meant}no agreement in force that is known here lets {partner} publish "
        f"{', '.join(lacking)}{has}: ask the operator, or name the folder in force by THROUGHLINE_AGREEMENTS_DIR"
    )
