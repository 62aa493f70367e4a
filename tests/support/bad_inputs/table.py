"""The 86 bad inputs, number by number: what ``reliability.md`` expects, which tests show it, and where ours differs.

Letters: R refused before it is in a topic, Q dead-lettered with a code, D dropped as a repeat, W withheld, A told to
operators, S the stage stops. A house test sees that every number stands here, and that each test is there.
"""

from dataclasses import dataclass

from support.bad_inputs import INPUTS

GATE = "tests/processors/resolve/test_bad_inputs.py::"
REJECTED = (
    GATE + "test_a_bad_input_is_rejected_once_and_its_neighbours_flow",
    "tests/proofs/test_bad_inputs.py::test_bad_inputs_are_quarantined_once_and_their_neighbours_flow",
)
"""Of inputs that are messages: first, in the middle and last of a batch, in memory and over a real broker."""
ENDED = (GATE + "test_every_input_ends_as_it_says_on_the_whole_way", REJECTED[1])
ALERTS = "tests/deploy/test_prometheus.py::test_each_alert_fires_when_it_must_and_is_silent_when_it_must_be"
ACL, STAGE = "tests/deploy/test_acl.py::", "tests/streams/test_stage.py::"
CHECKED, LINT = "tests/deploy/test_schemas_checked.py::", "tests/schemas_avro/test_lint.py::"
WATCH, NUMBERS = "tests/deploy/test_registry_watch.py::", "tests/processors/test_numbers.py::"
RELEASE, RACE = "tests/processors/consent/test_release.py::", "tests/proofs/test_withdrawal_race.py::"
APART = "tests/processors/resolve/test_apart.py::test_people_who_are_easily_taken_for_one_another_are_held_apart"
HOSTILE = CHECKED + "test_a_hostile_schema_is_refused_with_a_line_that_says_why"
REDECIDED, DAYS = "tests/processors/consent/test_redecision.py::", "tests/processors/consent/test_days.py::"
DOORS, FEED = "tests/portal/test_doors.py::", "tests/portal/test_feed.py::"
MOVES = "tests/proofs/test_moves.py::test_who_was_joined_and_parted_is_shown_as_if_nobody_had_been_joined"
REGISTRY = "tests/portal/test_registry.py::test_what_is_not_there_or_not_allowed_is_said_by_confluents_code"


@dataclass(frozen=True)
class Shown:
    """What is known of one number."""

    expected: str
    tests: tuple[str, ...]
    """As pytest names them."""
    differs: str = ""
    """Why ours is another answer, where it is."""


EXPECTED = {
    **dict.fromkeys((*range(1, 6), 7, 8, 9, *range(11, 24), 29, 41, 43, 46), "Q"),
    6: "Q+A", 10: "pause, then S+A", 24: "Q or normalised", 25: "Q", 26: "normalised, flagged", 27: "R/Q",
    28: "R and a cap of memory", **dict.fromkeys((30, 31, 32, 33, 35, 36), "R"), 34: "R+A", 37: "D", 38: "Q+A",
    39: "D by business key, A by rate", 40: "both kept", 42: "applied, marked late", 44: "converges",
    45: "accepted, flagged", 47: "no match by it", 48: "Q", 49: "R/Q+A", 50: "Q", 51: "W+A", 52: "no merge, review",
    53: "candidate only", 54: "no merge", 55: "cap, review", 56: "as if never merged",
    **dict.fromkeys((57, 58, 59, 62, 64), "W"),
    60: "stays revoked", 61: "no leak", 63: "R+A", 65: "R+A", 66: "R", 67: "R, throttled", 68: "throttled",
    69: "stripped", 70: "ignored", 71: "Q", 72: "Q or repartitioned", 73: "bounded, isolated", 74: "S+A",
    75: "text", 76: "inert", 77: "encoded", 78: "Q, never fetched", 79: "Q", 80: "never unpickled",
    81: "401", 82: "404/403",
    83: "own scope, cap", 84: "closed", 85: "refused", 86: "step-up, approval, audit",
}  # fmt: skip
MORE: dict[int, tuple[str, ...]] = {
    5: (WATCH + "test_nobody_waits_for_it_to_begin_or_to_end_and_it_looks_again_once_it_is_back",),
    6: (ALERTS,),
    10: (WATCH + "test_one_that_hangs_or_answers_nonsense_is_given_up_at_once",
         WATCH + "test_nobody_waits_for_it_to_begin_or_to_end_and_it_looks_again_once_it_is_back"),
    13: ("tests/schemas_avro/test_hostile.py::test_the_nastiest_neither_crash_nor_hang_nor_eat_the_memory",),
    24: ("tests/partners/test_jsonl.py::test_a_bad_row_is_named_by_place_code_and_field_and_its_neighbours_flow",
         "tests/partners/test_mapping.py::test_what_a_mapping_does_not_say_right_is_a_line_with_its_place"),
    30: (HOSTILE, LINT + "test_a_schema_is_at_most_so_deep"),
    31: (HOSTILE, LINT + "test_a_schema_ten_thousand_deep_or_within_itself_is_told_apart_at_once"),
    32: (HOSTILE,),
    33: ("tests/schemas_avro/test_versions.py::test_what_not_every_version_could_read_is_no_version",),
    34: (REGISTRY,), 35: (HOSTILE,), 36: (HOSTILE,), 38: (ALERTS,), 49: (ALERTS,),
    39: (ACL + "test_a_flood_of_one_partner_is_throttled_and_anothers_events_go_on",),
    40: (REDECIDED + "test_one_id_used_by_two_partners_is_two_events_of_their_own_kind",),
    52: (APART, MOVES), 54: (APART, MOVES),
    53: ("tests/processors/resolve/test_apart.py::test_one_person_is_found_whatever_is_written_another_way",),
    55: ("tests/processors/resolve/matching/test_clusters.py::test_a_bridge_does_not_join_the_records_of_two_persons",),
    56: (MOVES, REDECIDED + "test_after_merge_and_split_every_view_is_as_if_they_never_were"),
    58: (DAYS + "test_a_consent_holds_on_its_last_day_and_is_taken_back_on_the_first_tick_after_it",
         DAYS + "test_a_consent_that_begins_later_releases_on_the_first_tick_of_its_day"),
    59: (RELEASE + "test_each_release_has_the_schema_and_exactly_the_fields_of_its_groups",),
    60: (REDECIDED + "test_an_older_grant_that_comes_after_a_withdrawal_changes_nothing",),
    61: (REDECIDED + "test_between_withdrawal_and_an_event_of_the_same_batch_nothing_slips_through",
         RACE + "test_nothing_is_released_behind_the_withdrawal_in_the_log_or_behind_its_commit_in_the_topic"),
    62: (DAYS + "test_what_a_parent_permitted_ends_on_the_eighteenth_birthday",),
    63: (ALERTS,), 65: (ALERTS,),
    66: (ACL + "test_a_partner_writes_its_own_topics_and_others_are_hidden_from_it",
         ACL + "test_a_partner_reads_nothing_but_its_own_sandbox"),
    67: (ACL + "test_who_guesses_passwords_gets_none_and_others_go_on",
         ACL + "test_with_another_password_the_one_before_lets_nobody_in",
         ACL + "test_over_tls_a_client_lets_in_only_a_broker_that_it_trusts",
         ACL + "test_who_says_no_name_is_not_let_in"),
    68: (ACL + "test_a_flood_of_one_partner_is_throttled_and_anothers_events_go_on",
         ACL + "test_a_crowd_at_one_address_is_cut_short_and_who_comes_from_another_goes_on"),
    69: (NUMBERS + "test_what_an_outsider_calls_a_number_is_none_so_that_no_event_of_theirs_goes_unseen",),
    72: ("tests/processors/resolve/test_orders.py::test_persons_are_the_same_for_every_order_and_every_batching",),
    73: (STAGE + "test_a_transaction_that_is_left_open_holds_back_its_own_partition_until_the_broker_ends_it",),
    74: (STAGE + "test_a_topic_made_anew_stops_the_stage_also_where_it_has_grown_beyond_the_old_one",
         STAGE + "test_a_topic_made_anew_while_the_stage_runs_stops_it", ALERTS),
    75: (DOORS + "test_markup_in_a_label_is_shown_as_it_was_typed",
         DOORS + "test_pages_hold_no_inline_script_or_style_and_name_no_other_host"),
    77: ("tests/streams/test_telemetry.py::test_the_text_of_an_exception_is_never_written",
         "tests/streams/test_telemetry.py::test_the_value_of_an_unknown_key_is_masked"),
    79: ("tests/partners/test_archive.py::test_names_that_point_elsewhere_are_names_and_nothing_is_written",),
    81: (DOORS + "test_a_forged_link_signs_nobody_in",
         DOORS + "test_an_old_link_or_one_from_the_future_or_of_a_stranger_signs_nobody_in"),
    82: (DOORS + "test_a_person_of_another_case_manager_or_recipient_is_as_unknown_as_nobody",),
    83: (FEED + "test_a_stream_about_somebody_elses_person_ends_at_once",
         FEED + "test_the_caseload_stream_tells_only_of_persons_on_it"),
    84: (FEED + "test_after_signing_out_every_open_page_must_close",
         FEED + "test_when_the_person_leaves_the_caseload_the_open_page_must_close"),
}  # fmt: skip
"""Tests beside those of the messages, or where no message is bad by itself."""
DIFFERS = {
    10: "no stage asks a registry, so none pauses or stops for it; that it is away is told",
    26: "texts are carried as they were sent, and compared without what people cannot see; nothing is flagged",
    28: "what the broker takes ends as too_large at the gate; beyond its limit the client is refused by Kafka itself",
    34: "no registry of ours takes schemas: every writing is refused, whoever asks; so there is nothing to alarm of",
    39: "the same fact under another id is a version of it and shows once; a flood meets the partner's quota",
    42: "applied by its own moment; that it is late shows by both of its times",
    45: "both are carried; no rule looks for overlaps",
    50: "no tokens come in: numbers are hashed inside of resolve, under one key",
    51: "as 50",
    55: "clusters have no cap: a bridge joins nobody against vetoes",
    63: "dead-lettered, not refused by the broker, which reads no events",
    65: "as 63",
    67: "clients prove who they are by SCRAM, not by certificates, so none can expire; TLS is of the broker alone",
    69: "headers are not stripped but not believed: none is passed on",
    72: "nothing follows from the partition: one worker reads them all, and keys decide order",
    73: "the transaction's own time bounds it; what waits behind it shows as lag, for which there is an alert",
    81: "there are no JWTs: signed links and cookies",
    85: "no reports are built yet",
    86: "no exports are built yet",
}
NOT_BUILT = {50, 51, 85, 86}
"""What cannot come, since there is nothing to send it to."""


def _tests_of(number: int) -> tuple[str, ...]:
    ends = {one.is_rejected for one in INPUTS if one.number == number}
    of_messages = (REJECTED if True in ends else ()) + (ENDED if False in ends else ())
    return tuple(dict.fromkeys((*of_messages, *MORE.get(number, ()))))


TABLE = {number: Shown(EXPECTED[number], _tests_of(number), DIFFERS.get(number, "")) for number in sorted(EXPECTED)}
