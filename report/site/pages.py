"""The site's pages: the list, the comparison of any two studies, and the trends, in each language."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.files import write_atomic
from core.paths import PROJECT
from report.i18n.labels import printed_stage
from report.i18n.translate import LANGUAGES, gettext, message, speaking
from report.inference.intervals import of_mean
from report.render.paper import templates
from report.site.entry import Entry
from report.site.rules import rules
from report.site.summary import TRENDS, Summary
from report.site.trends import DATE, Series, series_of
from report.tables.quantities import UNITS

_PAGES = ("index", "compare", "trends")
_FILES = ("site.css", "site.js", "compare.js", "trends.js")
_FOLDER = PROJECT / "templates" / "site"

QUANTITIES = {
    "total": message("Memory, total (free)"),
    "used": message("Memory, used (free)"),
    "free": message("Memory, free (free)"),
    "taken": message("Memory taken of the machine"),
    "idle": message("CPU, idle"),
    "user": message("CPU, user"),
    "sys": message("CPU, system"),
    "per-guest": message("Memory per guest"),
    "fixed": message("Fixed memory"),
    "machine-idle": message("Idle CPU of the machine"),
    "apparent": message("Disk, length of the files"),
    "allocated": message("Disk, allocated"),
    "boot": message("Boot time of a guest"),
}
STATES = {
    "finished": message("finished"),
    "unfinished": message("not finished"),
    "running": message("running"),
    "published": message("published"),
    "refused": message("refused"),
}
_AXES = {
    DATE: message("date of the study"),
    "kernel": message("kernel"),
    "host operating system": message("release of the lab host"),
}


@dataclass(frozen=True)
class Row:
    """A study in the list.

    Attributes:
        entry: The study.
        costs: Hypervisor, its colour, and its memory per guest with the interval's ends, MiB.
        versions: What its hypervisors and its lab host are, in one line each.
        text: What the search looks in.
    """

    entry: Entry
    costs: tuple[tuple[str, str, float, tuple[float, float] | None], ...]
    versions: tuple[str, ...]
    text: str


def write_pages(folder: Path, entries: Sequence[Entry]) -> None:
    """Write all pages, styles and scripts of a site, and the numbers of each study for the comparison.

    Args:
        folder: The site.
        entries: Its studies, in the order of the list.
    """
    for entry in entries:
        if entry.summary is not None:
            _write_numbers(folder / "studies" / entry.key / "numbers.js", entry, entry.summary)
    summaries = {it.key: it.summary for it in entries if it.summary is not None}
    series = series_of(summaries)
    for name in _FILES:
        write_atomic(folder / name, (_FOLDER / name).read_bytes())
    rows = [_row(it) for it in entries]
    for code in LANGUAGES:
        with speaking(LANGUAGES[code]):
            for page in _PAGES:
                write_atomic(folder / file_name(page, code), _page(page, code, rows, series).encode())


def file_name(page: str, code: str) -> str:
    """Return the name of a page's file; English is what a host shows first."""
    return f"{page}.html" if code == "en" else f"{page}.{code}.html"


def _page(page: str, code: str, rows: Sequence[Row], series: Sequence[Series]) -> str:
    environment = templates(())
    names = {it.entry.key: it.entry.name for it in rows}
    context: dict[str, Any] = {
        "lang": code,
        "page": page,
        "pages": {name: file_name(name, code) for name in _PAGES},
        "languages": [(it, file_name(page, it)) for it in LANGUAGES],
        "rows": rows,
        "names": names,
        "states": {name: gettext(text) for name, text in STATES.items()},
        "quantities": {name: gettext(text) for name, text in QUANTITIES.items()},
        "trends": TRENDS,
        "units": UNITS,
        "series": series,
        "experiment": experiment_label,
        "axis": axis_label,
        "shown": shown,
    }
    if page == "index":
        found = (it for row in rows for it in row.entry.facts.get("hypervisors", ()))
        context |= {"hypervisors": {name: title for name, title, _ in found}.items()}
    if page == "compare":
        context |= {"rules": rules(), "stages": _stages(rows)}
    if page == "trends":
        context |= {
            "experiments": experiments({it.entry.key: it.entry.summary for it in rows if it.entry.summary}, series),
            "axes": list(dict.fromkeys(axis for it in series for axis in it.axes)),
            "data": [asdict(it) for it in series],
        }
    return environment.get_template(f"site/{page}.html.j2").render(context)


def axis_label(axis: str) -> str:
    """Return the name in print of an axis: a component of a hypervisor has its own."""
    return gettext(_AXES[axis]) if axis in _AXES else axis


def shown(quantity: str, value: float, sign: bool = False) -> str:
    """Print a quantity with its unit: MiB with one decimal, bytes as GiB with two, percent and seconds with two."""
    unit, scale, digits = {"MiB": ("MiB", 1, 1), "percent": ("%", 1, 2), "B": ("GiB", 2**30, 2), "s": ("s", 1, 2)}[
        UNITS[quantity]
    ]
    text = f"{value / scale:{'+' if sign else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return f"{text}\N{NO-BREAK SPACE}{unit}"


def experiments(summaries: Mapping[str, Summary], series: Sequence[Series]) -> dict[str, str]:
    """Return a label for each experiment of some series, that of the most studies first; equal ones are numbered."""
    labels: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for it in series:
        sizes[it.experiment] = max(len(it.points), sizes.get(it.experiment, 0))
    for word in sorted(sizes, key=lambda word: -sizes[word]):
        facts = next(it.facts for it in summaries.values() if it.experiment == word)
        label = experiment_label(facts)
        same = sum(other == label or other.startswith(f"{label} #") for other in labels.values())
        labels[word] = f"{label} #{same + 1}" if same else label
    return labels


def experiment_label(facts: Mapping[str, Any]) -> str:
    """Return what was done where, in one line: `4 x 512 MiB, debian-12, nested (tcg)`."""
    memory = facts["guest_memory_mib"]
    guests = f"{facts['guests']} \N{MULTIPLICATION SIGN} {memory} MiB" if memory else f"{facts['guests']}"
    accelerator = f" ({facts['accelerator']})" if facts["accelerator"] not in ("", "none") else ""
    return (
        ", ".join(part for part in (guests, facts["guest_os"], facts["session"], facts["lab_host"]) if part)
        + accelerator
    )


def _row(entry: Entry) -> Row:
    costs, versions = [], []
    if entry.summary is not None:
        for name, title, colour in entry.facts["hypervisors"]:
            values = entry.summary.trends.get(name, {}).get("per-guest")
            if values:
                costs.append((title, colour, sum(values) / len(values), of_mean(values)))
            if known := entry.summary.versions.get(name):
                versions.append(f"{title}: {', '.join(f'{part} {version}' for part, version in known)}")
    facts = entry.facts
    words = [entry.name, facts.get("id", ""), facts.get("title", ""), facts.get("lab_host", ""), *versions]
    words += [experiment_label(facts)] if facts else []
    words += [entry.reason, entry.note, *(title for _, title, _ in facts.get("hypervisors", ()))]
    return Row(entry, tuple(costs), tuple(versions), " ".join(words).lower())


def _stages(rows: Sequence[Row]) -> dict[str, str]:
    found = {stage: None for row in rows if row.entry.summary for _, _, stage, *_ in row.entry.summary.numbers if stage}
    return {stage: printed_stage(stage) for stage in found}


def _write_numbers(path: Path, entry: Entry, summary: Summary) -> None:
    """Write a study's numbers as a script: a page that was opened from a folder may load no other data."""
    content = {
        "name": entry.name,
        "hypervisors": entry.facts["hypervisors"],
        "numbers": summary.numbers,
        "settings": summary.settings,
        "versions": summary.versions,
    }
    # "</script>" in a text would end nothing here, but nobody should have to know that.
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    write_atomic(path, f"hvlab.numbers[{json.dumps(entry.key)}]={text};\n".encode())
