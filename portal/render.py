"""Templates: every value escaped, every template from the package."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, PackageLoader, StrictUndefined

from portal import words


class Renderer:
    """Renders templates with the words and times of one portal."""

    def __init__(self, time_zone: str) -> None:
        """Times of day are written in this zone; in UTC where the machine does not know it."""
        try:
            self._zone: Any = ZoneInfo(time_zone)
        except ZoneInfoNotFoundError:
            self._zone = UTC
        self._templates = Environment(
            loader=PackageLoader("portal", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "day": words.day,
            "moment": self.moment,
            "local_day": self.local_day,
            "family": words.family_word,
            "group": words.group_word,
            "plain": words.plain,
            "count": words.count,
            "begun": words.begun,
        }
        self._templates.globals |= {"ago": self.ago, "when": self.when, "named": words.named}

    def piece(self, template: str, **values: Any) -> str:
        """A template as text."""
        return self._templates.get_template(template).render(**values).strip()

    def moment(self, value: datetime | None) -> str:
        """A time of day on a date, as Nov 24, 2026, 5:30 AM PST."""
        if value is None:
            return "unknown"
        return f"{self.local_day(value)}, {self._time(value)} {value.astimezone(self._zone):%Z}"

    def local_day(self, value: datetime) -> str:
        """The date of a time."""
        return words.day(value.astimezone(self._zone))

    def ago(self, value: datetime, tick: datetime | None) -> str:
        """How long before the latest tick, in days."""
        if tick is None:
            return ""
        return words.ago(self._date(value), self._date(tick))

    def when(self, value: datetime, tick: datetime | None) -> str:
        """The time of day where it was on the day of the latest tick or the one before; the date of all others."""
        word = words.RECENT.get((self._date(tick) - self._date(value)).days) if tick else None
        return f"{word}, {self._time(value)}" if word else self.local_day(value)

    def _time(self, value: datetime) -> str:
        local = value.astimezone(self._zone)
        return f"{local.hour % 12 or 12}:{local:%M %p}"

    def _date(self, value: datetime) -> date:
        return value.astimezone(self._zone).date()
