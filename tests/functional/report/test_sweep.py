"""A sweep's report as files: python -m pytest -m long tests/functional/report/test_sweep.py (half a minute)."""

import re
import subprocess
from pathlib import Path

import pytest

from report.sweep.render import render_sweep
from tests.support.made_up_sweep import NAME, write_sweep

pytestmark = pytest.mark.long


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_page_and_pdf(tmp_path: Path, lang: str) -> None:
    folder = tmp_path / NAME
    write_sweep(folder, ("xen", "kvm"))
    html, pdf = render_sweep(folder, lang)
    before = [path.read_bytes() for path in (html, pdf)]
    page = html.read_text()
    # Main effects of three quantities and their interactions, each with its points.
    assert page.count("<figure") == 6
    assert len(re.findall('class="point"', page)) > 20
    assert f'href="../studies/{NAME}-01/report/paper.en.html"' in page or lang != "en"
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    assert "100.0" in text
    assert [path.read_bytes() for path in render_sweep(folder, lang)] == before
