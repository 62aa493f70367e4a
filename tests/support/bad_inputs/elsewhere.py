"""The bad inputs that are no message by itself, or reach no stage: why, and where else they are proven."""

NO_REGISTRY = "no stage asks a registry: schemas and their ids are files that it has read before the first message"
NO_REGISTRATION = "nothing registers a schema here: it is refused in tests/deploy/test_schemas_checked.py"
NO_TOKENS = "no tokens come in: numbers are hashed inside of resolve, under one key"
LINKING = "several sound events: who is whom is decided over all records, see tests/processors/resolve/test_"
MOVES = "several sound events: what is shown of them in the end counts, see tests/proofs/test_moves.py"
HISTORY = "no input by itself: decided over what a person allowed before, see tests/processors/consent/test_"
NO_WIRE = "the broker's, between it and the partner's client, before a record is in a topic"
PORTAL = "the portal's doors, see tests/portal/"

ELSEWHERE: dict[int, str] = {
    10: NO_REGISTRY,
    24: "a moment is microseconds UTC: local times are in files only, see bad_time in tests/partners/test_jsonl.py",
    30: NO_REGISTRATION,
    31: NO_REGISTRATION,
    32: NO_REGISTRATION,
    33: "what not every version could read is no version, see tests/schemas_avro/test_versions.py",
    34: "nothing registers a schema",
    35: NO_REGISTRATION,
    36: NO_REGISTRATION,
    50: NO_TOKENS,
    51: NO_TOKENS,
    52: MOVES + " and tests/processors/resolve/test_apart.py",
    53: LINKING + "apart.py",
    54: MOVES + " and tests/processors/resolve/test_apart.py",
    55: MOVES,
    56: MOVES,
    58: HISTORY + "days.py",
    59: HISTORY + "release.py",
    60: HISTORY + "redecision.py",
    61: HISTORY + "redecision.py",
    62: "a day that comes, no input: see tests/processors/resolve/test_rights.py",
    66: NO_WIRE,
    67: NO_WIRE,
    68: NO_WIRE,
    72: "no order follows from partitions: one worker reads them all, see tests/processors/resolve/test_orders.py",
    73: "no record but a transaction left open: what is committed is read, and the broker ends it",
    74: "no record but the topic itself: the stage stops and says so, see tests/streams/test_stage.py",
    81: PORTAL + "test_doors.py",
    82: PORTAL + "test_doors.py",
    83: PORTAL + "test_feed.py",
    84: PORTAL + "test_feed.py",
    85: "no reports are built yet",
    86: "no exports are built yet",
}
