"""Evidence as a picture: a waterfall, each trait a step from what was weighed before it to what is weighed with it.

SVG of shapes and text alone. What speaks for one person is blue and to the right, what speaks against it orange,
striped and to the left, and every step has its sign: nothing is told by colour only.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from deploy.identity.explained import SHORT, Compared, Told, conclusion, remarks, signed
from deploy.identity.shapes import BLUE, INK, PALE, RULE, VERMILION, document, text
from processors.resolve.matching import words
from processors.resolve.matching.evidence import Evidence, Weight

WIDTH, MARGIN = 1040, 24
PLOT_LEFT, PLOT_RIGHT = 400, 960
HEAD, ROW, BAR = 104, 40, 22
"""Heights: above the first step, of a step, of its bar."""
AXIS, LINE, GAP = 34, 22, 28
"""Heights: of the axis, of a line of text below it, between two pictures."""
TICKS_MOST, LINE_LETTERS = 8, 140
LEAST_BAR = 1.5
FOR, AGAINST, SUM = BLUE, VERMILION, "#333333"
STYLE = """\
text { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round; }
.trait { font-weight: 600; }
.bits { font-weight: 600; font-variant-numeric: tabular-nums; }"""
STRIPES = f"""\
<pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="{AGAINST}"/><rect width="2" height="6" fill="#ffffff" fill-opacity="0.45"/>
</pattern>"""


@dataclass(frozen=True)
class _Scale:
    """Bits as places from left to right."""

    low: float
    high: float

    def at(self, bits: float) -> float:
        return round(PLOT_LEFT + (bits - self.low) / (self.high - self.low) * (PLOT_RIGHT - PLOT_LEFT), 1)

    def ticks(self) -> list[float]:
        step = _step((self.high - self.low) / TICKS_MOST)
        return [n * step for n in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]


def _step(least: float) -> float:
    """1, 2 or 5 of a power of ten, the next above."""
    power: float = 10 ** math.floor(math.log10(least))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least)


def picture(pairs: Sequence[Compared], model: str) -> str:
    """One picture for each pair that there is evidence of, one below the other, as an SVG document."""
    drawn, top = list[str](), 0
    for pair in pairs:
        if pair.evidence is not None:
            lines, height = _panel(pair, pair.evidence, model)
            drawn += [f'<g transform="translate(0 {top})">', *lines, "</g>"]
            top += height + GAP
    description = " ".join(_description(pair) for pair in pairs)
    shapes = [f"<style>{STYLE}</style>", f"<defs>{STRIPES}</defs>", *drawn]
    return document(WIDTH, top - GAP, _title(pairs), description, shapes)


def _title(pairs: Sequence[Compared]) -> str:
    return "; ".join(f"{_short(pair.one)} and {_short(pair.other)}: {conclusion(pair)}" for pair in pairs)


def _short(told: Told) -> str:
    return f"record {told.record.record_key[:SHORT]} of {told.record.partner_id}"


def _description(pair: Compared) -> str:
    """The picture for who does not see it: its steps, sum and remarks as sentences."""
    if pair.evidence is None:
        return ""
    steps = [f"{_trait(w)}, {_level(w)}: {signed(w.bits)} bits." for w in pair.evidence.weights if w.level]
    total = f"Sum: {signed(pair.evidence.bits)} bits, of {signed(pair.evidence.link_bits)} that a link needs."
    return " ".join([f"{_short(pair.one)} and {_short(pair.other)}.", *steps, total, *(f"{r}." for r in remarks(pair))])


def _trait(weight: Weight) -> str:
    return words.TRAITS[weight.trait]


def _level(weight: Weight) -> str:
    level, rarity = words.LEVELS[weight.trait][weight.level], signed(weight.rarity_bits)
    return level if rarity == "0" else f"{level}; {rarity} of it by rarity"


def _panel(pair: Compared, found: Evidence, model: str) -> tuple[list[str], int]:
    """Shapes of one pair, and the height that they take."""
    steps = [weight for weight in found.weights if weight.level]
    scale, bottom = _scale(found, steps), HEAD + ROW * (len(steps) + 1)
    below = [(line, _importance(remark)) for remark in remarks(pair) for line in wrap(remark, LINE_LETTERS)]
    below += [(line, "pale") for line in (*_not_told(found), f"weighed by model {model}")]
    lines = [
        *_heading(pair),
        *_axis(scale, bottom),
        *_limit(scale, found.review_bits, "to be looked at from", bottom, "end"),
        *_limit(scale, found.link_bits, "linked from", bottom, "start"),
        *_steps(scale, steps),
        *_sum(scale, found, HEAD + ROW * len(steps)),
        *(text(MARGIN, bottom + AXIS + LINE * (n + 1), line, kind) for n, (line, kind) in enumerate(below)),
    ]
    return lines, bottom + AXIS + LINE * len(below) + MARGIN


def _importance(remark: str) -> str:
    return "strong" if remark.startswith(("veto", "unclear")) else "pale"


def _scale(found: Evidence, steps: Sequence[Weight]) -> _Scale:
    """From the least sum on the way to the greatest, with the thresholds and nothing among them, and some room."""
    met, total = [0.0, found.link_bits, found.review_bits], 0.0
    for weight in steps:
        total += weight.bits
        met.append(total)
    room = max((max(met) - min(met)) * 0.09, 1.0)
    return _Scale(min(met) - room, max(met) + room)


def _heading(pair: Compared) -> Iterator[str]:
    whole = conclusion(pair)
    yield text(MARGIN, 38, f"{whole[0].upper()}{whole[1:]}", "title")
    yield text(MARGIN, 62, f"{_short(pair.one)}, and {_short(pair.other)}", "pale")


def _axis(scale: _Scale, bottom: int) -> Iterator[str]:
    for bits in scale.ticks():
        x, is_zero = scale.at(bits), bits == 0
        yield _line(x, HEAD - 6, x, bottom, PALE if is_zero else RULE)
        yield text(x, bottom + 18, f"{bits:g}", "pale", "middle")
    yield text(PLOT_RIGHT + 14, bottom + 18, "bits", "pale")


def _limit(scale: _Scale, bits: float, what: str, bottom: int, anchor: str) -> Iterator[str]:
    """A threshold: a dashed line, and what it is beside its upper end."""
    x = scale.at(bits)
    yield _line(x, HEAD - 22, x, bottom, INK, 'stroke-dasharray="5 4"')
    yield text(x + (6 if anchor == "start" else -6), HEAD - 12, f"{what} {signed(bits)}", "pale", anchor)


def _steps(scale: _Scale, steps: Sequence[Weight]) -> Iterator[str]:
    total = 0.0
    for n, weight in enumerate(steps):
        top, before = HEAD + ROW * n, total
        total += weight.bits
        yield text(MARGIN, top + 17, _trait(weight), "trait")
        yield text(MARGIN, top + 33, _level(weight), "pale")
        yield from _bar(scale, before, total, top + (ROW - BAR) // 2, _fill(weight.bits))
        yield _line(scale.at(total), top + (ROW + BAR) // 2, scale.at(total), top + ROW + (ROW - BAR) // 2, PALE)


def _fill(bits: float) -> str:
    return "url(#stripes)" if bits < 0 else FOR if bits else PALE


def _sum(scale: _Scale, found: Evidence, top: int) -> Iterator[str]:
    yield _line(MARGIN, top, PLOT_RIGHT, top, RULE)
    yield text(MARGIN, top + 25, "sum", "trait")
    yield from _bar(scale, 0.0, found.bits, top + (ROW - BAR) // 2, SUM)


def _bar(scale: _Scale, before: float, after: float, top: int, fill: str) -> Iterator[str]:
    """A bar from one sum to the next, and what lies between them in bits at its end."""
    start, end = scale.at(before), scale.at(after)
    left, width = min(start, end), max(abs(end - start), LEAST_BAR)
    yield f'<rect x="{left}" y="{top}" width="{round(width, 1)}" height="{BAR}" fill="{fill}"/>'
    if after < before:
        yield text(left - 6, top + 16, signed(after - before), "bits", "end")
    else:
        yield text(left + width + 6, top + 16, signed(after - before), "bits")


def _not_told(found: Evidence) -> list[str]:
    names = ", ".join(_trait(weight) for weight in found.weights if not weight.level)
    return [f"{words.NOT_TOLD}: {names}"] if names else []


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, more: str = "") -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{stroke}"{f" {more}" if more else ""}/>'
