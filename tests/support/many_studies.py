"""Many made-up studies of one experiment: a new version each week, and one that makes KVM's guests dearer."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from report.site.build import sources
from report.site.entry import Source
from tests.support.made_up import Row, edited, make_rows, write_rows, write_study

FIRST = datetime(2026, 1, 5, 8, tzinfo=UTC)
DEARER_FROM = 3
"""The first study in which a KVM guest takes `DEARER_MIB` more."""
DEARER_MIB = 40.0
HOSTILE = '</script><img src=x onerror="window.hurt=1"> & \u202e"'


def write_many(
    root: Path, count: int, *, repeats: int = 3, providers: tuple[str, ...] = ("xen", "kvm", "virtualbox")
) -> list[Path]:
    """Write studies into `root/studies`, oldest first; every number has some noise, which is the same each time."""
    folders = []
    for number in range(count):
        begun = FIRST + timedelta(weeks=number)
        folder = root / "studies" / begun.strftime("%Y%m%d-%H%M%S")
        write_study(folder, providers=providers, repeats=repeats, info=_info(folder.name, begun, number, repeats))
        write_rows(folder, _rows(providers, number, repeats))
        folders.append(folder)
    return folders


def _info(name: str, begun: datetime, number: int, repeats: int) -> dict[str, Any]:
    # As the hypervisors' own tools print them.
    versions = {
        "kernel": f"7.{number // 4}.{number % 4}", "qemu": f"QEMU emulator version 11.{number // DEARER_FROM}.0",
        "libvirt": f"12.{number}.0", "xen": f"4.{20 + number // 5}.1", "virtualbox": f"7.2.{20 + number}",
    }  # fmt: skip
    hardware = [{"part": "CPU", "value": "QEMU Virtual CPU"}, {"part": "RAM", "value": "4 GiB"}]
    environment = {
        "kind": "nested", "controller": {"cpus": 2}, "hardware": hardware, "partitions": [], "accelerator": "tcg",
        "versions": versions,
    }  # fmt: skip
    ended = begun + timedelta(minutes=90)
    return {
        "id": name,
        "title": "Resource usage of Xen, KVM and VirtualBox",
        "created": begun.isoformat(),
        "finished": ended.isoformat(),
        "environment": environment,
    }


def _rows(providers: tuple[str, ...], number: int, repeats: int) -> Iterator[Row]:
    chance = random.Random(number)
    noise = {repeat: chance.uniform(-1, 1) for repeat in range(1, repeats + 1)}
    for row in make_rows(providers, 4, repeats, None):
        provider, repeat, stage, guests, meter, metric, value = row[:7]
        dearer = DEARER_MIB * int(str(guests)) if number >= DEARER_FROM and provider == "kvm" else 0
        if (meter, metric) in (("free", "paper_free"), ("xl-info", "free_memory")):
            row[6] = round(float(str(value)) - dearer + noise[int(str(repeat))] * (1 + int(str(guests))), 2)
        yield row
        if (meter, metric) == ("free", "paper_free") and str(stage).startswith("vm-"):
            seconds = round(24 + chance.uniform(0, 1) + int(str(guests)) * 4, 2)
            capture = f"runs/{provider}-{int(str(repeat)):02}/captures/{stage}/guest-boot.txt"
            yield [provider, repeat, stage, guests, "guest-boot", "sshd", seconds, "s", capture]


def make_hostile(folder: Path) -> None:
    """Give a study a title, a machine's name and a version that are markup."""
    with edited(folder) as info:
        info["title"] = HOSTILE
        info["environment"]["host"] = {"hostname": HOSTILE}
        info["environment"]["kind"] = "ssh"
        info["environment"]["versions"]["qemu"] = HOSTILE


def damage(folder: Path) -> None:
    """Cut a study's measurements off within a line."""
    file = folder / "measurements.csv"
    file.write_text(file.read_text(encoding="utf-8") + "kvm,1,vm-4", encoding="utf-8")


def unfinish(folder: Path) -> None:
    """Make a study one whose last run was interrupted, and of which nothing was read."""
    with edited(folder) as info:
        info["finished"] = None
        for run in info["runs"]:
            run["status"] = "interrupted"


def all_sources(root: Path) -> list[Source]:
    """List the studies of a folder as the command does."""
    return sources(root)


def entry_of(site: Path, key: str) -> dict[str, Any]:
    """Return what the site keeps of a study."""
    found: dict[str, Any] = json.loads((site / "studies" / key / "entry.json").read_text(encoding="utf-8"))
    return found


def stub_papers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Let papers be small pages; return the list of what is rendered, name and language."""
    made: list[tuple[str, str]] = []

    def render(folder: Path, out: Path, lang: str) -> None:
        made.append((folder.name, lang))
        (out / f"paper.{lang}.pdf").write_bytes(b"%PDF-1.7")

    def render_html(folder: Path, out: Path, lang: str) -> None:
        page = f"<!doctype html><html lang={lang}><title>Paper</title><h1>{folder.name}</h1>"
        (out / f"paper.{lang}.html").write_text(page, encoding="utf-8")

    monkeypatch.setattr("report.site.entry.paper.render", render)
    monkeypatch.setattr("report.site.entry.paper.render_html", render_html)
    return made
