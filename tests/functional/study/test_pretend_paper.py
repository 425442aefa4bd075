"""The paper on a study with a hypervisor that is a plug-in: the report takes all of it from the dataset."""

import re
from pathlib import Path

import pytest

from report.render import paper
from tests.functional.study.test_pretend_study import plugins, study

__all__ = ["plugins", "study"]
TITLES = ("Xen", "KVM", "VirtualBox", "Pretend")


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_it_is_named_and_coloured_beside_the_others(lang: str, study: Path, tmp_path: Path) -> None:
    # The page for a browser, whose charts can be read as text.
    page = paper.render_html(study, tmp_path, lang).read_text()
    headings = [re.findall(r"<th[^>]*>(.*?)</th>", row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)]
    named = [[title for title in row if title in TITLES] for row in headings]
    # At least the table of memory has a column for each, in the order of print.
    assert list(TITLES) in named
    assert "#CC79A7".lower() in page.lower()
