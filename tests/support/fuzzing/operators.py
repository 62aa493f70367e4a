"""What operators hand to commands: agreements, names, settings, rules, consents on paper, an export of the audit."""

import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path

import orjson

from deploy import audit_log, paper, rules_file
from deploy.agreements_folder import load_agreements
from deploy.audit_log import HeadsFile
from deploy.commands import consent_as_of, consent_give
from deploy.identity import files as identity_files
from deploy.identity.policies import policy_in
from portal.parts import load_organizations, load_users
from processors.consent.law.documents import document_of
from processors.consent.law.shipped import SHIPPED
from processors.consent.verifying import Findings
from processors.resolve.matching.model import Model, shipped
from processors.resolve.matching.splink import from_splink, is_splink
from streams import settings
from streams.errors import ThroughlineError
from streams.heads import public_path
from streams.signals import load_calendar
from support import audit
from support.fuzzing.target import MARK, BrokenError, Target
from support.worlds import shipped_agreements

ROOT = Path(__file__).parents[3]
USERS = b'[[users]]\nid = "u1"\nname = "Dana Whitfield"\nrecipient = "lausd_counseling"\n'
ORGANIZATIONS = b'[[organizations]]\nsystem = "UNITID"\nid = "110662"\nname = "UCLA"\n'
TOML = (b"[[", b"]]", b'"""', b"'''", b"= [", b"= {", b"true", b"1979-05-27T07:32:00Z", b"inf", b"nan", b"0x",
        b"\\u0000", b"a.b.c = 1\n", b"[a.b]\n", b"#")  # fmt: skip
JSON = (b"null", b"true", b"[]", b"{}", b'""', b"1e400", b"-1", b'{"a":1}')


def _read(read: Callable[[Path], object], suffix: str = ".toml") -> Callable[[bytes, Path], Iterator[object]]:
    """A file, read by a function of its path."""

    def parse(data: bytes, folder: Path) -> Iterator[object]:
        path = folder / f"x{suffix}"
        path.write_bytes(data)
        yield type(read(path)).__name__

    return parse


def _shipped(pattern: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for path in sorted(ROOT.glob(pattern))[:12]]


def _settings(data: bytes, _: Path) -> Iterator[object]:
    """Lines of names and values as the environment, in which no byte is zero."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    pairs = dict(line.partition("=")[::2] for line in text.splitlines() if MARK not in line.partition("=")[0])
    told = {f"{settings.PREFIX}{name}": value for name, value in pairs.items() if name and "=" not in name}
    os.environ.update(told)
    try:
        yield settings.load().log_level
    finally:
        for name in told:
            del os.environ[name]


def _settings_seeds() -> list[bytes]:
    names = "\n".join(f"{name.upper()}={field.default or 1}" for name, field in settings.Settings.model_fields.items())
    return [f"KAFKA_PASSWORD_FILE={MARK}\nVIEWS_DSN={MARK}\nBATCH_RECORDS={MARK}".encode(), names.encode()]


def _paper(data: bytes, _: Path) -> Iterator[object]:
    """A statement as its options say it: scope, days, who speaks."""
    said = [*data.decode("utf-8", "replace").split("\n"), *[""] * 11][:11]
    partner, state, role, controllers, records, purposes, recipients, basis, begins, language, kept = said
    scope = consent_give._scope(controllers, records, purposes, recipients)  # noqa: SLF001  # its own reading
    day = consent_give._date("--valid-from", begins)  # noqa: SLF001
    one = paper.Paper(
        partner, MARK, state if state in {paper.GIVEN, paper.WITHDRAWN} else paper.GIVEN,
        role if role in paper.BASES else "student", scope, basis or None, valid_from=day, language=language or None,
        retention=kept or None,
    )  # fmt: skip
    paper.checked(one, shipped_agreements(), date(2026, 11, 20))
    yield one


def _moment(data: bytes, _: Path) -> Iterator[object]:
    yield consent_as_of.milliseconds(data.decode("utf-8", "replace")) > 0


def _paper_seeds() -> list[bytes]:
    lines = ("lea_grand_bend", "given", "student", "lea_grand_bend", "education", "student_services",
             "grand_bend_services", "eligible_student", "2026-09-14", "spa", "P1Y")  # fmt: skip
    return ["\n".join(lines).encode()]


@cache
def _audit() -> tuple[Path, bytes, bytes]:
    """An export that is sound: where it is, some lines of its records, and its heads."""
    folder = Path(tempfile.mkdtemp(prefix="throughline-fuzz-audit-"))
    made, _ = audit.made(folder, people=3)
    audit.write_export(made, public_path(folder / "made.jsonl").read_bytes(), folder)
    lines = (folder / audit_log.DECISIONS).read_bytes().splitlines(keepends=True)
    return folder, b"".join(lines[:3]), b"".join(made.lines[:3])


def _audit_file(name: str) -> Callable[[bytes, Path], Iterator[object]]:
    """One of an export's files is as it comes; the others are sound."""

    def parse(data: bytes, folder: Path) -> Iterator[object]:
        there, records, heads_lines = _audit()
        whole = {audit_log.DECISIONS: records, audit_log.HEADS: heads_lines}
        for one in (audit_log.DECISIONS, audit_log.HEADS, audit_log.KEYS, audit_log.ABOUT):
            (folder / one).write_bytes(data if one == name else whole.get(one) or (there / one).read_bytes())
        findings = Findings()
        keys = audit_log.keys_in(folder / audit_log.KEYS)
        until = audit_log.exported_at(folder)
        heads = [HeadsFile.of(folder / audit_log.HEADS, keys)]
        audit_log.verified(heads, audit_log.of_export(folder, findings), until, findings, lambda *_: None)
        yield from (problem.code for problem in findings.problems)

    return parse


def _model(data: bytes, _: Path) -> Iterator[object]:
    """A model of identity, ours or Splink's."""
    if is_splink(data):
        yield from_splink(data, shipped()).name
    else:
        yield Model.from_json(data).name


def _splink_seeds() -> list[bytes]:
    exact = {"sql_condition": '"first_name_l" = "first_name_r"', "m_probability": 0.9, "u_probability": 0.01}
    null = {"sql_condition": '"first_name_l" IS NULL OR "first_name_r" IS NULL', "is_null_level": True}
    levels = [null, exact, {"sql_condition": "ELSE", "m_probability": 0.1, "u_probability": 0.99}]
    said = {
        "link_type": "dedupe_only", "probability_two_random_records_match": 0.001,
        "comparisons": [{"output_column_name": "first_name", "comparison_levels": levels}],
    }  # fmt: skip
    return [orjson.dumps(said), shipped().to_json()]


def _records(data: bytes, folder: Path) -> Iterator[object]:
    path = folder / "records.csv"
    path.write_bytes(data)
    rows = sum(1 for _ in identity_files.rows_of(path, ("record_id",)))
    yield bool(rows), len(identity_files.unknown_columns(path)) > 0
    if rows > data.count(b"\n") + data.count(b"\r") + 1:
        raise BrokenError("more rows than lines")


TARGETS = (
    Target(
        "agreement", _shipped("deploy/agreements/*.toml"), _read(lambda path: load_agreements(path.parent)),
        (ThroughlineError,), TOML,
    ),
    Target("organizations", lambda: [ORGANIZATIONS], _read(load_organizations), (ValueError,), TOML),
    Target("users", lambda: [USERS], _read(load_users), (ValueError,), TOML),
    Target("calendar", _shipped("deploy/signals/*.toml"), _read(load_calendar), (ThroughlineError,), TOML),
    Target(
        "identity_policy", _shipped("deploy/identity/*.toml"), _read(partial(policy_in, partners=("csac",))),
        (ThroughlineError,), TOML,
    ),
    Target(
        "rules_of_law", lambda: [document_of(SHIPPED)], _read(rules_file.rules_from, ".json"), (ThroughlineError,), JSON
    ),
    Target("settings", _settings_seeds, _settings, (ThroughlineError,)),
    Target("consent_on_paper", _paper_seeds, _paper, (ThroughlineError,), (b"*", b",", b"P1Y", b"\n")),
    Target("moment", lambda: [b"2026-11-30T08:00-08:00", b"2026-11-30", b"20261130T08"], _moment, (ThroughlineError,)),
    Target("audit_records", lambda: [_audit()[1]], _audit_file(audit_log.DECISIONS), (ThroughlineError,), JSON),
    Target("audit_heads", lambda: [_audit()[2]], _audit_file(audit_log.HEADS), (ThroughlineError,), JSON),
    Target(
        "audit_keys", lambda: [(_audit()[0] / audit_log.KEYS).read_bytes()], _audit_file(audit_log.KEYS),
        (ThroughlineError,),
    ),
    Target("identity_model", _splink_seeds, _model, (ValueError,), JSON),
    Target(
        "identity_records", lambda: [f'record_id,first_name\nr1,{MARK}\n\nr2,"{MARK}"\n'.encode()], _records,
        (ThroughlineError,), (b",", b'"', b"record_id"),
    ),
)  # fmt: skip
