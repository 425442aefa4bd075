"""Prints the counts of each area, also of those that other workers tried."""

import os

import pytest

from tests.support.fuzz import HEADER

_COUNTS = "fuzz"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    texts = [value for report in reports for name, value in report.user_properties if name == _COUNTS]
    if texts and "HVLAB_FUZZ" in os.environ:
        terminalreporter.section("fuzzing")
        terminalreporter.write_line(HEADER)
        for text in texts:
            terminalreporter.write_line(str(text))
