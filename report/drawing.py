"""How figures look: one style for all, readable in colour, in grey, and by a screen reader."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MM_PER_INCH = 25.4
WIDTH_MM = 170.0
"""Width of the text on an A4 page with the style sheet's margins."""


@dataclass(frozen=True)
class Look:
    """How one provider is drawn: colour, and hatch, marker and dashes for print without colour."""

    colour: str
    hatch: str
    marker: str
    dashes: str


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


# Okabe and Ito's palette, told apart with every common kind of colour blindness.
LOOKS = {
    "xen": Look("#0072B2", "", "o", "-"),
    "kvm": Look("#E69F00", "////", "s", "--"),
    "virtualbox": Look("#009E73", "xxx", "^", ":"),
}

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextmanager
def style() -> Iterator[None]:
    """Apply the style of all figures while drawing, whatever matplotlibrc the user has."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                # Without a salt matplotlib names clip paths and hatches at random.
                "svg.hashsalt": "hvlab",
                # Outlines of glyphs instead of text: the same look everywhere; the words are in the alt text.
                "svg.fonttype": "path",
                "font.family": ["DejaVu Sans"],
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


def label_top(axes: Axes, position: float, value: float) -> None:
    """Print a value above its bar, on white, since it may lie on a line of the grid."""
    axes.annotate(
        f"{value:.2f}",
        (position, value),
        (0, 3),
        textcoords="offset points",
        ha="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
    )


def legend_entries(axes: Axes) -> dict[str, Artist]:
    """Return each label of a panel once, with the first mark that bears it."""
    handles, labels = axes.get_legend_handles_labels()
    entries: dict[str, Artist] = {}
    for label, handle in zip(labels, handles, strict=True):
        entries.setdefault(label, handle)
    return entries


def as_image(figure: Figure, alt: str) -> Markup:
    """Return a figure as an HTML image that holds its SVG.

    Args:
        figure: The figure.
        alt: Alternative text, which the PDF carries on.

    Returns:
        An `img` element; the same figure gives the same text.
    """
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata=_NO_METADATA)
    # As a data URI and not as an svg element: every figure of matplotlib has the same ids, and WeasyPrint
    # would read an svg element's style attributes as the page's.
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(data, alt)
