"""Pictures as SVG documents: shapes and text alone, readable in black and white and to who does not see them."""

from collections.abc import Iterable
from html import escape

INK, PALE, RULE = "#1a1a1a", "#5c5c5c", "#d9d9d9"
BLUE, VERMILION = "#0072b2", "#d55e00"
"""Of Okabe and Ito's palette, which people of every colour vision tell apart."""
STYLE = f"""\
text {{ font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 14px; fill: {INK}; }}
.title {{ font-size: 18px; font-weight: 600; }}
.strong {{ font-weight: 600; }}
.pale {{ fill: {PALE}; font-size: 13px; }}
.small {{ font-size: 12px; }}
.light {{ fill: #ffffff; }}"""


def document(width: int, height: int, title: str, description: str, shapes: Iterable[str]) -> str:
    """A whole SVG document.

    Args:
        width: in pixels.
        height: likewise.
        title: what it shows, in a line.
        description: the picture for who does not see it.
        shapes: what is drawn.
    """
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(description)}</desc>',
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    return "\n".join([*head, *shapes, "</svg>\n"])


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start", turned: int = 0) -> str:
    """A line of text: its left end, its middle or its end is at x; turned by some degrees around that."""
    more = f' class="{kind}"' if kind else ""
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' transform="rotate({turned} {round(x, 1)} {round(y, 1)})"' if turned else ""
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}"{more}>{escape(said)}</text>'


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> str:
    """A rectangle."""
    at = f'x="{round(x, 1)}" y="{round(y, 1)}" width="{round(width, 1)}" height="{round(height, 1)}"'
    return f'<rect {at} fill="{fill}" stroke="{stroke}"/>'
