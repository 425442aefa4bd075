"""How a sweep's values are printed."""

from collections.abc import Mapping

from dataset.sweep import PROVIDERS, Axis, Level
from report.i18n.translate import gettext


def printed_level(axis: Axis, level: Level, titles: Mapping[str, str]) -> str:
    """Return a value in print: `512 MiB`, `on`, a hypervisor's title.

    Args:
        axis: Its axis.
        level: The value.
        titles: Names in print of the hypervisors.
    """
    if isinstance(level, bool):
        return gettext("on") if level else gettext("off")
    if axis.parameter == PROVIDERS:
        return titles.get(str(level), str(level))
    if isinstance(level, str):
        return gettext(level) if level else ""
    return f"{level:g} {axis.unit}".rstrip()
