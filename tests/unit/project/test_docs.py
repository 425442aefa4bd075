"""Links of the documentation and paths of documents that the code names lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.paths import PROJECT

_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
_IMAGE = re.compile(r'<img[^>]*\ssrc="([^":]+)"')
_NAMED = re.compile(r"\bdocs/[\w./-]*\w")
_SUFFIXES = {".py", ".sh", ".toml", ".rb", ".ks", ".hcl", ".j2", ".md", ""}
# Built or downloaded; and a changelog names what once was.
_SKIPPED = {"studies", "calibrations", "fixtures", "__pycache__"}


def _files(folder: Path = PROJECT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED or path.suffix == ".egg-info":
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in _SUFFIXES:
            yield path


def _relative(path: Path) -> str:
    return str(path.relative_to(PROJECT))


PAGES = [path for path in _files() if path.suffix == ".md"]


@pytest.mark.parametrize("page", PAGES, ids=_relative)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    broken = [link for link in _LINK.findall(text) + _IMAGE.findall(text) if not (page.parent / link).exists()]
    assert broken == []


def test_documents_named_in_the_code_exist() -> None:
    texts = {path: path.read_text(errors="replace") for path in _files() if path != Path(__file__)}
    named = {(_relative(path), name) for path, text in texts.items() for name in _NAMED.findall(text)}
    assert sorted(pair for pair in named if not (PROJECT / pair[1]).exists()) == []
    assert named


def test_pages_are_wrapped() -> None:
    """At 100 columns, except for tables, indented examples, fenced code and HTML."""
    long = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```", lambda fenced: "\n" * fenced[0].count("\n"), page.read_text(), flags=re.M | re.S)
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > 100 and not line.startswith(("|", "    ", "<")):
                long.append(f"{_relative(page)}:{number}")
    assert long == []
