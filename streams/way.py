"""The whole way of an event, on one screen: publish, resolve, consent, signals, sink. Start here.

    partner system
       │  partners/client.py        publishes Avro to partner.<partner>.<family>
       ▼
    resolve                         streams/resolve.py moves it, processors/resolve/ decides: the gate, then whose it is
       │  resolved.events           one ordered log; bodies sealed        (identity.records, identity.changes beside it)
       ▼
    consent                         streams/consent.py moves it, processors/consent/ decides: who may see which fields
       │  released.<recipient>      projections and retractions       (audit.decisions, receipts.<partner> beside it)
       ├─▶ signals                  streams/signals.py moves it (Faust), processors/signals/ decides: whom to look after
       │     signals.<recipient>    raised, closed, retracted
       ▼
    sink                            streams/sink.py moves it, sinks/case_views.py keeps it
       │  case views                processors/consent/reading.py decides again at every reading
       ▼
    portal                          portal/app.py shows it, live

What a partner tries goes to sandbox.<partner>.<family>, which no stage reads (deploy/onboarding/).

Every event ends in one of three ways: carried, withheld, rejected (deadletter.<partner>). ``STEPS`` is that picture as
data; a test holds it to the table of topics and to the modules it names.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One station of the way."""

    name: str
    reads: str
    """Pattern of topics."""
    writes: tuple[str, ...]
    decides: str
    """Module of the pure decision."""
    moves: str
    """Module that moves records."""


STEPS = (
    Step("publish", "files and partners' systems", ("partner.*",), "partners.formats", "partners.client"),
    Step(
        "resolve",
        "partner.*, control.*",
        (
            "resolved.events",
            "identity.records",
            "identity.changes",
            "identity.models",
            "identity.reviews",
            "deadletter.*",
        ),
        "processors.resolve.decide",
        "streams.resolve",
    ),
    Step(
        "consent",
        "resolved.events",
        ("released.*", "audit.decisions", "receipts.*"),
        "processors.consent.decide",
        "streams.consent",
    ),
    Step("signals", "released.*", ("signals.*",), "processors.signals.decide", "streams.signals"),
    Step("sink", "released.*, signals.*", (), "processors.consent.reading", "streams.sink"),
)
