"""Rules over fields that no schema can say: bounds of numbers, days in order, parts and wholes, kinds of data named.

Tables by field or family; the gate asks them of columns, ``throughline publish`` of rows before they are sent.
"""

SCHOOL_NUMBER, MONEY, EARNINGS = 1_000_000, 10**9, 10**11
"""What nobody has: ten thousand units, ten million dollars of aid a year, a billion of earnings a quarter."""
DAYS_OF_YEAR = 36_600
"""In hundredths: attendance is summed up over a year at most."""
BOUNDS: dict[str, tuple[int, int]] = {
    "isir_transaction_number": (0, 99),
    "student_aid_index_usd": (-1_500, 999_999),
    "award_amount_cents": (0, MONEY),
    "financial_need_cents": (-MONEY, MONEY),
    "quarterly_earnings_cents": (0, EARNINGS),
    "pit_wages_cents": (0, EARNINGS),
    "jobs_count": (0, 1_000),
    "units_attempted_hundredths": (0, SCHOOL_NUMBER),
    "units_earned_hundredths": (0, SCHOOL_NUMBER),
    "gpa_term_ten_thousandths": (0, 100_000),
    "gpa_cumulative_ten_thousandths": (0, 100_000),
    "full_time_equivalency_hundredths": (0, 1_000),
    "days_expected_hundredths": (0, DAYS_OF_YEAR),
    "days_attended_hundredths": (0, DAYS_OF_YEAR),
    "days_absent_excused_hundredths": (0, DAYS_OF_YEAR),
    "days_absent_unexcused_hundredths": (0, DAYS_OF_YEAR),
    "days_suspended_hundredths": (0, DAYS_OF_YEAR),
    "dosage_minimum_minutes": (0, SCHOOL_NUMBER),
    "dosage_maximum_minutes": (0, SCHOOL_NUMBER),
    "units_transferable_hundredths": (0, SCHOOL_NUMBER),
    "units_accepted_hundredths": (0, SCHOOL_NUMBER),
}
"""Lowest and highest value of every field that counts something: ranges of the standard, or what cannot be at all.

A school may count grade points to more than four, and need may come out below zero.
"""

IN_ORDER: dict[str, tuple[tuple[str, str], ...]] = {
    "enrollment": (("entry_date", "exit_date"),),
    "employment": (("reference_period_start", "reference_period_end"),),
    "social_service": (("start_date", "exit_date"),),
    "caseload": (("assigned_on", "ended_on"),),
    "attendance": (("period_start", "period_end"),),
    "intervention": (("begin_date", "end_date"),),
    "early_care": (("enrollment_date", "service_exit_date"),),
    "credential": (("issued_on", "expires_on"),),
}
"""First and last days by family. Of a consent none: a withdrawal is taken whatever else it says."""
PARTS: dict[str, tuple[tuple[str, str], ...]] = {
    "attendance": (
        ("days_attended_hundredths", "days_expected_hundredths"),
        ("days_absent_excused_hundredths", "days_expected_hundredths"),
        ("days_absent_unexcused_hundredths", "days_expected_hundredths"),
        ("days_suspended_hundredths", "days_expected_hundredths"),
    ),
    "intervention": (("dosage_minimum_minutes", "dosage_maximum_minutes"),),
}
"""A number, and the one that it cannot be more than."""
REVEALS: dict[str, tuple[str, dict[str, str]]] = {
    "early_care": (
        "program_type",
        {"early_intervention_part_c": "disability", "early_childhood_special_education": "disability"},
    ),
    "social_service": (
        "program",
        {
            "FOSTER_CARE": "child_welfare", "EXTENDED_FOSTER_CARE": "child_welfare", "MEDI_CAL": "health",
            "DDS": "disability",
        },
    ),
}  # fmt: skip
"""A field whose codes may tell of more than the family does, and of what: that the event must name."""
