"""A look at files before they are sent: their profiles by family, and what the gate would say of each row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from partners.formats import Reader
from partners.profile.profile import Profile, ProfileReport
from partners.publishing import Judge, OnEvent


@dataclass
class Look:
    """What is seen of the files of one dry run."""

    today: date
    judge_of: Callable[[str], Judge]
    """What the gate would say of a family's events."""
    _profiles: dict[str, Profile] = field(default_factory=dict)
    _judges: dict[str, Judge] = field(default_factory=dict)

    def watching(self, family: str, reader: Reader) -> Reader:
        """A reader of a family's rows, which are counted as they pass."""
        return self._profile(family).watching(reader)

    def judge(self, family: str) -> Judge:
        """What the gate would say of a family's events."""
        if family not in self._judges:
            self._judges[family] = self.judge_of(family)
        return self._judges[family]

    def on_event(self, family: str) -> OnEvent:
        """What is to be told each event that would be sent."""
        return self._profile(family).note_event

    def reports(self) -> list[ProfileReport]:
        """What was seen, family by family."""
        return [profile.report() for profile in self._profiles.values()]

    def _profile(self, family: str) -> Profile:
        if family not in self._profiles:
            self._profiles[family] = Profile(family, self.today)
        return self._profiles[family]
