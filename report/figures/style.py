"""How figures look: one style for all, readable in colour, in grey, and by a screen reader."""

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import matplotlib as mpl
from markupsafe import Markup
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from report.data.readings import Estimate
from report.i18n.translate import spoken

MM_PER_INCH = 25.4
WIDTH_MM = 170.0
"""Width of the text on an A4 page with the style sheet's margins."""


@dataclass(frozen=True)
class Filling:
    """How a bar is filled."""

    colour: str
    hatch: str = ""


@dataclass(frozen=True)
class Bar:
    """Where a bar stands, in the units of its axes."""

    position: float
    height: float
    width: float
    bottom: float = 0.0


@dataclass
class Output:
    """What becomes of figures beside the PDF's images.

    Attributes:
        inline: Whether `as_image` returns an svg element that shows its values on hover, for a page in a browser.
        files: Where the files of each figure are kept, by name; None if they are not wanted.
    """

    inline: bool = False
    files: dict[str, bytes] | None = None


_OUTPUT: ContextVar[Output] = ContextVar("output", default=Output())  # noqa: B039  (never changed in place)
_DPI = 300
_TIP = "tip:"
_IDS = re.compile(r'(\bid="|href="#|url\(#)([^")]+)')
_FAMILY = re.compile(r'(?<=font-family: )(?:&\w+;|[^;"&])*')
_FAMILIES = "Paper Sans,Paper Sans Beside"
"""The faces of paper.css with the figures' glyphs. WeasyPrint takes a blank after a comma for part of a name."""

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def style() -> Iterator[None]:
    """Apply the style of all figures while drawing, whatever matplotlibrc the user has."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                # A hypervisor's name is text, whatever signs are in it.
                "text.parse_math": False,
                # Without a salt matplotlib names clip paths and hatches at random.
                "svg.hashsalt": "hvlab",
                # A file that leaves the paper shows outlines of glyphs: the same look on every machine. The PDF embeds
                # the face, and its figures have text, which is drawn in a fraction of the time.
                "svg.fonttype": "none" if _in_pdf() else "path",
                "font.family": ["DejaVu Sans", *_fonts_beside()],
                "font.size": 7.5,
                "axes.titlesize": 7.5,
                "axes.titlelocation": "left",
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.linewidth": 0.6,
                "axes.axisbelow": True,
                "grid.linewidth": 0.4,
                "grid.color": "#cccccc",
                "xtick.major.width": 0.6,
                "ytick.major.width": 0.6,
                "hatch.linewidth": 0.6,
                "legend.frameon": False,
                "lines.linewidth": 1.2,
                "lines.markersize": 4.0,
            }
        )
        yield


def _in_pdf() -> bool:
    """Return whether figures are only drawn for the PDF, whose style sheet has the faces."""
    output = _OUTPUT.get()
    return not output.inline and output.files is None


def _fonts_beside() -> list[str]:
    """Make the faces known to matplotlib that the spoken language needs; return their names."""
    language = spoken()
    sans = [file for face, file in zip(language.faces, language.font_files(), strict=True) if "Sans" in face.family]
    for file in sans:
        font_manager.fontManager.addfont(file)
    return list(dict.fromkeys(font_manager.FontProperties(fname=file).get_name() for file in sans))


def panels(height_mm: float, widths: tuple[float, ...]) -> tuple[Figure, list[Axes]]:
    """Make a figure as wide as the text, with panels side by side.

    Args:
        height_mm: Height of the figure in mm.
        widths: Relative widths of the panels.

    Returns:
        The figure and its panels, left to right.
    """
    figure = Figure(figsize=(WIDTH_MM / MM_PER_INCH, height_mm / MM_PER_INCH), layout="constrained")
    row = figure.subplots(1, len(widths), squeeze=False, width_ratios=widths)[0]
    for axes in row:
        axes.grid(axis="y")
    return figure, list(row)


def grid(height_mm: float, rows: int, columns: int) -> tuple[Figure, list[list[Axes]]]:
    """Make a figure as wide as the text, with rows of panels; each row shares its y axis.

    Args:
        height_mm: Height of the figure in mm.
        rows: Number of rows.
        columns: Panels in each.
    """
    figure = Figure(figsize=(WIDTH_MM / MM_PER_INCH, height_mm / MM_PER_INCH), layout="constrained")
    found = figure.subplots(rows, columns, squeeze=False, sharey="row")
    for axes in found.flat:
        axes.grid(axis="y")
    return figure, [list(row) for row in found]


def bar(axes: Axes, place: Bar, filling: Filling, label: str | None = None) -> None:
    """Draw one bar; `label` is its entry in the legend."""
    axes.bar(
        place.position,
        place.height,
        place.width,
        place.bottom,
        color=filling.colour,
        hatch=filling.hatch,
        edgecolor="#222222",
        linewidth=0.5,
        label=label,
    )


def error_bar(axes: Axes, position: float, value: Estimate, colour: str) -> None:
    """Draw the 95 % interval of a value; nothing where it was read once."""
    if value.interval is not None:
        ends = [[value.mean - value.interval.low], [value.interval.high - value.mean]]
        axes.errorbar([position], [value.mean], ends, fmt="none", ecolor=colour, elinewidth=0.8, capsize=2.0)


def label_top(axes: Axes, position: float, top: float, value: float) -> None:
    """Print a value above its bar, on white, since it may lie on a line of the grid."""
    axes.annotate(
        f"{value:.2f}",
        (position, top),
        (0, 3),
        textcoords="offset points",
        ha="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )


@contextmanager
def drawn_for(output: Output) -> Iterator[None]:
    """Draw for something else than the PDF while the block lasts."""
    token = _OUTPUT.set(output)
    try:
        yield
    finally:
        _OUTPUT.reset(token)


def tip(axes: Axes, position: float, value: float, words: str) -> None:
    """Let a page in a browser show `words` when the pointer is on a point; elsewhere nothing is drawn."""
    if _OUTPUT.get().inline:
        axes.plot([position], [value], marker="o", markersize=11, linestyle="none", alpha=0, gid=_TIP + words)


def legend_entries(axes: Axes) -> dict[str, Artist]:
    """Return each label of a panel once, with the first mark that bears it."""
    handles, labels = axes.get_legend_handles_labels()
    entries: dict[str, Artist] = {}
    for label, handle in zip(labels, handles, strict=True):
        entries.setdefault(label, handle)
    return entries


def as_image(figure: Figure, name: str, alt: str) -> Markup:
    """Return a figure as an HTML image that holds its SVG.

    Args:
        figure: The figure.
        name: Its name, unique in the paper; of its files and of the ids in it.
        alt: Alternative text, which the PDF carries on.

    Returns:
        An `img` element, or for a browser an `svg` element; the same figure gives the same text.
    """
    stream = io.BytesIO()
    # Not savefig, which draws a figure twice: once to lay it out, which drawing does anyway.
    FigureCanvasSVG(figure).print_svg(stream, metadata=_NO_METADATA)  # type: ignore[no-untyped-call]
    output = _OUTPUT.get()
    if output.files is not None:
        raster = io.BytesIO()
        figure.savefig(raster, format="png", dpi=_DPI, metadata={"Software": None})
        output.files |= {f"{name}.svg": stream.getvalue(), f"{name}.png": raster.getvalue()}
    return from_svg(_FAMILY.sub(_FAMILIES, stream.getvalue().decode()), name, alt)


def from_svg(svg: str, name: str, alt: str) -> Markup:
    """Return an SVG as an HTML image, or for a browser as part of the page; arguments as `as_image`."""
    if _OUTPUT.get().inline:
        return _inline(svg, name, alt)
    # As a data URI and not as an svg element: every figure of matplotlib has the same ids, and WeasyPrint
    # would read an svg element's style attributes as the page's.
    data = base64.b64encode(svg.encode()).decode("ascii")
    return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(data, alt)


def _inline(svg: str, name: str, alt: str) -> Markup:
    """Make an SVG part of a page: its ids are its own, and its points can be pointed at, touched and focused.

    Only the first point is a stop of the Tab key: the page's script goes on to the others with the arrow keys.
    """
    element = svg[svg.index("<svg") :]
    point = r'<g class="point" tabindex="{}" role="img" aria-label="\1"><title>\1</title>'
    element = re.sub(rf'<g id="{_TIP}([^"]*)">', point.format(0), element, count=1)
    element = re.sub(rf'<g id="{_TIP}([^"]*)">', point.format(-1), element)
    element = _IDS.sub(rf"\g<1>{name}-\g<2>", element)
    # A picture has no parts for a screen reader; a group of points has.
    role = "group" if 'class="point"' in element else "img"
    head = Markup('<svg role="{}" aria-label="{}" ').format(role, alt)
    # matplotlib has escaped the words that were passed to it.
    return head + Markup(element.removeprefix("<svg ").strip())
