"""Commands report.*: from a dataset to the paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from invoke.context import Context

from commands.task import command
from core.console import result
from core.paths import PROJECT, STUDIES, called_from
from lab import packages

_QUESTION = {
    "weights": "memory=2,cpu=1,disk=1: weights of the decision; default: 1 each",
    "guests": "number of guests to decide for; default: the study's",
    "guest-memory": "512MiB or 2GiB: memory of each guest; default: the study's",
    "host-memory": "16GiB: memory of the host to decide for; default: the lab host's",
    "host-disk": "200GiB: its partition for images; default: the lab host's",
}


@contextmanager
def _study(name: str) -> Iterator[tuple[Path, Path]]:
    """Yield a study's folder and the folder for what is made of it; nobody changes the study meanwhile.

    The second one is the study's own, unless the study is a published one, which is not written to.

    Raises:
        HvlabError: Another command uses the study, or a finished study has problems (`study.check`). One that is not
            finished is reported as such. The check needs the study's hypervisors; it is left out where one is not
            among the plug-ins.
    """
    from dataset.folder import hold_study
    from dataset.paths import in_study
    from dataset.store import find_study

    found = find_study(PROJECT, name)
    # A study of a sweep lies within the sweep's folder.
    out = found if found.is_relative_to(STUDIES) else STUDIES / found.name
    with hold_study(out, shared=True):
        # A folder that came from somebody else may have a link there.
        in_study(out, "report")
        _require_sound(found)
        yield found, out


def _sound(name: str) -> Path:
    """Return the folder of a study in which `study.check` finds no problem, for what only reads it.

    Raises:
        HvlabError: There is no such study, or it has problems.
    """
    from dataset.store import find_study

    found = find_study(PROJECT, name)
    _require_sound(found)
    return found


def _require_sound(folder: Path) -> None:
    from dataset.models import load_study
    from hypervisors.names import hypervisor_names
    from study.verify import require_valid

    study = load_study(folder)
    known = {run.provider for run in study.runs} <= set(hypervisor_names())
    if known and (study.finished or study.published):
        require_valid(folder)


def render(study: str, lang: str, scenario: Any = None) -> None:
    """Write a study's paper and print its path."""
    from report.recommendation.scenario import DEFAULT_SCENARIO
    from report.render import paper

    with _study(study) as (found, out):
        result(paper.render(found, out / "report", lang, scenario or DEFAULT_SCENARIO))


@command(
    packages.report_packages,
    help={
        "study": "a folder in studies/ or reference/; default: the newest finished study",
        "lang": "en or ko",
        **_QUESTION,
    },
)
def report_pdf(
    c: Context,
    study: str = "latest",
    lang: str = "en",
    *,
    weights: str = "",
    guests: int = 0,
    guest_memory: str = "",
    host_memory: str = "",
    host_disk: str = "",
) -> None:
    """Write a study's paper (PDF) and guidance.json."""
    from report.recommendation.scenario import parse_scenario

    render(study, lang, parse_scenario(weights, guests, guest_memory, host_memory, host_disk))


@command(positional=["number"], help={"number": '"Table 3, HYPERVISOR, VM-4, used"', "study": "as for report.pdf"})
def report_trace(c: Context, number: str, study: str = "latest") -> None:
    """Print the capture, command and derivation of a number."""
    from dataset import load
    from report.tools import trace, trace_text

    dataset = load(_sound(study))
    place = trace.parse_place(number, dataset.study.hypervisors)
    result(trace_text.as_text(trace.trace(trace.Sources(dataset), place)))


@command(positional=["before", "after"], help={"before": "a study", "after": "another one"})
def report_compare(c: Context, before: str, after: str) -> None:
    """Print what changed between two studies."""
    from dataset import load
    from report.tools import compare

    one, other = (load(_sound(name)) for name in (before, after))
    result(compare.as_text(one, other, compare.compare(one, other)))


@command(help={"study": "as for report.pdf", "lang": "en or ko", **_QUESTION})
def report_html(
    c: Context,
    study: str = "latest",
    lang: str = "en",
    *,
    weights: str = "",
    guests: int = 0,
    guest_memory: str = "",
    host_memory: str = "",
    host_disk: str = "",
) -> None:
    """Write a study's paper as one HTML page."""
    from report.recommendation.scenario import parse_scenario
    from report.render import paper

    scenario = parse_scenario(weights, guests, guest_memory, host_memory, host_disk)
    with _study(study) as (found, out):
        result(paper.render_html(found, out / "report", lang, scenario))


@command(
    packages.report_packages,
    help={
        "sweep": "a folder with sweep.json in studies/; default: the newest sweep",
        "lang": "en or ko",
        "papers": "write the papers of the cells that have none, which the report leads to; --no-papers: do not",
    },
)
def report_sweep(c: Context, sweep: str = "", lang: str = "en", papers: bool = True) -> None:
    """Write a sweep's report: effects of its parameters."""
    from dataset.folder import hold_study
    from dataset.sweep import find_sweep
    from report.sweep.render import render_papers, render_sweep

    folder = find_sweep(PROJECT, sweep)
    with hold_study(folder, shared=True):
        for path in [*(render_papers(folder, lang) if papers else []), *render_sweep(folder, lang)]:
            result(path)


@command(help={"study": "as for report.pdf"})
def report_data(c: Context, study: str = "latest") -> None:
    """Write tables (CSV, Parquet) and figures (SVG, PNG)."""
    from report.tools import export

    with _study(study) as (found, out):
        for path in export.write_data(found, out / "report" / "data"):
            result(path)


def write_crate(study: str) -> None:
    """Write the descriptions of a study's folder into it, for machines and for people; print their paths."""
    from report.tools import ro_crate

    with _study(study) as (found, out):
        for path in ro_crate.write_crate(found, out):
            result(path)


@command(help={"study": "as for report.pdf"})
def report_crate(c: Context, study: str = "latest") -> None:
    """Write ro-crate-metadata.json and REPRODUCING.md."""
    write_crate(study)


_SITE = {
    "folder": "where the site is, or will be; default: site/ in the project",
    "lang": "languages of the papers, with commas; the other pages are in all of them",
    "papers": "render the papers that are not there yet",
    "strict": "exit status 1 if a study was refused; the site is built all the same",
}


@command(packages.report_packages, help=_SITE)
def report_site(c: Context, folder: str = "", lang: str = "en,ko", papers: bool = True, strict: bool = False) -> None:
    """Build static pages over all studies, with trends."""
    build_site(folder, lang, papers=papers, strict=strict)


def build_site(folder: str, lang: str = "en,ko", *, papers: bool = True, strict: bool = False) -> None:
    """Build the site over all studies, or bring it up to date, and print its first page.

    Raises:
        HvlabError: It cannot be built; or, if `strict`, a study was refused (code `study-refused`).
    """
    from core.errors import HvlabError
    from report.i18n.translate import language
    from report.site.build import build, sources

    languages = tuple(language(code.strip()).code for code in lang.split(","))
    place = called_from() / folder if folder else PROJECT / "site"
    built = build(place, sources(PROJECT), _require_sound, languages=languages, papers=papers)
    result(built.index)
    if strict and built.refused:
        names = ", ".join(it.name for it in built.refused)
        raise HvlabError(f"refused: {names}", "./invoke study.check --study=NAME lists why", code="study-refused")


@command()
def report_messages(c: Context) -> None:
    """Update the translation catalogs of the paper."""
    from report.i18n.catalog import write_all

    write_all()
