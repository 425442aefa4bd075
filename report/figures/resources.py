"""Figures 6, 8 and 9. Every word in them is passed in, so that it can be translated."""

import math
from collections.abc import Mapping

from markupsafe import Markup
from matplotlib.axes import Axes

from report.data.readings import Estimate
from report.figures.looks import Looks
from report.figures.style import Bar, Filling, as_image, bar, error_bar, label_top, legend_entries, panels, style, tip
from report.i18n.labels import printed_stage
from report.tables.cpu import ROWS as CPU_ROWS
from report.tables.cpu import Table4
from report.tables.disk import KINDS, Figure9
from report.tables.memory import Cell, MemoryInUse, Table3

_GIB = 1024.0**3
_BUSY = {
    "user": Filling("#555555"),
    "sys": Filling("#999999", "////"),
    "guest": Filling("#dddddd", ".."),
    "rest": Filling("#ffffff"),
    "unsplit": Filling("#bbbbbb", "\\\\\\\\"),
}
_KINDS = {"apparent": Filling("#ffffff", "////"), "allocated": Filling("#0072B2")}

Words = Mapping[str, str]


def memory_figure(table: Table3, in_use: MemoryInUse, looks: Looks, words: Words, alt: str) -> Markup:
    """Draw Figure 6: used memory as printed, and memory no longer free of the machine, by stage in MiB.

    Args:
        table: Table 3.
        in_use: Comparable memory; its panel says so if there is none.
        looks: How the hypervisors are drawn.
        words: Keys `used`, `taken`, `mib`, `not_read`.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    with style():
        figure, (left, right) = panels(66, (1, 1))
        right.sharey(left)
        left.set_title(words["used"])
        right.set_title(words["taken"])
        _lines(left, table.stages, table.used, looks, words)
        _lines(right, in_use.stages, in_use.cells, looks, words)
        left.set_ylim(bottom=0)
        left.set_ylabel(words["mib"])
        handles, labels = (left if table.used else right).get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(looks), handlelength=3.5)
        return as_image(figure, "figure-6", alt)


def _lines(axes: Axes, stages: tuple[str, ...], cells: Mapping[Cell, Estimate], looks: Looks, words: Words) -> None:
    for provider, look in looks.items():
        # A stage that was not read breaks the line: drawn through, it would look read.
        values = [cells[provider, s].mean if (provider, s) in cells else math.nan for s in stages]
        if not all(map(math.isnan, values)):
            axes.plot(
                range(len(stages)),
                values,
                color=look.colour,
                marker=look.marker,
                linestyle=look.dashes,
                label=look.title,
            )
            for position, stage in enumerate(stages):
                if cell := cells.get((provider, stage)):
                    error_bar(axes, position, cell, look.colour)
                    told = f"{look.title}, {printed_stage(stage)}: {cell.mean:.1f} {words['mib']}"
                    tip(axes, position, cell.mean, told + _ends(cell, 1))
    if not cells:
        _say_not_read(axes, words)
    # With many guests only every k-th stage is named, else the names run into one another.
    step = -(-len(stages) // 8)
    axes.set_xticks(range(0, len(stages), step), [printed_stage(stage) for stage in stages[::step]])
    axes.set_xlim(-0.3, len(stages) - 0.7)


def cpu_figure(table: Table4, looks: Looks, words: Words, alt: str) -> Markup:
    """Draw Figure 8: idle CPU, and beside it what the CPUs were busy with, in percent of all CPUs.

    Args:
        table: Table 4.
        looks: How the hypervisors are drawn.
        words: Keys `idle`, `busy`, `percent`, `user`, `sys`, `guest`, `rest`, `unsplit`, `not_read`.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    with style():
        figure, (left, right) = panels(56, (1, 1))
        _idle_bars(left, table, looks, words)
        _busy_bars(right, table, looks, words)
        for axes in (left, right):
            _name_positions(axes, looks)
        left.set_ylabel(words["percent"])
        return as_image(figure, "figure-8", alt)


def _idle_bars(axes: Axes, table: Table4, looks: Looks, words: Words) -> None:
    axes.set_title(words["idle"])
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 20))
    for position, (provider, look) in enumerate(looks.items()):
        idle = table.cells.get((provider, "idle"))
        if idle is None:
            _say_bar_not_read(axes, position, words)
            continue
        bar(axes, Bar(position, idle.mean, 0.55), Filling(look.colour, look.hatch))
        error_bar(axes, position, idle, "#222222")
        label_top(axes, position, max(idle.mean, idle.interval.high if idle.interval else 0.0), idle.mean)
        tip(axes, position, idle.mean, f"{look.title}, {words['idle']}: {idle.mean:.2f} %" + _ends(idle, 2))


def _ends(value: Estimate, digits: int) -> str:
    """Return the interval for a point's text; empty where there is none."""
    return f" ({value.interval.low:.{digits}f} to {value.interval.high:.{digits}f})" if value.interval else ""


def _busy_bars(axes: Axes, table: Table4, looks: Looks, words: Words) -> None:
    axes.set_title(words["busy"])
    tops: list[float] = []
    for position, (provider, look) in enumerate(looks.items()):
        parts = _busy_parts(table, provider)
        if not parts:
            _say_bar_not_read(axes, position, words)
            continue
        top = 0.0
        for row, share in parts:
            bar(axes, Bar(position, share, 0.55, top), _BUSY[row], words[row])
            tip(axes, position, top + share / 2, f"{look.title}, {words[row]}: {share:.2f} %")
            top += share
        tops.append(top)
        label_top(axes, position, top, top)
    axes.set_ylim(0, max([*tops, 1.0]) * 1.15)
    entries = legend_entries(axes)
    if entries:
        axes.legend(
            entries.values(),
            entries.keys(),
            loc="upper center",
            bbox_to_anchor=(0.5, -0.12),
            ncols=4,
            columnspacing=1.2,
        )


def _busy_parts(table: Table4, provider: str) -> list[tuple[str, float]]:
    parts = [(row, table.cells[provider, row].mean) for row in CPU_ROWS[1:] if (provider, row) in table.cells]
    idle = table.cells.get((provider, "idle"))
    # What is not idle is known from idle alone, only not what it was.
    return [("unsplit", 100 - idle.mean)] if not parts and idle is not None else parts


def disk_figure(disk: Figure9, looks: Looks, words: Words, alt: str) -> Markup:
    """Draw Figure 9's bars: apparent and allocated size of each image folder, in GiB.

    Args:
        disk: The image folders.
        looks: How the hypervisors are drawn.
        words: Keys `apparent`, `allocated`, `gib`, `not_read`.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    with style():
        figure, (axes,) = panels(56, (1,))
        folders = {folder.provider: folder for folder in disk.folders}
        for position, (provider, look) in enumerate(looks.items()):
            for offset, kind in zip((-0.18, 0.18), KINDS, strict=True):
                size: Estimate | None = getattr(folders.get(provider), kind, None)
                if size is None:
                    _say_bar_not_read(axes, position + offset, words)
                    continue
                bar(axes, Bar(position + offset, size.mean / _GIB, 0.34), _KINDS[kind], words[kind])
                label_top(axes, position + offset, size.mean / _GIB, size.mean / _GIB)
                label = f"{look.title}, {words[kind]}: {size.mean / _GIB:.2f} {words['gib']}"
                tip(axes, position + offset, size.mean / _GIB, label)
        entries = legend_entries(axes)
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=2)
        axes.margins(y=0.12)
        _name_positions(axes, looks)
        axes.set_ylabel(words["gib"])
        return as_image(figure, "figure-9b", alt)


def _name_positions(axes: Axes, looks: Looks) -> None:
    axes.set_xticks(range(len(looks)), [look.title for look in looks.values()])
    axes.set_xlim(-0.6, len(looks) - 0.4)


def _say_not_read(axes: Axes, words: Words) -> None:
    axes.text(0.5, 0.5, words["not_read"], transform=axes.transAxes, ha="center", va="center")


def _say_bar_not_read(axes: Axes, position: float, words: Words) -> None:
    # In the bar's place, standing: an empty place would read as zero.
    axes.text(
        position, 0.03, words["not_read"], transform=axes.get_xaxis_transform(),
        rotation=90, ha="center", va="bottom", color="#555555",
    )  # fmt: skip
