"""What a file is like: how full its fields are, which codes they say, what looks odd; never a value of it."""

from partners.profile.flags import MEANINGS, Flag, Flagged
from partners.profile.look import Look
from partners.profile.profile import FieldProfile, Profile, ProfileReport

__all__ = ["MEANINGS", "FieldProfile", "Flag", "Flagged", "Look", "Profile", "ProfileReport"]
