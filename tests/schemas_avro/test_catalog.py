"""The catalog: ids that keep their meaning, schemas whole in themselves, projections of just what is permitted."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import fastavro
import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from schemas_avro import catalog

Row = dict[str, Any]

PINNED = [
    (101, "partner.identity.v1", "80df6425fab66234"),
    (102, "partner.consent.v1", "c71329d4829b4bc9"),
    (103, "partner.enrollment.v1", "3f6530b184db719e"),
    (104, "partner.aid.v1", "66ca7516732c4897"),
    (105, "partner.employment.v1", "598ffbb4e06493e9"),
    (106, "partner.contact.v1", "00740cdc3792e5f2"),
    (107, "partner.caseload.v1", "4d413dfb6f0ce410"),
    (108, "partner.social_service.v1", "b08359716f06f991"),
    (109, "partner.attendance.v1", "b71dcfa8b5f66919"),
    (110, "partner.assessment.v1", "c05678de38678fc6"),
    (111, "partner.intervention.v1", "ecd363ebdb38e062"),
    (112, "partner.early_care.v1", "11d14856c8c00c7f"),
    (113, "partner.credential.v1", "7105cac7a84c7b18"),
    (114, "partner.transfer.v1", "2393926a98db4666"),
    (115, "partner.aid.v1", "22eb0d8376a66fbd"),
    (201, "body.identity.v1", "75e4d7d587d25715"),
    (202, "body.consent.v1", "95bcab4ef982db3e"),
    (203, "body.enrollment.v1", "c60ee9117f22e9a6"),
    (204, "body.aid.v1", "16ccbf40a7009fc5"),
    (205, "body.employment.v1", "94e4588548802ec9"),
    (206, "body.contact.v1", "5922ee07a58d1880"),
    (207, "body.caseload.v1", "277cbe8ba64f1ea5"),
    (208, "body.social_service.v1", "49c0c34c0bd6230b"),
    (209, "body.attendance.v1", "b4080079daf0d237"),
    (210, "body.assessment.v1", "edb9018caee1cbb7"),
    (211, "body.intervention.v1", "4bbf082aa6fbec4d"),
    (212, "body.early_care.v1", "53cd28685ac2a1e5"),
    (213, "body.credential.v1", "298e2f143d2f71ac"),
    (214, "body.transfer.v1", "64cee3287dd6994d"),
    (215, "body.aid.v1", "cd96740c92f2c7f4"),
    (301, "internal.agreement_activated.v1", "4a5555a2d298d8be"),
    (302, "internal.clock_ticked.v1", "81faf6392572dc34"),
    (303, "internal.dead_letter.v1", "f65374b332554a3f"),
    (304, "internal.decision_recorded.v1", "f7b2a24e01948c7f"),
    (305, "internal.identity_changed.v1", "ae75c12fb4ac1ab6"),
    (306, "internal.identity_record.v1", "ca81761a86e02fc9"),
    (307, "internal.records_moved.v1", "291db5969e7d3ffb"),
    (308, "internal.release_retracted.v1", "41ecbbee2555d40a"),
    (309, "internal.resolved_event.v1", "e74ab90ebe3a87f4"),
    (310, "internal.signal_changed.v1", "26ab5c970bf9c49e"),
    (311, "internal.reissue_requested.v1", "81fb3986711174a5"),
    (312, "internal.rights_transferred.v1", "6a6f3a06dc7e1fc6"),
    (313, "internal.letter_replayed.v1", "65776cdffb46c8cb"),
    (314, "internal.identity_decided.v1", "528e8243936b5737"),
    (315, "internal.identity_review.v1", "b15d21f54ba66a99"),
    (316, "internal.model_chosen.v1", "5a9d02a751902ded"),
    (317, "internal.model_in_force.v1", "66d08e6227f39f6e"),
    (318, "internal.model_refused.v1", "055a81b2f1e203e2"),
    (331, "internal.erasure_requested.v1", "d516f84f2fac2bc7"),
    (332, "internal.person_erased.v1", "3fb4e9dc3868b6a7"),
    (333, "internal.event_withheld.v1", "db877bb8b8973949"),
    (334, "internal.disclosure_ordered.v1", "c350861174a32fea"),
    (335, "internal.rules_activated.v1", "2b0cc57e2efe39b5"),
    (336, "internal.sweep_ended.v1", "51b42633162e17b2"),
    (337, "internal.receipt_issued.v1", "a7933338536d928d"),
    (338, "internal.submission_counted.v1", "3b03d4ffc9dc3376"),
    (401, "released.enrollment.v1.core", "83837b09f0b6436b"),
    (402, "released.enrollment.v1.core-progress", "dc0608ee24d23484"),
    (403, "released.aid.v1.core", "493548356ee9b172"),
    (404, "released.aid.v1.amounts-core", "25e6b86928d2e387"),
    (405, "released.aid.v1.application_type-core", "952f3a20bbe50a49"),
    (406, "released.aid.v1.amounts-application_type-core", "3365ed813abbf672"),
    (407, "released.employment.v1.core", "eae13273b2b77056"),
    (408, "released.employment.v1.core-earnings", "7cac2a3db525296c"),
    (409, "released.employment.v1.core-employer", "7366d3e949d7fbe3"),
    (410, "released.employment.v1.core-earnings-employer", "32722fc38b48e43a"),
    (411, "released.contact.v1.core", "e3d5805e4f0b8956"),
    (412, "released.contact.v1.address-core", "45d53981179cc5d0"),
    (413, "released.contact.v1.core-reach", "7977f7b056b2ffa0"),
    (414, "released.contact.v1.address-core-reach", "5eabb06cf7d5d758"),
    (415, "released.caseload.v1.core", "058660bcb5586c43"),
    (416, "released.contact.v1.area-core", "a4bc2327a6009430"),
    (417, "released.contact.v1.core-language", "0acf162611003e7a"),
    (418, "released.contact.v1.address-area-core", "c8577f9692537b01"),
    (419, "released.contact.v1.address-core-language", "0588f3e71382a67d"),
    (420, "released.contact.v1.area-core-language", "42d9fc4686549627"),
    (421, "released.contact.v1.area-core-reach", "bd59d7fcecf36733"),
    (422, "released.contact.v1.core-language-reach", "9102595c38da300f"),
    (423, "released.contact.v1.address-area-core-language", "3c1ed0faf36598ad"),
    (424, "released.contact.v1.address-area-core-reach", "c500bbe1b4cb2f94"),
    (425, "released.contact.v1.address-core-language-reach", "fc40a4c2f66ab847"),
    (426, "released.contact.v1.area-core-language-reach", "6c2eecdb2e247dfd"),
    (427, "released.contact.v1.address-area-core-language-reach", "e41893d888672533"),
    (428, "released.social_service.v1.core", "b61bcb4d64aadb27"),
    (429, "released.social_service.v1.core-housing", "0f9a6451d8c83fda"),
    (430, "released.social_service.v1.core-placement", "5438d3d1f26b0b13"),
    (431, "released.social_service.v1.core-protection", "a0132ef012056769"),
    (432, "released.social_service.v1.core-housing-placement", "8ad0a80a07aa2688"),
    (433, "released.social_service.v1.core-housing-protection", "57174653d10cd6b1"),
    (434, "released.social_service.v1.core-placement-protection", "747eb3a0d41aba3d"),
    (435, "released.social_service.v1.core-housing-placement-protection", "1dc34db4cca98dab"),
    (436, "released.attendance.v1.core", "43062017a345f04b"),
    (437, "released.attendance.v1.absences-core", "815772dfc0ce3502"),
    (438, "released.attendance.v1.core-days", "0cc8bbf2ee2ec765"),
    (439, "released.attendance.v1.absences-core-days", "a5de7d6b87949ea8"),
    (440, "released.assessment.v1.core", "97e5ab557c351562"),
    (441, "released.assessment.v1.core-results", "8cd87467b1ca8377"),
    (442, "released.intervention.v1.core", "a15184221db7f246"),
    (443, "released.intervention.v1.core-outcome", "e42c4c6f5eac6202"),
    (444, "released.early_care.v1.core", "db5d20d6ad52ada4"),
    (445, "released.early_care.v1.core-development", "5817d52d34c462b5"),
    (446, "released.early_care.v1.core-screening", "054f06c8533e0c3f"),
    (447, "released.early_care.v1.core-subsidy", "6cbc2b5370286528"),
    (448, "released.early_care.v1.core-development-screening", "78b2b4a262203d96"),
    (449, "released.early_care.v1.core-development-subsidy", "257383afce358dbc"),
    (450, "released.early_care.v1.core-screening-subsidy", "2dd1362b3ce95af8"),
    (451, "released.early_care.v1.core-development-screening-subsidy", "ec68d89fbd2088fd"),
    (452, "released.credential.v1.core", "92b42f7f135e0dac"),
    (453, "released.transfer.v1.core", "95f3b810847cb2aa"),
    (454, "released.transfer.v1.core-units", "e7c702a27717d9ff"),
    (455, "released.aid.v1.core", "7e8d64b56b520395"),
    (456, "released.aid.v1.amounts-core", "48080ccedde24311"),
    (457, "released.aid.v1.application_type-core", "74f1f037508ddc1d"),
    (458, "released.aid.v1.amounts-application_type-core", "761d8ed55887057b"),
]
"""Id, subject and fingerprint (CRC-64-AVRO of the parsing canonical form: docs and classifications may change)."""

CHANGED = """
The catalog no longer says what stands here:
{lines}
Messages in topics carry these ids for as long as the topics live, so no line here is ever changed or taken away.
- A new schema: run `make schemas`, which gives it an id of its own, and add its line here.
- A changed schema: put its file back, run `make schemas KEEP=<family>`, change it, then as above: a version of its own.
- An id or a subject changed or gone: put it back into catalog.json.
Only before the first release may a line be pinned anew; then drop every topic and store that has seen the old one.
"""
ENTRIES = list(catalog.catalog().values())
NEWEST = [entry for entry in ENTRIES if catalog.newest_of(entry.id) == entry.id]
RELEASED = [entry for entry in NEWEST if entry.subject.startswith("released.")]


def subject_of(entry: catalog.Entry) -> str:
    """For the names of tests."""
    return entry.subject


def fingerprint_of(schema: Row) -> str:
    """Changes if and only if the bytes or the names do."""
    return str(fingerprint(to_parsing_canonical_form(fastavro.parse_schema(schema)), "CRC-64-AVRO"))


def fields_of(schema: Row) -> list[Row]:
    """Every field of every record in a schema."""
    return [one for named in catalog.named_types(schema) for one in named.get("fields", ())]


def body_of(schema: Row) -> Row:
    """The body of a partner's or a released schema."""
    [body] = [one["type"] for one in schema["fields"] if one["name"] == "body"]
    return dict(body)


def changes(now: list[tuple[int, str, str]]) -> list[str]:
    """Lines that were and are not, or are and were not."""
    return [f"- {line}" for line in PINNED if line not in now] + [f"+ {line}" for line in now if line not in PINNED]


def test_an_id_once_given_means_the_same_for_ever() -> None:
    now = [(entry.id, entry.subject, fingerprint_of(entry.schema)) for entry in ENTRIES]
    told = changes(now)
    assert told == [], CHANGED.format(lines="\n".join(told))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda line: (line[0] + 1_000, *line[1:]), 2),
        (lambda line: (line[0], "partner.other.v1", line[2]), 2),
        (lambda line: (*line[:2], "0" * 16), 2),
    ],
    ids=["another id", "another subject", "another schema"],
)
def test_a_change_to_a_line_is_told(spoil: Any, told: int) -> None:
    assert len(changes([spoil(PINNED[0]), *PINNED[1:]])) == told
    assert len(changes(PINNED[1:])) == 1


def test_no_id_and_no_subject_comes_twice() -> None:
    """Read from the file: the catalog itself would let the last one win."""
    rows = json.loads(Path(catalog.__file__).with_name("catalog.json").read_text())
    assert [row for row, count in Counter(row["id"] for row in rows).items() if count > 1] == []
    versions = Counter((row["subject"], row.get("version", 1)) for row in rows)
    assert [row for row, count in versions.items() if count > 1] == []
    assert all((subject, version - 1) in versions for subject, version in versions if version > 1)
    assert len(rows) == len(ENTRIES)
    assert all(1 <= row["id"] < 2**31 for row in rows)


@pytest.mark.parametrize("entry", ENTRIES, ids=subject_of)
def test_a_schema_is_whole_in_itself(entry: catalog.Entry) -> None:
    """By what a registry would serve: fastavro knows no other types than those in the text."""
    assert json.loads(entry.text) == entry.schema
    fastavro.parse_schema(json.loads(entry.text))
    fastavro.parse_schema(json.loads(entry.physical))


@pytest.mark.parametrize("entry", ENTRIES, ids=subject_of)
def test_the_physical_schema_is_the_schema_without_logical_types(entry: catalog.Entry) -> None:
    assert "logicalType" not in entry.physical
    assert fingerprint_of(json.loads(entry.physical)) == fingerprint_of(entry.schema)


def test_a_type_is_defined_where_it_is_first_used_and_named_after_that() -> None:
    schema = catalog.schema_for("partner.consent.v1")
    names = [named["name"] for named in catalog.named_types(schema)]
    assert names.count("DataCategory") == 1
    assert '"items": "DataCategory"' in json.dumps(body_of(schema))
    assert '"name": "DataCategory"' in json.dumps(catalog.schema_for("body.consent.v1"))


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_partners_publish_the_envelope_and_the_familys_body_as_the_files_have_them(family: str) -> None:
    schema = catalog.schema_for(f"partner.{family}.v1")
    envelope, body = catalog.read("envelope"), catalog.read(f"families/{family}")
    assert schema["name"] == f"{body['name']}Recorded"
    assert [one["name"] for one in schema["fields"]] == ["envelope", "body"]
    assert schema["fields"][0]["type"] == envelope
    assert body_of(schema) == body
    assert all(one["doc"] and one["classification"] for one in fields_of(schema))


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_a_body_alone_has_the_bytes_of_the_body_in_the_event(family: str) -> None:
    alone, within = catalog.schema_for(f"body.{family}.v1"), body_of(catalog.schema_for(f"partner.{family}.v1"))
    assert [one["name"] for one in alone["fields"]] == [one["name"] for one in within["fields"]]
    assert catalog.compose(catalog.read(f"families/{family}")) == alone


@pytest.mark.parametrize("entry", RELEASED, ids=subject_of)
def test_a_projection_has_exactly_the_fields_of_its_groups(entry: catalog.Entry) -> None:
    groups = entry.subject.split(".")[3].split("-")
    file = catalog.read(f"families/{entry.family}")
    body = body_of(entry.schema)
    assert body["fields"] == [one for one in file["fields"] if one.get("group") in groups]
    assert {one["group"] for one in body["fields"]} == set(groups)
    assert "core" in groups
    assert [one["name"] for one in entry.schema["fields"]] == ["release", "body"]
    assert entry.schema["name"] == f"{file['name']}Released"


@pytest.mark.parametrize("family", catalog.PROJECTED)
def test_every_set_of_groups_with_the_core_has_its_schema(family: str) -> None:
    core, *others = catalog.groups_of(family)
    wanted = [
        catalog.released_subject(family, frozenset({core, *(other for i, other in enumerate(others) if mask >> i & 1)}))
        for mask in range(2 ** len(others))
    ]
    assert sorted(wanted) == sorted(entry.subject for entry in RELEASED if entry.family == family)
    assert all(catalog.catalog()[catalog.id_of(subject)].subject == subject for subject in wanted)


def test_a_field_without_a_group_is_in_no_projection() -> None:
    without = {
        (family, one["name"])
        for family in catalog.FAMILIES
        for one in catalog.read(f"families/{family}")["fields"]
        if "group" not in one
    }
    released = {(entry.family, one["name"]) for entry in RELEASED for one in body_of(entry.schema)["fields"]}
    assert ("employment", "pit_wages_cents") in without
    assert without & released == set()


@pytest.mark.parametrize("family", ["identity", "consent"])
def test_identity_and_consent_leave_in_no_projection(family: str) -> None:
    own = {named["name"] for named in catalog.named_types(catalog.read(f"families/{family}"))}
    for entry in RELEASED:
        assert entry.family != family
        assert own & {named["name"] for named in catalog.named_types(entry.schema)} == set()
    assert family not in catalog.PROJECTED
    assert catalog.groups_of(family) == ("core",)
    assert [one for one in catalog.read(f"families/{family}")["fields"] if "group" in one] == []


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if entry.subject.startswith(("released.", "internal."))], ids=subject_of
)
def test_nothing_that_goes_on_from_resolve_has_a_field_that_tells_who_it_is(entry: catalog.Entry) -> None:
    """What is sealed is sealed as a whole, in one field of ours."""
    classified = [one["classification"] for one in fields_of(entry.schema)]
    assert classified
    assert "identity" not in classified
    assert {"Envelope", "Identifier"} & {named["name"] for named in catalog.named_types(entry.schema)} == set()


def test_whether_an_address_is_kept_secret_leaves_only_where_its_own_group_does() -> None:
    told = {
        entry.subject
        for entry in RELEASED
        for one in body_of(entry.schema)["fields"]
        if one["name"] == "address_confidential"
    }
    assert told == {s for s in (e.subject for e in RELEASED) if "social_service" in s and "protection" in s}


def test_groups_begin_with_the_core() -> None:
    assert catalog.groups_of("aid") == ("core", "amounts", "application_type")
    assert all(catalog.groups_of(family)[0] == "core" for family in catalog.FAMILIES)


def test_a_subject_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        catalog.id_of("released.identity.v1.core")
    with pytest.raises(KeyError):
        catalog.id_of(catalog.released_subject("aid", frozenset({"amounts"})))


def test_a_subject_names_its_groups_in_order() -> None:
    assert catalog.released_subject("contact", frozenset({"reach", "core", "address"})) == (
        "released.contact.v1.address-core-reach"
    )
