"""Disk: the listing and the totals of Figure 9, apparent and allocated bytes of the image folders."""

import re
from dataclasses import dataclass

from report.data.gaps import Missing, find_missing
from report.data.readings import Estimate, Readings

KINDS = ("apparent", "allocated")
"""Length of the files as `ls -l` shows it, and the blocks that they occupy."""


@dataclass(frozen=True)
class ImageFile:
    """One file of an image folder; sizes in bytes, None where not read."""

    name: str
    apparent: Estimate | None
    allocated: Estimate | None


@dataclass(frozen=True)
class ImageFolder:
    """A hypervisor's image folder at the last stage at which it was read; sizes in bytes."""

    provider: str
    stage: str
    files: tuple[ImageFile, ...]
    apparent: Estimate | None
    allocated: Estimate | None


@dataclass(frozen=True)
class Figure9:
    """The image folders that were read, in the paper's order, and the gaps among their totals."""

    folders: tuple[ImageFolder, ...]
    missing: Missing

    @property
    def file_sizes(self) -> list[Estimate | None]:
        """All sizes of single files, for telling whether one kind was read at all."""
        return [size for folder in self.folders for f in folder.files for size in (f.apparent, f.allocated)]


def figure_9(readings: Readings) -> Figure9:
    """Collect the image folders, means over repeats."""
    folders = tuple(
        _folder(readings, provider, stages[-1])
        for provider in readings.providers
        if (stages := readings.stages(provider, "disk"))
    )
    present = {(folder.provider, kind) for folder in folders for kind in KINDS if getattr(folder, kind) is not None}
    return Figure9(folders, find_missing(readings.providers, present, KINDS))


def _folder(readings: Readings, provider: str, stage: str) -> ImageFolder:
    def size(metric: str) -> Estimate | None:
        return readings.estimate(provider, stage, "disk", metric, "B")

    split = (metric.partition(":") for metric in readings.metrics(provider, stage, "disk"))
    names = sorted({name for kind, _, name in split if kind in KINDS and name}, key=_natural)
    files = tuple(ImageFile(name, size(f"apparent:{name}"), size(f"allocated:{name}")) for name in names)
    return ImageFolder(provider, stage, files, size("apparent"), size("allocated"))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort server2 before server10; the text itself breaks ties (server01, server1)."""
    parts = re.split(r"(\d+)", name, flags=re.ASCII)
    return [*((int(part), "") if part.isdecimal() else (-1, part) for part in parts), (-1, name)]
