"""The paper as a page for a browser: its contents, and tables that scroll by themselves below their captions."""

import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from report.render.asked_live import rules
from report.render.filters import units_beside_numbers

_SECTION = re.compile(r'<section[^>]* id="([^"]+)"[^>]*>\s*<h2[^>]*>(.*?)</h2>', re.DOTALL)
_TABLE = re.compile(r'(<table[^>]* id="([^"]+)"[^>]*>)\s*<caption>(.*?)</caption>(.*?</table>)', re.DOTALL)
_SCROLLING = (
    r'<div class="scroll" id="\2-scroll" role="group" aria-labelledby="\2-caption" tabindex="0">'
    r'\1<caption><div class="held" id="\2-caption">\3</div></caption>\4</div>'
)
_CHART = re.compile(r'(<figure id="([^"]+)">)\s*(<svg .*?</svg>)', re.DOTALL)
_SCROLLING_CHART = r'\1<div class="scroll chart" role="group" aria-labelledby="\2-caption" tabindex="0">\3</div>'
_FIGCAPTION = re.compile(r'(<figure id="([^"]+)">(?:(?!</figure>).)*?)<figcaption>', re.DOTALL)


@dataclass(frozen=True)
class Screen:
    """What a page for a browser holds beside the paper.

    Attributes:
        style: Its style sheet.
        script: Its script; without it the page can be read, but not sorted, downloaded or asked.
    """

    style: str
    script: str


def read_screen(templates: Path) -> Screen:
    """Return the style and the script that are among the templates."""
    style, runtime, live, script = (
        (templates / name).read_text(encoding="utf-8") for name in ("screen.css", "python.js", "live.js", "screen.js")
    )
    return Screen(style, f"{runtime}const rules = {rules()};\n{live}{script}")


def contents(body: str) -> list[tuple[str, Markup]]:
    """Return the anchor and the heading of each section of a page, in order."""
    # The headings are markup already: what was text in them is escaped.
    return [(found[1], Markup(found[2])) for found in _SECTION.finditer(str(body))]


def for_screen(body: str) -> Markup:
    """Put each table and chart into an element that scrolls sideways; their captions stay in view."""
    # As plain text: what is taken out of markup and joined would be escaped.
    page = _TABLE.sub(_SCROLLING, units_beside_numbers(str(body)))
    page = _FIGCAPTION.sub(r'\1<figcaption id="\2-caption">', page)
    return Markup(_CHART.sub(_SCROLLING_CHART, page))
