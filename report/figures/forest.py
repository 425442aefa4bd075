"""Figure R1: a forest plot of the published study's claims, each with its bounds, its own number and the study's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from report.figures.style import MM_PER_INCH, WIDTH_MM, as_image, style, tip
from report.i18n.labels import printed_stage
from report.replication.claims import Apart, Best, Difference, Joint, Lead, Value
from report.replication.comparison import Amount
from report.replication.section import Replication
from report.replication.verdicts import Finding, Mark

_CLAIMED = "#d9d9d9"
_ROW_MM, _BESIDE_MM = 4.3, 13.0


@dataclass(frozen=True)
class _Dot:
    """How a number is drawn; `face` is what fills its mark."""

    colour: str
    marker: str
    face: str


# The published number is hollow, so that one below it is seen.
_PUBLISHED = _Dot("#D55E00", "D", "none")
_OURS = _Dot("#0072B2", "o", "#0072B2")
_NOT_COMPARABLE = _Dot("#8a8a8a", "o", "#8a8a8a")


@dataclass(frozen=True)
class _Panel:
    """Claims of one unit.

    Values are divided by `scale`. Within `near` of zero the axis is linear, beyond it is logarithmic, so that 2 and
    1500 can be told on one axis.
    """

    unit: str
    word: str
    scale: float
    near: float
    digits: int


_PANELS = (
    _Panel("MiB", "mib", 1.0, 10.0, 1),
    _Panel("percent", "points", 1.0, 10.0, 2),
    _Panel("B", "gib", 1024.0**3, 1.0, 2),
)


@dataclass(frozen=True)
class ForestRow:
    """One number of a claim.

    Attributes:
        number: Of the claim, as in Table R1.
        label: Whose number.
        unit: Unit of the amounts.
        bounds: What is claimed; infinite where there is no end.
        published: The published study's number; None if it printed none.
        ours: The study's; None if it was not read, or if the study is the published one.
        comparable: Whether the claim could be compared.
    """

    number: int
    label: str
    unit: str
    bounds: tuple[float, float]
    published: Amount | None
    ours: Amount | None
    comparable: bool


def forest_rows(found: Replication) -> list[ForestRow]:
    """Return the rows of the plot, in the order of the claims; a claim of which no number is known has none."""
    return [row for number, each in enumerate(found.claims, 1) for row in _rows(number, each, found)]


def _rows(number: int, finding: Finding, found: Replication) -> Iterator[ForestRow]:
    claim = finding.claim
    if isinstance(claim, Joint):
        return
    ours = {} if found.itself else _by_name(finding)
    published = _by_name(found.published[claim.id])
    for name in dict.fromkeys((*ours, *published)):
        marks = [each[name] for each in (ours, published) if name in each]
        mine, printed = (each[name].amount if name in each else None for each in (ours, published))
        label = _label(marks[0], finding, found.titles)
        comparable = finding.verdict != "not comparable"
        yield ForestRow(number, label, claim.unit, marks[0].bounds, printed, mine, comparable)


def _by_name(finding: Finding) -> dict[tuple[str, str, str], Mark]:
    marks: Sequence[Mark] = finding.marks
    if isinstance(finding.claim, Apart):
        # Of all pairs and stages the one that is furthest apart.
        marks = [finding.widest] if marks else []
    return {(it.provider, it.versus, it.stage): it for it in marks}


def _label(mark: Mark, finding: Finding, titles: Mapping[str, str]) -> str:
    claim = finding.claim
    if isinstance(claim, Best | Lead):
        return f"{titles[claim.provider]}, {titles[mark.provider]}"
    if isinstance(claim, Difference) and claim.of.provider != claim.less.provider:
        return f"{titles[claim.of.provider]} \N{MINUS SIGN} {titles[claim.less.provider]}"
    if isinstance(claim, Difference | Value):
        return titles[claim.of.provider]
    return f"{titles[mark.provider]} \N{MINUS SIGN} {titles[mark.versus]}, {printed_stage(mark.stage)}"


def forest_figure(rows: Sequence[ForestRow], words: Mapping[str, str], alt: str) -> Markup:
    """Draw the plot: memory at the left, CPU and disk at the right.

    Args:
        rows: At least one.
        words: Keys `mib`, `points`, `gib`, `claimed`, `of_2011`, `ours`.
        alt: Alternative text.
    """
    by_unit = {panel: [row for row in rows if row.unit == panel.unit] for panel in _PANELS}
    left, *right = _PANELS
    counts = [max(len(by_unit[panel]), 1) for panel in right]
    longest = max(len(by_unit[left]), sum(counts) + 3)
    with style():
        size = WIDTH_MM / MM_PER_INCH, (longest * _ROW_MM + _BESIDE_MM) / MM_PER_INCH
        figure = Figure(figsize=size, layout="constrained")
        columns = figure.add_gridspec(1, 2)
        places = columns[1].subgridspec(2, 1, height_ratios=counts)
        for panel, place in zip(_PANELS, (columns[0], places[0], places[1]), strict=True):
            _draw(figure.add_subplot(place), panel, by_unit[panel], words)
        figure.legend(handles=_legend(rows, words), loc="outside lower center", ncols=4)
        return as_image(figure, "figure-r1", alt)


def _draw(axes: Axes, panel: _Panel, rows: Sequence[ForestRow], words: Mapping[str, str]) -> None:
    axes.set_xscale("symlog", linthresh=panel.near, linscale=0.6)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(words[panel.word])
    axes.grid(axis="x")
    axes.axvline(0, color="#222222", linewidth=0.6)
    axes.set_yticks(range(len(rows)), [f"{row.number}  {row.label}" for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ends = _ends(panel, rows)
    if max(map(abs, ends)) <= panel.near:
        axes.set_xscale("linear")
    axes.set_xlim(*ends)
    for place, row in enumerate(rows):
        _band(axes, panel, place, row.bounds)
        ours = _OURS if row.comparable else _NOT_COMPARABLE
        for amount, dot, whose in ((row.published, _PUBLISHED, "of_2011"), (row.ours, ours, "ours")):
            if amount is not None:
                _mark(axes, panel, place, amount, dot)
                told = f"{row.number} {row.label}, {words[whose]}: {_told(amount, panel, words)}"
                tip(axes, amount.mean / panel.scale, place, told)


def _ends(panel: _Panel, rows: Sequence[ForestRow]) -> tuple[float, float]:
    """Return the ends of the axis: all values and finite bounds, and room beside them."""
    amounts = [it for row in rows for it in (row.published, row.ours) if it is not None]
    values = [it.mean for it in amounts] + [end for it in amounts for end in it.interval or ()]
    values += [end for row in rows for end in row.bounds if isfinite(end)]
    low, high = (extreme([0.0, *(value / panel.scale for value in values)]) for extreme in (min, max))
    return min(1.4 * low, -0.1 * panel.near), max(1.4 * high, 0.1 * panel.near)


def _band(axes: Axes, panel: _Panel, place: int, bounds: tuple[float, float]) -> None:
    left, right = axes.get_xlim()
    low, high = (max(left, bounds[0] / panel.scale), min(right, bounds[1] / panel.scale))
    # So that "the same" is seen: no thinner than a line.
    axes.barh(place, high - low, 0.86, low, color=_CLAIMED, edgecolor=_CLAIMED, linewidth=0.5, zorder=0.9)


def _mark(axes: Axes, panel: _Panel, place: int, amount: Amount, dot: _Dot) -> None:
    if amount.interval is not None:
        ends = [end / panel.scale for end in amount.interval]
        axes.plot(ends, [place, place], color=dot.colour, linewidth=1.0)
    mean = amount.mean / panel.scale
    axes.plot([mean], [place], marker=dot.marker, color=dot.colour, markerfacecolor=dot.face, linestyle="none")


def _told(amount: Amount, panel: _Panel, words: Mapping[str, str]) -> str:
    value = f"{amount.mean / panel.scale:.{panel.digits}f} {words[panel.word]}"
    if amount.interval is None:
        return value
    low, high = (f"{end / panel.scale:.{panel.digits}f}" for end in amount.interval)
    return f"{value} ({low} to {high})"


def _legend(rows: Sequence[ForestRow], words: Mapping[str, str]) -> list[Patch | Line2D]:
    seen = (
        (any(row.published for row in rows), _PUBLISHED, "of_2011"),
        (any(row.ours and row.comparable for row in rows), _OURS, "ours"),
        (any(row.ours and not row.comparable for row in rows), _NOT_COMPARABLE, "not_comparable"),
    )
    marks = [
        Line2D(
            [], [], color=dot.colour, marker=dot.marker, markerfacecolor=dot.face, linestyle="none", label=words[word]
        )
        for there, dot, word in seen
        if there
    ]
    return [Patch(color=_CLAIMED, label=words["claimed"]), *marks]
