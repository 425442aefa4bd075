"""The derivation of each number that `report.trace` follows, for the appendix of the page on the screen."""

from contextlib import suppress

from core.errors import HvlabError
from dataset import Dataset
from report.tools.trace import Place, Sources, Trace, places, trace


def derivations(dataset: Dataset) -> dict[str, Trace]:
    """Return the derivations of a study's numbers by their anchors, in print order.

    Raises:
        HvlabError: A capture's index is damaged.
    """
    sources = Sources(dataset)
    found = {}
    for place in places(dataset.study):
        with suppress(_NotRead):
            found[anchor(place)] = _of(sources, place)
    return found


def anchor(place: Place) -> str:
    """Return a number's anchor: `from-table-3-NAME-vm-4-used`."""
    return "-".join(["from", place.table, place.provider, *filter(None, [place.stage]), place.number]).replace(" ", "-")


class _NotRead(Exception):
    """The number was not read, which the paper says in its place."""


def _of(sources: Sources, place: Place) -> Trace:
    try:
        return trace(sources, place)
    except HvlabError as error:
        if error.code == "not-read":
            raise _NotRead from error
        raise
