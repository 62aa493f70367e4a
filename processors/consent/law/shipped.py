"""The laws that this program ships, in the order in which their denials are told."""

from processors.consent.law import (
    agreements,
    child_welfare,
    cmia,
    education_code,
    ferpa,
    hipaa,
    idea,
    immigration,
    information_practices,
    part_2,
    safe_at_home,
    social_services,
    unemployment_code,
    unemployment_insurance,
    uninterrupted_scholars,
)
from processors.consent.law.rules import RuleSet

VERSION = 1
"""Of the rules as a whole; a rule has a version of its own beside."""

LAWS = (
    agreements.LAW,
    part_2.LAW, hipaa.LAW, cmia.LAW, idea.LAW, safe_at_home.LAW, immigration.LAW,
    ferpa.LAW, uninterrupted_scholars.LAW, education_code.LAW,
    unemployment_insurance.LAW, unemployment_code.LAW, social_services.LAW, child_welfare.LAW,
    information_practices.LAW,
)  # fmt: skip
"""Agreements first, then what is denied whatever else permits, then the laws that must all permit."""

SHIPPED = RuleSet(LAWS)
