"""Looks before a long command whether this machine has room for it."""

import os
import re
import shlex
import shutil
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.paths import cache_root, state_root
from lab.settings import Settings

# Measured: 1.3 GB for the lab host, 1.1 GB for the installer and what it installs, 3.3 GB for a guest with its three
# boxes; as much again while they are made.
IMAGES_GIB = 10
# Measured: guests' disks written in the lab host's overlay in one run.
RUN_GIB = 5
# What QEMU takes beside the lab host's memory under software emulation: its cache of translated code.
EMULATOR_MIB = 1024


def free_line(folder: str) -> str:
    """Return the shell line that prints df's line of the file system that a folder is on, or will be."""
    return (
        f'd={shlex.quote(folder)}; while [ ! -e "$d" ]; do d=$(dirname "$d"); done; LC_ALL=C df -Pk "$d" | tail -n 1\n'
    )


def free_on(text: str) -> list[tuple[str, float]]:
    """Read lines of `free_line`: the device, and what is free on it, GiB."""
    lines = re.findall(r"^(\S+)\s+\d+\s+\d+\s+(\d+)\s+\d+%", text, re.MULTILINE)
    return [(device, int(kib) / (1 << 20)) for device, kib in lines]


def _free_gib(folder: Path) -> float:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return shutil.disk_usage(there).free / (1 << 30)


def _available_mib() -> int:
    found = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text())
    return int(found[1]) // 1024 if found else 0


def labs_that_fit(settings: Settings) -> dict[str, int]:
    """Return how many nested lab hosts this machine carries at once: by `memory`, by `disk`, by `processors`."""
    return {
        "memory": _available_mib() // (settings.lab_host.memory_mib + EMULATOR_MIB),
        "disk": int(_free_gib(state_root()) // RUN_GIB),
        "processors": (os.cpu_count() or 1) // settings.lab_host.vcpus,
    }


def require_labs_fit(settings: Settings, labs: int) -> None:
    """Check that so many nested lab hosts fit on this machine; say so where they share processors.

    Raises:
        HvlabError: Memory or disk do not suffice (code `too-many-labs`; the message has what fits).
    """
    fit = labs_that_fit(settings)
    room = min(fit["memory"], fit["disk"])
    figures = ", ".join(f"{number} by {what}" for what, number in fit.items())
    if labs > room:
        raise HvlabError(
            f"{labs} lab hosts do not fit on this machine: {figures}",
            f"--jobs={room}, or a cluster (docs/how-to/clusters.md)" if room else "free some memory or disk",
            code="too-many-labs",
        )
    if labs > fit["processors"]:
        say(f"{figures}; CPU figures will suffer", about=f"{labs} lab hosts share the processors")


def check_room(settings: Settings) -> None:
    """Check the controller's disk, and for the nested lab host also its memory.

    Raises:
        HvlabError: If there is too little, with the figures.
    """
    nested = settings.lab_host.host == "nested"
    needs = {cache_root(): IMAGES_GIB} | ({state_root(): RUN_GIB} if nested else {})
    for folder, gib in needs.items():
        free = _free_gib(folder)
        if free < gib:
            raise HvlabError(
                f"too little disk for {folder}: {free:.1f} GiB free, {gib} GiB needed",
                "free some, or set HVLAB_CACHE or HVLAB_STATE to a folder on a larger disk",
                code="too-little-disk",
            )
    memory = settings.lab_host.memory_mib + EMULATOR_MIB
    available = _available_mib()
    if nested and available < memory:
        raise HvlabError(
            f"too little memory: {available} MiB available, {memory} MiB needed for the nested lab host",
            "end other programs, or lower lab_host.memory_mib in hvlab.toml",
            code="too-little-memory",
        )
    if os.geteuid() != 0:
        raise HvlabError(
            "building images needs root",
            "run it as root (sudo ./invoke ...), or in the tools tree: HVLAB_TOOLS=tree ./invoke ...",
            code="not-root-here",
        )
