"""The quality watch as a picture: persons by size as bars, and how often partners' records meet as a grid.

Every bar and every field has its figure as text, so that nothing is told by colour only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from deploy.identity.drift import RECENT_DAYS, Drift, Match, counted, is_marked, percent, points
from deploy.identity.shapes import BLUE, PALE, RULE, box, document, text

MARGIN, LEAST_WIDTH = 24, 780
HEAD, BAR_ROW, BAR, LEAST_BAR = 84, 27, 18, 1.5
"""Heights: of the heading of the bars, of a bar's row, of the bar; the least length of one."""
BARS_LEFT, BARS_WIDTH = 130, 460
GRID_HEAD, FIELD_WIDTH, FIELD_HEIGHT, RECORDS_WIDTH = 112, 68, 44, 110
LETTER, LETTER_ALONG, LETTER_TURNED, TURNED = 8.6, 6.2, 5.3, -40
"""Pixels of a letter: along a line; along and upwards where the line is turned by so many degrees."""
DARK = 0.65
"""Shade from which on text in it is white."""
WHITE, DARKEST, SAME = (255, 255, 255), (0, 60, 110), "#f0f0f0"
MEETING = "Of the records of a partner on the left: the share whose person also has a record of the partner above."
CHANGE = (
    f"Below it, where it is more than chance: records of the last {RECENT_DAYS} days beside those before, in points."
)


def picture(found: Drift) -> str:
    """As an SVG document."""
    grid, top = _Grid.of(found.matches), HEAD + BAR_ROW * len(found.sizes) + MARGIN
    shapes = [*_bars(found), f'<g transform="translate(0 {top})">', *_grid(found, grid), "</g>"]
    width, height = max(LEAST_WIDTH, round(grid.width)), top + round(grid.height) + MARGIN
    return document(width, height, _title(found), _description(found), shapes)


def _title(found: Drift) -> str:
    return f"{counted(found.records, 'record')} of {counted(found.persons, 'person')}"


def _description(found: Drift) -> str:
    sizes = [f"{counted(count, 'person')} of {size} records." for size, count in found.sizes.items() if count]
    meet = [_sentence(match) for match in found.matches]
    return " ".join([*sizes, f"The largest person has {found.largest_records:,} records.", *meet])


def _sentence(match: Match) -> str:
    change = _change(match)
    said = f"Of {counted(match.records, 'record')} of {match.partner}, {percent(match.rate)} meet {match.other}"
    return f"{said}, {change} points of late." if change else f"{said}."


def _change(match: Match) -> str:
    """Where it is marked."""
    return points(match.change) if match.change is not None and is_marked(match) else ""


def _bars(found: Drift) -> Iterator[str]:
    most = max(*found.sizes.values(), 1)
    yield text(MARGIN, 38, "Persons by number of records", "title")
    yield text(MARGIN, 62, f"{_title(found)}; the largest has {found.largest_records:,}", "pale")
    for place, (size, count) in enumerate(found.sizes.items()):
        top = HEAD + BAR_ROW * place
        length = max(count / most * BARS_WIDTH, LEAST_BAR) if count else 0.0
        yield text(BARS_LEFT - 12, top + 14, f"{size} record{'s' if size != '1' else ''}", anchor="end")
        yield box(BARS_LEFT, top, length, BAR, BLUE)
        share = f" ({percent(count / found.persons)})" if count else ""
        yield text(BARS_LEFT + length + 8, top + 14, f"{count:,}{share}", "strong" if count else "pale")
    yield box(BARS_LEFT - 1, HEAD - 6, 1, BAR_ROW * len(found.sizes) + 4, PALE)


@dataclass(frozen=True)
class _Grid:
    """Where fields are, below the grid's own top."""

    partners: Sequence[str]
    left: float
    head: float
    """Height above the first row."""
    overhang: float
    """Of the last column's name beyond its field."""

    @classmethod
    def of(cls, matches: Sequence[Match]) -> "_Grid":
        """Room for names of partners, which are as long as they are."""
        partners = sorted({match.partner for match in matches})
        longest = max(map(len, partners), default=0)
        left, head = MARGIN + max(longest * LETTER, RECORDS_WIDTH) + 16, GRID_HEAD + longest * LETTER_TURNED
        return cls(partners, left, head, max(longest * LETTER_ALONG - FIELD_WIDTH / 2, 0.0))

    @property
    def width(self) -> float:
        """From the left edge on."""
        return self.left + FIELD_WIDTH * len(self.partners) + self.overhang + MARGIN

    @property
    def height(self) -> float:
        """With its head."""
        return self.head + FIELD_HEIGHT * len(self.partners) if self.partners else GRID_HEAD

    def place(self, partner: str, other: str) -> tuple[float, float]:
        """Left upper corner of a field."""
        row, column = self.partners.index(partner), self.partners.index(other)
        return self.left + FIELD_WIDTH * column, self.head + FIELD_HEIGHT * row


def _grid(found: Drift, grid: _Grid) -> Iterator[str]:
    yield text(MARGIN, 38, "Which partners' records meet", "title")
    if not grid.partners:
        yield text(MARGIN, 62, "fewer than two partners have records: nothing can meet", "pale")
        return
    yield text(MARGIN, 62, MEETING, "pale")
    yield text(MARGIN, 81, CHANGE, "pale")
    records = {match.partner: match.records for match in found.matches}
    for partner in grid.partners:
        x, y = grid.place(partner, partner)
        yield text(grid.left - 12, y + 19, partner, "strong", "end")
        yield text(grid.left - 12, y + 36, counted(records[partner], "record"), "pale", "end")
        yield text(x + FIELD_WIDTH / 2, grid.head - 10, partner, "strong", turned=TURNED)
        yield box(x, y, FIELD_WIDTH, FIELD_HEIGHT, SAME, RULE)
    for match in found.matches:
        yield from _field(match, *grid.place(match.partner, match.other))


def _field(match: Match, x: float, y: float) -> Iterator[str]:
    middle, light = x + FIELD_WIDTH / 2, " light" if match.rate >= DARK else ""
    change = _change(match)
    yield box(x, y, FIELD_WIDTH, FIELD_HEIGHT, _shade(match.rate), RULE)
    yield text(middle, y + (19 if change else 27), percent(match.rate), f"strong{light}", "middle")
    if change:
        yield text(middle, y + 36, change, f"small{light}", "middle")


def _shade(share: float) -> str:
    """From white to a dark blue: one hue, so that it is darker that counts, and not the colour."""
    parts = (round(white + (dark - white) * share) for white, dark in zip(WHITE, DARKEST, strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)
