"""Effect plots: means with their 95 % intervals along each axis, and along one axis at each level of another."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes

from dataset.sweep import Axis, Level
from report.figures.looks import Look, Looks
from report.figures.style import as_image, grid, legend_entries, style, tip
from report.i18n.translate import gettext
from report.sweep.effects import Analysis, Line
from report.sweep.responses import Response

PER_ROW = 3
_ROW_MM = 52
_KEY_MM = 8
# Lines of several hypervisors at one level lie beside each other, so that their intervals can be told apart.
_ASIDE = 0.06
_SHADES = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v", "P")

Printed = Callable[[Axis, Level], str]


@dataclass(frozen=True)
class EffectFigure:
    """A drawn figure.

    Attributes:
        response: The quantity.
        image: The figure.
        interactions: Whether its lines are at levels of another axis.
    """

    response: Response
    image: Markup
    interactions: bool


def effect_figures(analyses: Sequence[Analysis], looks: Looks, printed: Printed) -> list[EffectFigure]:
    """Draw a figure of main effects for each quantity, and one of interactions where the cells can tell them.

    Args:
        analyses: Of all quantities and hypervisors.
        looks: How the hypervisors are drawn.
        printed: Returns an axis's level in print.
    """
    found = []
    for _, group in itertools.groupby(_by_response(analyses), lambda it: it.response.name):
        members = list(group)
        response = members[0].response
        if any(it.lines for it in members):
            found.append(EffectFigure(response, _mains(response, members, looks, printed), interactions=False))
        if any(it.pairs for it in members):
            found.append(EffectFigure(response, _pairs(response, members, looks, printed), interactions=True))
    return found


def _by_response(analyses: Sequence[Analysis]) -> list[Analysis]:
    order = list(dict.fromkeys(it.response.name for it in analyses))
    return sorted(analyses, key=lambda it: order.index(it.response.name))


def _mains(response: Response, members: Sequence[Analysis], looks: Looks, printed: Printed) -> Markup:
    axes = {line.axis.parameter: line.axis for it in members for line in it.lines}
    drawn = {
        gettext(axis.title): [
            (line, looks[line.provider]) for it in members for line in it.lines if line.axis.parameter == name
        ]
        for name, axis in axes.items()
    }
    return _draw(response, f"effects-{response.name}", drawn, printed)


def _pairs(response: Response, members: Sequence[Analysis], looks: Looks, printed: Printed) -> Markup:
    drawn: dict[str, list[tuple[Line, Look]]] = {}
    for line in (line for it in members for line in it.pairs if line.beside):
        beside, level = line.beside or (line.axis, "")
        lines = drawn.setdefault(f"{looks[line.provider].title}: {gettext(line.axis.title)}", [])
        place = len(lines)
        label = f"{gettext(beside.title)}: {printed(beside, level)}"
        look = Look(label, _SHADES[place % len(_SHADES)], "", _MARKERS[place % len(_MARKERS)], "-" if place else "--")
        lines.append((line, look))
    return _draw(response, f"interactions-{response.name}", drawn, printed)


def _draw(response: Response, name: str, drawn: Mapping[str, Sequence[tuple[Line, Look]]], printed: Printed) -> Markup:
    rows = -(-len(drawn) // PER_ROW)
    with style():
        figure, panels = grid(rows * _ROW_MM + _KEY_MM, rows, min(len(drawn), PER_ROW))
        places = [axes for row in panels for axes in row]
        for axes, (title, lines) in zip(places, drawn.items(), strict=False):
            axes.set_title(title)
            for place, (line, look) in enumerate(lines):
                words = [
                    f"{look.title}, {printed(line.axis, level)}: {mean.mean:.{response.digits}f} {response.unit}"
                    for level, mean in line.points
                ]
                _line(axes, line, look, _ASIDE * (place - (len(lines) - 1) / 2), words)
            levels = [printed(lines[0][0].axis, level) for level, _ in lines[0][0].points]
            axes.set_xticks(range(len(levels)), levels)
            axes.set_xlim(-0.4, len(levels) - 0.6)
        for axes in places[len(drawn) :]:
            axes.set_visible(False)
        for row in panels:
            row[0].set_ylabel(response.unit)
        keys = {label: mark for axes in places for label, mark in legend_entries(axes).items()}
        figure.legend(list(keys.values()), list(keys), loc="outside lower center", ncols=min(len(keys), 4))
        return as_image(figure, name, _alt(response, drawn))


def _line(axes: Axes, line: Line, look: Look, aside: float, words: Sequence[str]) -> None:
    """Draw one line; `words` are those of its points."""
    at = [place + aside for place in range(len(line.points))]
    means = [mean.mean for _, mean in line.points]
    halves = [mean.interval.half_width if mean.interval else 0.0 for _, mean in line.points]
    axes.errorbar(
        at, means, halves, color=look.colour, marker=look.marker, linestyle=look.dashes, label=look.title,
        elinewidth=0.8, capsize=2.0,
    )  # fmt: skip
    for place, mean, text in zip(at, means, words, strict=True):
        tip(axes, place, mean, text)


def _alt(response: Response, drawn: Mapping[str, object]) -> str:
    words = gettext("Lines with 95 %% intervals: %(quantity)s by %(axes)s; the tables have the effects.")
    return words % {"quantity": gettext(response.title), "axes": ", ".join(drawn)}
