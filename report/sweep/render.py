"""A sweep's report: a page for a browser and a PDF, in the paper's style."""

import os
from pathlib import Path

from core.errors import HvlabError
from dataset import Sweep, load_sweep
from dataset.sweep import Cell, study_folder
from report.figures.style import Output, drawn_for
from report.i18n.translate import language, speaking, spoken
from report.render.paper import TEMPLATES, no_collection, pdf_of, render_html, templates, write
from report.render.screen import Screen, read_screen
from report.sweep.context import sweep_context

REPORT = "report"


def render_sweep(folder: Path, lang: str = "en") -> list[Path]:
    """Write a sweep's report, `report/sweep.<lang>.html` and `.pdf`; the same sweep gives the same bytes.

    Args:
        folder: The sweep's folder.
        lang: Language, "en" or "ko".

    Returns:
        The paths of both.

    Raises:
        HvlabError: No cell is finished (code `no-finished-cell`), a study is damaged, the language is not known, or the
            files cannot be written.
    """
    sweep = load_sweep(folder)
    if not sweep.finished_cells:
        raise HvlabError(
            f"sweep {sweep.info.id} has no finished cell", "./invoke study.resume", code="no-finished-cell"
        )
    out = folder / REPORT
    paths = [out / f"sweep.{lang}.html", out / f"sweep.{lang}.pdf"]
    with speaking(language(lang)), no_collection():
        with drawn_for(Output(inline=True)):
            write(paths[0], page(sweep, read_screen(TEMPLATES)).encode())
        write(paths[1], pdf_of(page(sweep)))
    return paths


def page(sweep: Sweep, screen: Screen | None = None) -> str:
    """Return the report as a page, with a style and a script if it is for a browser; errors as `render_sweep`."""
    lang = spoken().code
    context = sweep_context(sweep, lang, lambda cell: _paper_of(sweep, cell, lang))
    environment = templates(context.hypervisors)
    return environment.get_template("sweep.html.j2").render(vars(context), screen=screen)


def _paper_of(sweep: Sweep, cell: Cell, lang: str) -> str:
    paper = study_folder(sweep.folder, cell) / REPORT / f"paper.{lang}.html"
    return os.path.relpath(paper, sweep.folder / REPORT) if paper.is_file() else ""


def render_papers(folder: Path, lang: str = "en") -> list[Path]:
    """Write the papers of those cells that have none yet, as pages for a browser; return their paths.

    Raises:
        HvlabError: As `report.render.paper.render_html`.
    """
    sweep = load_sweep(folder)
    studies = [study_folder(folder, cell) for cell in sweep.finished_cells]
    without = [study for study in studies if not (study / REPORT / f"paper.{lang}.html").is_file()]
    return [render_html(study, study / REPORT, lang) for study in without]
