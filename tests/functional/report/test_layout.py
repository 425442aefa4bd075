"""Pages as they are printed: nothing beyond the margins, no caption without its table."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]

_POINTS_PER_MM = 72 / 25.4
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*)</word>')


@pytest.fixture(params=["published", "made up"])
def printed(request: pytest.FixtureRequest, published: Path, made_up: Path) -> Path:
    return published if request.param == "published" else made_up / "report" / "paper.en.pdf"


def text_of(path: Path, *words: str) -> str:
    return subprocess.run(["pdftotext", *words, path, "-"], check=True, capture_output=True, text=True).stdout


def test_no_word_lies_beyond_the_margins(printed: Path) -> None:
    left, right, foot = 20 * _POINTS_PER_MM, 190 * _POINTS_PER_MM, 297 * _POINTS_PER_MM
    words = [(*map(float, found[:4]), found[4]) for found in _WORD.findall(text_of(printed, "-bbox"))]
    assert len(words) > 1000
    assert [word for word in words if word[0] < left - 1 or word[2] > right + 1 or word[3] > foot] == []


def test_no_caption_stands_alone(printed: Path) -> None:
    for number, page in enumerate(text_of(printed, "-layout").split("\f"), 1):
        lines = [line for line in page.splitlines() if line.strip()][:-1]  # the last one is the page's number
        for place, line in enumerate(lines):
            if re.match(r" *Table [A-Z]?\d+[a-d]?\. ", line):
                # The caption, the head and a row at least: a table may have only one.
                assert len(lines) - place >= 3, f"page {number}: {line}"
