"""Figures that are not drawn: for tests of what the paper says. Drawing them takes two thirds of a page's time."""

import pytest
from markupsafe import Markup

FIGURES = (
    "report.figures.resources.memory_figure",
    "report.figures.resources.cpu_figure",
    "report.figures.resources.disk_figure",
    "report.figures.build.capacity_figure",
    "report.figures.build.settling_figure",
    "report.figures.build.forest_figure",
    "report.figures.build.topology_figure",
)


def _blank(*words: object) -> Markup:
    """Stand for a figure, whose last word is its alternative text."""
    return Markup('<img src="data:image/svg+xml;base64," alt="{}">').format(words[-1])


def leave_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an empty picture with its alternative text in place of each figure."""
    for name in FIGURES:
        monkeypatch.setattr(name, _blank)
