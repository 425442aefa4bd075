"""Commands report.*: from a dataset to the paper."""

from invoke.context import Context

from commands.task import command
from lab import packages
from lab.paths import PROJECT, STUDIES


def render(study: str | None, lang: str) -> None:
    """Write a study's paper and print its path."""
    from report import paper
    from report.load import find_study

    found = find_study(PROJECT, study)
    print(paper.render(found, STUDIES / found.resolve().name / "report", lang))


@command(*packages.REPORT, help={"study": "a folder in studies/ or reference/; the newest finished one", "lang": "en"})
def report_pdf(c: Context, study: str = "latest", lang: str = "en") -> None:
    """Write a study's paper as PDF; print its path."""
    render(study, lang)
