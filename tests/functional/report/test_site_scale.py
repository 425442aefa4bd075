"""The site of 500 studies: pytest -m long tests/functional/report/test_site_scale.py (minutes)."""

import time
from pathlib import Path

import pytest

from report.site.build import build, sources
from tests.support.browsers import chromium
from tests.support.many_studies import write_many

pytestmark = pytest.mark.long
KEPT_S = 0.2
"""CPU time at most for a study that is on the site already."""
OPENS_S = 1.0


def seconds(root: Path) -> float:
    """Build the site without papers; return the CPU time that it took."""
    begun = time.process_time()
    build(root / "site", sources(root), lambda _: None, papers=False)
    return time.process_time() - begun


def test_five_hundred_studies(tmp_path: Path) -> None:
    write_many(tmp_path, 10)
    seconds(tmp_path)  # what is loaded once
    write_many(tmp_path, 250)
    half = seconds(tmp_path)
    kept_half = seconds(tmp_path)
    write_many(tmp_path, 500)
    more = seconds(tmp_path)
    kept = seconds(tmp_path)
    with chromium() as browser:
        page = browser.new_page()
        opened = []
        for _ in range(3):
            begun = time.monotonic()
            page.goto((tmp_path / "site" / "index.html").as_uri())
            page.locator("#studies tbody tr").first.wait_for()
            opened.append(time.monotonic() - begun)
        assert page.locator("#studies tbody tr").count() == 500
    print(f"250 new {half:.1f} s, kept {kept_half:.1f} s; 250 more {more:.1f} s, 500 kept {kept:.1f} s; {opened} s")
    assert kept / 500 <= KEPT_S
    # The second half costs what the first one did, and the kept first half once more.
    assert more <= 1.5 * (half + kept_half)
    assert kept <= 2.5 * kept_half
    assert min(opened) <= OPENS_S
