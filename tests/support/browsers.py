"""A headless Chromium for the tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium for a block. While it runs, no test of this process can have an event loop of its own."""
    with sync_playwright() as play:
        program = shutil.which("chromium")
        assert program, "the tests need Debian's package chromium"
        started = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()
