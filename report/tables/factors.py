"""The factors: what the study set on the lab host, and what each provider's lab host showed of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataset.models import StudyInfo
from report.data.names import PROVIDERS
from report.data.readings import Readings
from report.i18n.translate import gettext, message

_NAMES = {
    "ksm": message("KSM (merging of equal pages)"),
    "thp": message("Transparent huge pages"),
    "swap": message("Swap of the host"),
    "dom0_memory": message("Memory of dom0"),
    "page_cache": message("Page cache before a reading"),
    "disk_strategy": message("Disks of the guests"),
}
# They are the guests', and were set by the topology; asked for and not read back from the host.
_OF_GUESTS = {"session": message("Session in the guests"), "memory_load_mib": message("Memory load in each guest, MiB")}
_WORDS = {"true": message("on"), "false": message("off"), "absent": message("has none")}
_PAGE_MIB = 4096 / 1024**2


@dataclass(frozen=True)
class Row:
    """One factor: its printed name, what was asked for, and provider to what was seen (missing: not read)."""

    name: str
    asked: str
    seen: Mapping[str, str]


@dataclass(frozen=True)
class Factors:
    """The table, and what the factors did.

    Attributes:
        rows: One for each factor; none for a study that does not tell them.
        providers: Those that the study has finished runs of, in the paper's order.
        merged: Hypervisor to the memory that KSM saved at the last stage, MiB, mean over repeats.
        swapped: Hypervisor to the swap in use at the last stage, MiB, mean over repeats.
        dom0: First and last stage at which it was read, each with dom0's memory, MiB, mean over repeats.
    """

    rows: tuple[Row, ...]
    providers: tuple[str, ...]
    merged: Mapping[str, float]
    swapped: Mapping[str, float]
    dom0: tuple[tuple[str, float], ...]


def factors(study: StudyInfo, readings: Readings) -> Factors:
    """Collect the factors of a study."""
    asked: Mapping[str, Any] = study.parameters.factors
    # In the order of this page, whatever the file's; one that it does not know yet comes last, by its own name.
    order = [*(name for name in _NAMES if name in asked), *(name for name in asked if name not in _NAMES)]
    rows = [Row(gettext(_NAMES.get(name, name)), _word(asked[name]), _seen(study, name)) for name in order]
    # A study older than a factor of the guests does not have it.
    topology = study.parameters.topology
    rows += [Row(gettext(name), _word(topology[key]), {}) for key, name in _OF_GUESTS.items() if key in topology]
    providers = tuple(p for p in PROVIDERS if any(run.provider == p and run.factors for run in study.runs))
    return Factors(
        rows=tuple(rows),
        providers=providers,
        merged=_last(readings, "ksm_pages_sharing", "count", _PAGE_MIB),
        swapped=_last(readings, "swap_used", "MiB"),
        dom0=_dom0(readings),
    )


def _seen(study: StudyInfo, factor: str) -> dict[str, str]:
    """Map each provider to what its runs showed; runs that differ are all told."""
    found: dict[str, list[str]] = {}
    for run in study.runs:
        if factor in run.factors:
            found.setdefault(run.provider, []).append(_word(run.factors[factor]))
    return {provider: gettext(" or ").join(dict.fromkeys(words)) for provider, words in found.items()}


def _word(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return gettext(_WORDS.get(text, text.replace("-", " ")))


def _dom0(readings: Readings) -> tuple[tuple[str, float], ...]:
    stages = readings.stages("xen", "factors")
    ends = dict.fromkeys((stages[0], stages[-1]) if stages else ())
    found = ((stage, readings.estimate("xen", stage, "factors", "dom0_current", "MiB")) for stage in ends)
    return tuple((stage, memory.mean) for stage, memory in found if memory is not None)


def _last(readings: Readings, metric: str, unit: str, scale: float = 1.0) -> dict[str, float]:
    """Return a number of the meter `factors` at each provider's last stage."""
    found = {}
    for provider in PROVIDERS:
        stages = readings.stages(provider, "factors")
        estimate = readings.estimate(provider, stages[-1], "factors", metric, unit) if stages else None
        if estimate is not None:
            found[provider] = estimate.mean * scale
    return found
