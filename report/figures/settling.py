"""Figure S1: how the host came to rest before it was read."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from dataset.settling import Curve
from dataset.stages import stage_position
from report.figures.looks import Looks
from report.figures.style import as_image, grid, legend_entries, style, tip
from report.i18n.labels import printed_stage
from report.i18n.translate import gettext

_KIB_PER_MIB = 1024
_DASHES = ("-", "--", "-.", ":")


def settling_figure(curves: Sequence[Curve], looks: Looks, words: Mapping[str, str], alt: str) -> Markup:
    """Draw free memory, as the change to the last sample, and busy CPU, from when the watching began.

    Args:
        curves: Those of the study; every repeat is a line.
        looks: How the hypervisors are drawn.
        words: Keys `free_change`, `busy_percent`, `seconds`, `not_read`.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    stages = sorted({curve.stage for curve in curves}, key=stage_position)
    with style():
        figure, rows = grid(88, 2, len(looks))
        for column, (provider, look) in enumerate(looks.items()):
            memory, cpu = rows[0][column], rows[1][column]
            memory.set_title(look.title)
            own = [curve for curve in curves if curve.provider == provider]
            for curve in own:
                _draw((memory, cpu), curve, look.title, stages)
            if not own:
                for axes in (memory, cpu):
                    axes.text(0.5, 0.5, words["not_read"], transform=axes.transAxes, ha="center", va="center")
            cpu.set_xlabel(words["seconds"])
        # Only now: a limit ends the search for one that holds all lines of the row.
        rows[1][0].set_ylim(bottom=0)
        rows[0][0].set_ylabel(words["free_change"])
        rows[1][0].set_ylabel(words["busy_percent"])
        named: dict[str, Artist] = {}
        for axes in rows[0]:
            named = legend_entries(axes) | named
        labels = [printed_stage(stage) for stage in stages]
        handles = [named[label] for label in labels]
        figure.legend(handles, labels, loc="outside lower center", ncols=8, handlelength=3.0)
        return as_image(figure, "figure-s1", alt)


def _draw(panels: tuple[Axes, Axes], curve: Curve, title: str, stages: Sequence[str]) -> None:
    memory, cpu = panels
    place = stages.index(curve.stage)
    look: dict[str, Any] = {
        # Perceptually even and monotone in lightness, so that the order of the stages survives grey print.
        "color": mpl.colormaps["viridis"](0.9 * place / max(len(stages) - 1, 1)),
        "linestyle": _DASHES[place % len(_DASHES)],
        "linewidth": 0.9,
        "label": printed_stage(curve.stage),
    }
    seconds = [sample[0] for sample in curve.curve]
    last = curve.curve[-1][1]
    what = gettext("{name}, {stage}, boot {boot}").format(
        name=title, stage=printed_stage(curve.stage), boot=curve.repeat
    )
    for sample in curve.curve:
        tip(memory, sample[0], (sample[1] - last) / _KIB_PER_MIB, f"{what}: {sample[1] / _KIB_PER_MIB:.1f} MiB free")
        tip(cpu, sample[0], sample[2], f"{what}: {sample[2]:.1f} % busy")
    memory.plot(seconds, [(sample[1] - last) / _KIB_PER_MIB for sample in curve.curve], **look)
    cpu.plot(seconds, [sample[2] for sample in curve.curve], **look)
