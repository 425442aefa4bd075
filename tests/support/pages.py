"""The paper as a page, and its words: the same study is worked out once for all tests that look at it."""

import hashlib
import html
import re
from pathlib import Path

from report.recommendation.scenario import DEFAULT_SCENARIO, Scenario
from report.render import paper

_PAGES: dict[tuple[str, str, str], str] = {}


def page(study: Path, lang: str = "en", scenario: Scenario = DEFAULT_SCENARIO) -> str:
    """Return what `paper.html` does; an error is raised anew each time."""
    digest = hashlib.sha256()
    for file in sorted(path for path in study.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(study)).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    key = (digest.hexdigest(), lang, repr(scenario))
    if key not in _PAGES:
        _PAGES[key] = paper.html(study, lang, scenario)
    return _PAGES[key]


def words_of(text: str) -> str:
    """Return a page's words as a reader sees them, with plain apostrophes."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(plain.split()).replace(" .", ".").replace(" ,", ",")


def text_of(study: Path) -> str:
    """Return the words of a study's paper."""
    return words_of(page(study))
