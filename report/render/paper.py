"""The paper: from a study's folder to a PDF."""

import functools
import gc
import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import jinja2
import matplotlib as mpl

from core.errors import HvlabError
from core.files import write_atomic
from core.paths import PROJECT
from dataset import load
from dataset.descriptors import HypervisorInfo
from report.figures.style import Output, drawn_for
from report.i18n.translate import Language, gettext, language, ngettext, pgettext, speaking, spoken
from report.recommendation.recommendation import as_json
from report.recommendation.scenario import DEFAULT_SCENARIO, Scenario
from report.render.asked_live import live_data
from report.render.compiled import CompiledTemplates
from report.render.context import paper_context
from report.render.derivations import derivations
from report.render.filters import filters_for, units_beside_numbers, whole_words
from report.render.pdf_tags import complete_tags
from report.render.screen import Screen, contents, for_screen, read_screen

TEMPLATES = PROJECT / "templates"

# The faces come with matplotlib, at the version that requirements.txt pins: the same paper on every machine.
_FACES = (
    ("Paper", "normal", "normal", "STIXGeneral.ttf"),
    ("Paper", "normal", "italic", "STIXGeneralItalic.ttf"),
    ("Paper", "bold", "normal", "STIXGeneralBol.ttf"),
    ("Paper", "bold", "italic", "STIXGeneralBolIta.ttf"),
    ("Paper Sans", "normal", "normal", "DejaVuSans.ttf"),
    ("Paper Sans", "bold", "normal", "DejaVuSans-Bold.ttf"),
    ("Paper Mono", "normal", "normal", "DejaVuSansMono.ttf"),
)
_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-nanum"


def render(study_dir: Path, out_dir: Path, lang: str = "en", scenario: Scenario = DEFAULT_SCENARIO) -> Path:
    """Render a study as a PDF (PDF/UA-1), `paper.<lang>.pdf`, and its guidance as `guidance.json` beside it.

    The answer to a question has files of its own, `paper.<lang>.guests-12.pdf` and `guidance.guests-12.json`. The same
    dataset gives the same bytes: dates come from the study, not from the clock.

    Args:
        study_dir: The study's folder, in the form of docs/reference/dataset.md; only read.
        out_dir: Where the PDF goes; made if need be.
        lang: Language, "en" or "ko".
        scenario: What the guidance is asked.

    Returns:
        The PDF's path.

    Raises:
        HvlabError: The dataset is not in the form of docs/reference/dataset.md or has no usable number, the language is
            not known, a system library is missing, or the PDF cannot be written. Nothing half-written is
            left.
    """
    with speaking(language(lang)), no_collection():
        page, guidance = _page(study_dir, scenario)
        path = out_dir / f"paper.{lang}{scenario.suffix}.pdf"
        write(path, pdf_of(page))
    write(out_dir / f"guidance{scenario.suffix}.json", guidance)
    return path


def render_html(study_dir: Path, out_dir: Path, lang: str = "en", scenario: Scenario = DEFAULT_SCENARIO) -> Path:
    """Write the paper as one page for a browser, `paper.<lang>.html`, whose charts show their values on hover.

    It holds all that it shows: nothing is fetched. Arguments and errors as `render`; returns the page's path.
    """
    with speaking(language(lang)), drawn_for(Output(inline=True)):
        page, _ = _page(study_dir, scenario, read_screen(TEMPLATES))
    path = out_dir / f"paper.{lang}{scenario.suffix}.html"
    write(path, page.encode())
    return path


def html(study_dir: Path, lang: str = "en", scenario: Scenario = DEFAULT_SCENARIO) -> str:
    """Return the paper as an HTML page, as it goes into WeasyPrint; arguments and errors as `render`."""
    with speaking(language(lang)):
        return _page(study_dir, scenario)[0]


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        HvlabError: It cannot be written.
    """
    try:
        write_atomic(path, content)
    except OSError as error:
        raise HvlabError(
            f"cannot write {path}: {error.strerror}", "check the folder and the free space", code="cannot-write"
        ) from error


def _page(study_dir: Path, scenario: Scenario, screen: Screen | None = None) -> tuple[str, bytes]:
    """Return the page, with its style and script if it is for a browser, and guidance.json."""
    dataset = load(study_dir)
    environment = templates(dataset.study.hypervisors)
    context = paper_context(dataset, environment, spoken().code, scenario)
    live = live_data(context.advice, dataset.study) if screen else None
    derived = derivations(dataset) if screen else {}
    page = environment.get_template("paper.html.j2").render(vars(context), screen=screen, live=live, derived=derived)
    return page, as_json(context.advice, dataset.study)


def templates(hypervisors: Iterable[HypervisorInfo]) -> jinja2.Environment:
    """Return where the templates are, with the filters that they use for a study with these hypervisors."""
    return _environment(spoken().code, tuple(it.model_dump_json() for it in hypervisors))


@functools.cache
def _environment(_code: str, described: tuple[str, ...]) -> jinja2.Environment:
    """Make the environment of a language: what a template's module holds is in the language of its first use.

    Args:
        described: The hypervisors, as JSON: what is cached must have a hash.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=CompiledTemplates(TEMPLATES, Path(__file__)),
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    own = filters_for([HypervisorInfo.model_validate_json(text) for text in described])
    environment.filters.update({name: _when_filled_in(each) for name, each in own.items()})
    environment.filters.update({"contents": contents, "for_screen": for_screen})
    return environment


def _when_filled_in(each: Callable[..., object]) -> Callable[..., object]:
    """Return a filter that is not applied when a template is compiled: what it gives depends on language and study."""

    @jinja2.pass_context
    def filled_in(_context: object, *values: object, **named: object) -> object:
        return each(*values, **named)

    return filled_in


@contextmanager
def no_collection() -> Iterator[None]:
    """Look for no unreachable objects for a while: a paper's live to its end, and looking takes a sixth of the time.

    It costs 20 MiB of memory.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def pdf_of(page: str) -> bytes:
    """Return a page as a PDF (PDF/UA-1), in the language that is spoken now; errors as `render`."""
    weasyprint = _weasyprint()
    fonts = weasyprint.text.fonts.FontConfiguration()
    # Only the style sheet's faces and the figures within the page: nothing is ever fetched over a network.
    fetcher = weasyprint.URLFetcher(allowed_protocols={"file", "data"})
    style = _font_faces(spoken()) + (TEMPLATES / "paper.css").read_text(encoding="utf-8")
    sheet = weasyprint.CSS(string=style, font_config=fonts, url_fetcher=fetcher)
    document = weasyprint.HTML(string=whole_words(units_beside_numbers(page)), url_fetcher=fetcher)
    pdf: bytes = document.write_pdf(
        stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", finisher=complete_tags
    )
    return pdf


def _weasyprint() -> ModuleType:
    try:
        # Imported only here: the rest of the report works, and reports what is wrong, without Pango.
        importlib.import_module("weasyprint.text.fonts")
        return importlib.import_module("weasyprint")
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise HvlabError(
            f"WeasyPrint lacks a library: {reason}", f"apt-get install {_PACKAGES}", code="missing-library"
        ) from error


def _font_faces(spoken_now: Language) -> str:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    faces = [(family, weight, style, folder / file) for family, weight, style, file in _FACES]
    beside = zip(spoken_now.faces, spoken_now.font_files(), strict=True)
    faces += [(face.family, face.weight, "normal", file) for face, file in beside]
    return "".join(
        f"@font-face {{ font-family: '{family}'; font-weight: {weight}; font-style: {style};"
        f" src: url('{file.as_uri()}') }}\n"
        for family, weight, style, file in faces
    )
