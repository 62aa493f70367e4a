"""Ids of events and of submissions: UUIDs in the one form that RFC 9562 section 4 recommends, in lower case."""

import re

FORM = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NIL = "00000000-0000-0000-0000-000000000000"
UUID = re.compile(FORM)
SUBMISSION = "ce_submission"
"""Header of a partner's event: the id of the submission, one run of publishing, that it came with (CloudEvents 1.0)."""


def is_event_id(text: str) -> bool:
    """Whether a text is a UUID in the one form, and not the nil UUID."""
    return UUID.fullmatch(text) is not None and text != NIL
