"""Figure G1: how many guests fit a host, by the host's memory."""

from collections.abc import Mapping

from markupsafe import Markup

from report.figures.looks import Looks
from report.figures.style import as_image, grid, style, tip
from report.recommendation.capacity import HOSTS_GIB, Capacity

SHOWN_MIB = (512, 1024, 2048)
"""The guest sizes that have a panel."""
_APART = 0.14
"""How far the points of one host lie apart, in powers of two: lines that coincide would hide each other."""


def capacity_figure(capacity: Capacity, looks: Looks, words: Mapping[str, str], alt: str) -> Markup:
    """Draw the capacity of hosts for guests that use all their memory; both axes are logarithmic.

    Args:
        capacity: The table.
        looks: How the hypervisors are drawn.
        words: Keys `guest_size` (with `{}` for MiB), `host_gib`, `guests`.
        alt: Alternative text.

    Returns:
        An HTML image that holds the SVG.
    """
    places = {provider: place - (len(capacity.demands) - 1) / 2 for place, provider in enumerate(capacity.demands)}
    with style():
        figure, (row,) = grid(62, 1, len(SHOWN_MIB))
        for axes, size in zip(row, SHOWN_MIB, strict=True):
            axes.set_title(words["guest_size"].format(size))
            for provider in capacity.demands:
                fits = [(host, fit) for host in HOSTS_GIB if (fit := capacity.full.get((provider, size, host)))]
                # Nothing fits has no place on a logarithmic axis; the table says it.
                aside = 2 ** (_APART * places[provider])
                points = [(host, host * aside, fit.guests) for host, fit in fits if fit.guests > 0]
                look = looks[provider]
                axes.plot(
                    [at for _, at, _ in points],
                    [guests for _, _, guests in points],
                    color=look.colour,
                    marker=look.marker,
                    linestyle=look.dashes,
                    label=look.title,
                )
                for host, at, guests in points:
                    tip(axes, at, guests, f"{look.title}, {host} GiB: {guests} {words['guests']}")
            axes.set_xscale("log", base=2)
            axes.set_yscale("log", base=2)
            axes.minorticks_off()
            axes.set_xticks(HOSTS_GIB, [str(host) for host in HOSTS_GIB])
            axes.yaxis.set_major_formatter("{x:.0f}")
            axes.set_xlabel(words["host_gib"])
        row[0].set_ylabel(words["guests"])
        handles, labels = row[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(looks), handlelength=3.5)
        return as_image(figure, "figure-g1", alt)
