"""Figure 1: the lab as it is set up, drawn from the study's own parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from report.figures.style import as_image, panels, style

MOST_DRAWN = 6
"""Of more guests the first and the last are drawn, with a gap between them."""


@dataclass(frozen=True)
class Layers:
    """The words of Figure 1.

    Attributes:
        guests: Each guest's lines, in order.
        layers: Below them, from top to bottom: the lines of each layer.
    """

    guests: Sequence[Sequence[str]]
    layers: Sequence[Sequence[str]]


def topology_figure(layers: Layers, alt: str) -> Markup:
    """Draw guests side by side on the layers that carry them.

    Args:
        layers: What is written in the boxes.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    shown: list[Sequence[str]] = list(layers.guests)
    if len(shown) > MOST_DRAWN:
        shown = [*shown[: MOST_DRAWN - 2], ["…"], shown[-1]]
    height = len(layers.layers) + 1.6
    with style():
        figure, (axes,) = panels(11.0 * height, (1,))
        axes.axis("off")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, height)
        width = 1 / len(shown)
        for place, lines in enumerate(shown):
            _box(axes, (place * width, len(layers.layers) + 0.05), (width, 1.5), lines, "#e8f1f8")
        for place, lines in enumerate(reversed(layers.layers)):
            _box(axes, (0, place), (1, 1), lines, "#f4f4f4" if place % 2 else "#ffffff")
        return as_image(figure, "figure-1", alt)


def _box(axes: Axes, corner: tuple[float, float], size: tuple[float, float], lines: Sequence[str], colour: str) -> None:
    gap_x, gap_y = 0.006, 0.07
    (x, y), (width, height) = corner, size
    axes.add_patch(
        FancyBboxPatch(
            (x + gap_x, y + gap_y),
            width - 2 * gap_x,
            height - 2 * gap_y,
            boxstyle="square,pad=0",
            facecolor=colour,
            edgecolor="#222222",
            linewidth=0.7,
        )
    )
    axes.text(x + width / 2, y + height / 2, "\n".join(lines), ha="center", va="center", linespacing=1.35)
