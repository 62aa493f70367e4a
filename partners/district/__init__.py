"""Publishes a set of files as one: a district's whole export, each file's families found by themselves."""

from partners.district.files import District, Part, surveyed
from partners.district.outcome import NO_FAMILY, DistrictOutcome
from partners.district.sending import publish_district, publish_district_snapshot

__all__ = [
    "NO_FAMILY",
    "District",
    "DistrictOutcome",
    "Part",
    "publish_district",
    "publish_district_snapshot",
    "surveyed",
]
