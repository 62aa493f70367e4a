"""What a dry run says of a row is what the gate says of the event that publishing would have made of it."""

import copy
import functools
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.publish.gate import Gate
from partners.client import Publisher
from partners.events import Headers
from partners.formats import Code
from partners.publishing import Outcome, publish_file
from processors.consent.agreements import Agreement
from processors.records import Arrivals
from processors.resolve import codes
from processors.resolve.gate import admit
from schemas_avro import catalog
from schemas_avro.examples import example

AS_OF, NOW = datetime(2026, 8, 31, tzinfo=UTC), datetime(2026, 9, 1, 12, tzinfo=UTC)
PARTNER = "lea_grand_bend"
TEXTS = [
    "", " ", "20261", "a\x07b", "a\x00", "SSN 123-45-6789", "123-45-6789", "123456789", "é", "*", "G11", "11",
    "2026-2027", "2026-2028", "1.0101", "01.0101", "https://example.org/x", "http://127.0.0.1/", "ab", "99",
    "tab\tand\nline", "x" * 70_000,
]  # fmt: skip
DAYS = ["2026-08-12", "1869-12-31", "1870-01-01", "2200-01-02", "0001-01-01", "9999-12-31", "2026-02-01", "1890-01-01"]
TIMES = ["2026-08-12T08:00:00Z", "1999-12-31T23:59:59Z", "2026-09-01T12:30:00Z", "2199-01-01T00:00:00Z"]
VALUES = st.one_of(
    st.none(), st.sampled_from(TEXTS), st.sampled_from(DAYS), st.sampled_from(TIMES), st.text(max_size=8),
    st.integers(-(2**33), 2**33), st.sampled_from([-1, 0, 99, 101]), st.booleans(),
    st.lists(st.sampled_from([*TEXTS[:9], "health", "disability", "aid"]), max_size=3),
    st.just([{"system": "SSN", "value": "123-45-6789"}]), st.just([{"system": "SSID", "value": "123-45-6789"}]),
    st.just(["wage"] * 1_001),
)  # fmt: skip


def fields_of(family: str) -> list[tuple[str, str]]:
    """Part and name of every field."""
    sources = (("envelope", "envelope"), ("body", f"families/{family}"))
    return [(part, field["name"]) for part, source in sources for field in catalog.read(source)["fields"]]


def own_example(family: str) -> dict[str, Any]:
    """The example of a family as this partner would send it."""
    row = copy.deepcopy(example(family))
    row["envelope"].pop("partner_id", None)
    return row


@st.composite
def rows(draw: st.DrawFn, family: str) -> list[dict[str, Any]]:
    """Rows of a family: its example, and a few fields that say something else."""
    found = []
    for number in range(draw(st.integers(1, 6))):
        row = own_example(family)
        row["envelope"]["source_record_id"] = f"e-{number}"
        for part, name in draw(st.lists(st.sampled_from(fields_of(family)), max_size=2)):
            row[part][name] = draw(VALUES)
        found.append(row)
    return found


class Caught(Publisher):
    """A publisher whose broker is a list."""

    def __init__(self) -> None:
        super().__init__("localhost:1", PARTNER)
        self.sent: list[tuple[str, bytes | None, bytes | None, Headers, str]] = []

    def _produce(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers, event_id: str) -> None:
        self.sent.append((topic, key, value, headers, event_id))

    def flush(self) -> None:
        """Nothing is under way."""


@functools.cache
def catching() -> Caught:
    """One for all tests: each has threads of its own."""
    return Caught()


def memorandum(family: str, consent_for: Sequence[str] = ()) -> Agreement:
    """An agreement in force by which the partner publishes the family."""
    return Agreement(
        agreement_id="m", version=1, tier="mou", title="m", party=PARTNER, families=(family,), citation="m",
        consent_for=tuple(consent_for), effective_from=date(2020, 1, 1),
    )  # fmt: skip


def rejected_at_the_gate(path: Path, family: str, mou: Agreement) -> tuple[Outcome, dict[int, str]]:
    """A file published, and by place the code with which the gate rejects what was made of a row."""
    caught, places = catching(), defaultdict(list)
    caught.sent.clear()
    outcome = publish_file(
        path, family, AS_OF, caught, on_event=lambda place, event_id, _: places[event_id].append(place)
    )
    topics, keys, values, headers, ids = zip(*caught.sent, strict=True) if caught.sent else ((),) * 5
    count, at = len(topics), int(NOW.timestamp() * 1000)
    arrivals = Arrivals(topics, [0] * count, range(count), [at] * count, keys, values, [dict(h) for h in headers])
    _, rejected = admit(arrivals, {PARTNER: mou})
    by_id = {ids[place]: found.code.value for place, found in rejected.items()}
    return outcome, {place: code for event_id, code in by_id.items() for place in places[event_id]}


@pytest.mark.parametrize("family", catalog.FAMILIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_dry_run_rejects_what_publishing_and_the_gate_reject_and_for_the_same_reason(
    tmp_path: Path, family: str, data: st.DataObject
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in data.draw(rows(family))))
    spoken_for = example(family)["body"].get("controllers", [])
    mou = memorandum(family, spoken_for)
    outcome, at_the_gate = rejected_at_the_gate(path, family, mou)
    looked = publish_file(path, family, AS_OF, PARTNER, judge=Gate(PARTNER, family, NOW, mou))
    assert {bad.place: bad.code.value for bad in looked.bad} == {
        bad.place: bad.code.value for bad in outcome.bad
    } | at_the_gate
    assert looked.valid == outcome.valid - len(at_the_gate)


@pytest.mark.parametrize("name", ["subject_token", "source_record_id"])
def test_an_id_that_looks_like_a_number_of_social_security_never_reaches_the_broker(tmp_path: Path, name: str) -> None:
    path, sound, bad = tmp_path / "rows.jsonl", own_example("enrollment"), own_example("enrollment")
    bad["envelope"] |= {"source_record_id": "another", name: "123-45-6789"}
    path.write_bytes(orjson.dumps(sound) + b"\n" + orjson.dumps(bad))
    outcome, at_the_gate = rejected_at_the_gate(path, "enrollment", memorandum("enrollment"))
    assert (outcome.reasons, at_the_gate) == ({"ssn_in_text": 1}, {})
    assert b"123-45-6789" not in b"".join(value or b"" for _, _, value, _, _ in catching().sent)
    assert len(catching().sent) == 1


def test_every_code_with_which_the_gate_rejects_one_event_is_a_code_of_a_row() -> None:
    of_bytes = {"null_value", "empty_value", "bad_framing", "unknown_schema", "schema_not_allowed", "undecodable"}
    of_the_log = {"no_agreement", "family_not_agreed", "key_mismatch", "conflicting_duplicate", "internal_error"}
    of_content = {code.value for code in codes.Code} - of_bytes - of_the_log
    assert of_content <= {code.value for code in Code}


def test_without_a_memorandum_anybody_may_be_spoken_for_and_with_one_only_those_it_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(orjson.dumps(own_example("consent")))

    def codes_with(mou: Agreement | None) -> dict[str, int]:
        return publish_file(path, "consent", AS_OF, PARTNER, judge=Gate(PARTNER, "consent", NOW, mou)).reasons

    assert codes_with(None) == {}
    assert codes_with(memorandum("consent")) == {"consent_not_authorised": 1}
