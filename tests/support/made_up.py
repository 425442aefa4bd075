"""A small factory of made-up studies: numbers on straight lines, so that results can be told beforehand."""

import csv
import functools
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.paths import PROJECT
from dataset import load
from dataset.descriptors import Descriptors
from dataset.measurements import COLUMNS
from report.data.readings import Readings

GIB = 1024**3
REFERENCE = PROJECT / "reference" / "paper-2011"
DESCRIBED = Descriptors.model_validate_json((PROJECT / "reference" / "schema-1.json").read_bytes())
"""The hypervisors, meters and derived numbers of the studies that are made up here."""

Row = list[object]


def readings_of(folder: Path) -> Readings:
    dataset = load(folder)
    return Readings(dataset.measurements, dataset.study)


@contextmanager
def edited(folder: Path) -> Iterator[dict[str, Any]]:
    """Lend what a study's study.json says; it is written again with what was changed."""
    file = folder / "study.json"
    info = json.loads(file.read_text(encoding="utf-8"))
    yield info
    file.write_text(json.dumps(info), encoding="utf-8")


@dataclass(frozen=True)
class Made:
    """What one made-up provider costs: MiB fixed, MiB per guest, percent idle, GiB of disk per image."""

    fixed: float
    per_guest: float
    idle: float
    image: float


MADE = {
    "xen": Made(400, 530, 97.0, 3.5),
    "kvm": Made(210, 560, 96.4, 3.0),
    "virtualbox": Made(205, 610, 92.0, 3.2),
}
TOTAL, XL_TOTAL, DOM0_TOTAL, DOM0_FREE = 3937, 4000, 1024, 600


def make_rows(providers: Iterable[str], guests: int, repeats: int, stages: Iterable[str] | None) -> list[Row]:
    """Rows of measurements.csv; repeat k lies k - 1 MiB and hundredths of a percent above the first."""
    wanted = list(stages or ["booting", "manager", *(f"vm-{n}" for n in range(1, guests + 1))])
    rows: list[Row] = []
    for provider in providers:
        for repeat in range(1, repeats + 1):
            for stage in wanted:
                running = int(stage[3:]) if stage.startswith("vm-") else 0
                numbers = [*_memory(provider, running, repeat), *_cpu(provider, running, repeat)]
                if running == guests:
                    numbers += _disk(provider, guests)
                for meter, metric, value, unit in numbers:
                    capture = f"runs/{provider}-{repeat:02}/captures/{stage}/{meter}.txt"
                    rows.append([provider, repeat, stage, running, meter, metric, value, unit, capture])
    return rows


def _memory(provider: str, running: int, repeat: int) -> list[tuple[str, str, object, str]]:
    made = MADE[provider]
    free = TOTAL - made.fixed - running * made.per_guest - (repeat - 1)
    if provider != "xen":
        return [
            ("free", "total", TOTAL, "MiB"),
            ("free", "paper_used", TOTAL - free, "MiB"),
            ("free", "paper_free", free, "MiB"),
        ]
    return [
        ("free", "total", DOM0_TOTAL, "MiB"),
        ("free", "paper_used", DOM0_TOTAL - DOM0_FREE, "MiB"),
        ("free", "paper_free", DOM0_FREE, "MiB"),
        ("xl-info", "total_memory", XL_TOTAL, "MiB"),
        ("xl-info", "free_memory", free - DOM0_FREE, "MiB"),
    ]


def _cpu(provider: str, running: int, repeat: int) -> list[tuple[str, str, object, str]]:
    idle = MADE[provider].idle - 0.01 * (repeat - 1)
    busy = 100 - idle
    rows: list[tuple[str, str, object, str]] = [
        ("mpstat", "idle", f"{idle:.2f}", "percent"),
        ("mpstat", "user", f"{busy * 0.4:.2f}", "percent"),
        ("mpstat", "sys", f"{busy * 0.3:.2f}", "percent"),
        ("mpstat", "guest", f"{busy * 0.2 if provider == 'kvm' else 0:.2f}", "percent"),
    ]
    if provider == "xen":
        rows.append(("xentop", "cpu:Domain-0", 3.5, "percent"))
        rows += [("xentop", f"cpu:server{n}", 1.25, "percent") for n in range(1, running + 1)]
    return rows


def _disk(provider: str, guests: int) -> list[tuple[str, str, object, str]]:
    allocated = int(MADE[provider].image * GIB)
    rows: list[tuple[str, str, object, str]] = [
        ("disk", "apparent", guests * 20 * GIB, "B"),
        ("disk", "allocated", guests * allocated, "B"),
    ]
    for n in range(1, guests + 1):
        rows.append(("disk", f"apparent:server{n}/disk.img", 20 * GIB, "B"))
        rows.append(("disk", f"allocated:server{n}/disk.img", allocated, "B"))
    return rows


def make_info(providers: list[str], guests: int, repeats: int) -> dict[str, object]:
    """A study.json as docs/reference/dataset.md has it."""
    stages = ["booting", "manager", *(f"vm-{n}" for n in range(1, guests + 1))]
    timing = {"booting_s": 61.2, "settling_s": 12.0, "reading_s": 14.8, "kit_s": 1.9}
    return {
        "schema": 1,
        "id": "made-up",
        "title": "What a made-up hypervisor costs its host",
        "profile": "default",
        "created": "2026-11-22T21:00:00Z",
        "finished": "2026-11-22T23:30:00Z",
        "parameters": {
            "guests": guests,
            "guest_memory_mib": 512,
            "guest_disk_gib": 20,
            "guest_os": "debian-12",
            "providers": providers,
            "repeats": repeats,
            "stages": stages,
            "disk_strategy": dict.fromkeys(providers, "sparse"),
        },
        "environment": {
            "kind": "nested",
            "controller": {"cpus": 2},
            "hardware": [{"part": "CPU", "value": "QEMU Virtual CPU <2 & more>"}],
            "partitions": [{"mount": "/", "size_gb": 15, "purpose": "host operating system"}],
            "accelerator": "tcg",
            "versions": {"xen": "4.17", "kvm": None},
        },
        "runs": [
            {
                "name": f"{provider}-{repeat:02}",
                "provider": provider,
                "repeat": repeat,
                "status": "finished",
                "started": "2026-11-22T21:00:00Z",
                "ended": "2026-11-22T21:10:00Z",
                "timings": [{"stage": stage, **timing} for stage in stages],
            }
            for provider in providers
            for repeat in range(1, repeats + 1)
        ],
    }


def write_rows(folder: Path, rows: Iterable[Row]) -> None:
    with (folder / "measurements.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def bare_runs() -> list[dict[str, object]]:
    """The first run of each hypervisor, with no more than what makes it a finished one."""
    return [{"name": f"{name}-01", "provider": name, "repeat": 1, "status": "finished"} for name in MADE]


MakeStudy = Callable[..., Path]


def write_study(
    folder: Path,
    *,
    providers: tuple[str, ...] = ("xen", "kvm", "virtualbox"),
    guests: int = 4,
    repeats: int = 2,
    stages: tuple[str, ...] | None = None,
    without: tuple[str, ...] = (),
    keep: Callable[[Row], bool] = lambda _row: True,
    info: dict[str, object] | None = None,
) -> Path:
    """Write a study into a folder and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    described = make_info(list(providers), guests, repeats) | (info or {})
    (folder / "study.json").write_text(json.dumps(described), encoding="utf-8")
    rows = make_rows(providers, guests, repeats, stages)
    write_rows(folder, [row for row in rows if row[4] not in without and keep(row)])
    return folder


@pytest.fixture
def make_study(tmp_path: Path) -> MakeStudy:
    """Return `write_study` with a folder of the test's own."""
    return functools.partial(write_study, tmp_path / "studies" / "made-up")
