"""A study: its runs, one after the other, and study.json that tells what they were made with."""

import os
import platform
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from rich.table import Table

from lab.bringup import Lab
from lab.errors import HvlabError
from lab.images.emulator import emulator_version
from lab.progress import console, say
from lab.providers import get_provider
from study.captures import run_name
from study.dataset import (
    Environment,
    HardwarePart,
    Partition,
    RunInfo,
    StudyInfo,
    drop_run,
    save_study,
    write_measurements,
)
from study.journal import Journal
from study.run import Run, RunResult
from study.stages import Stage, stages

LATEST = "latest"


@dataclass(frozen=True)
class Plan:
    """What a study consists of.

    Attributes:
        providers: Names; every repeat has them in an order of its own.
        repeats: Boots of the lab host under each provider.
        seed: Of the order.
    """

    providers: tuple[str, ...]
    repeats: int
    seed: int

    def order(self) -> list[tuple[str, int]]:
        """Return (provider, repeat) in the order in which they are taken."""
        dice = random.Random(self.seed)
        return [
            (provider, repeat)
            for repeat in range(1, self.repeats + 1)
            for provider in dice.sample(self.providers, len(self.providers))
        ]


def now() -> datetime:
    """Return the time, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def _controller() -> dict[str, str]:
    return {"system": platform.platform(), "cpus": str(os.cpu_count()), "qemu": emulator_version()}


def _parameters(lab: Lab, plan: Plan, wanted: Sequence[Stage]) -> dict[str, object]:
    settings = lab.settings
    return {
        "guests": settings.topology.guests,
        "guest_memory_mib": settings.topology.memory_mib,
        "guest_disk_gib": settings.topology.disk_gib,
        "guest_os": settings.topology.os,
        "providers": list(plan.providers),
        "repeats": plan.repeats,
        "seed": plan.seed,
        "stages": [stage.name for stage in wanted],
        "disk_strategy": {name: get_provider(name).disk_strategy for name in plan.providers},
        "lab_host": settings.lab_host.model_dump(),
        "topology": settings.topology.model_dump(),
        "readings": settings.study.model_dump(exclude={"providers", "repeats"}),
        "settle": settings.settle.model_dump(),
        "box": {"name": lab.boxes.name, "version": lab.boxes.version},
    }


class Study:
    """A study that is being made.

    Args:
        lab: The lab.
        root: Folder of all studies.
    """

    def __init__(self, lab: Lab, root: Path, plan: Plan) -> None:
        self.lab, self.plan = lab, plan
        self.stages = stages(lab.settings.topology.guests)
        created = now()
        self.folder = _new_folder(root, created)
        self.info = StudyInfo(
            id=self.folder.name,
            title="Resource usage of Xen, KVM and VirtualBox",
            profile="default",
            created=created,
            parameters=_parameters(lab, plan, self.stages),
            environment=Environment(kind="nested", controller=_controller(), accelerator=lab.host.accelerator),
            runs=[
                RunInfo(name=run_name(*key), provider=key[0], repeat=key[1], status="planned") for key in plan.order()
            ],
        )
        self.info.environment.versions.update({f"guest {k}": v for k, v in lab.guest.versions.items() if "linux" in k})
        self.journal = Journal(self.folder / "journal.jsonl")
        write_measurements(self.folder, [])
        self._save()

    def _save(self) -> None:
        save_study(self.folder, self.info)

    def take(self) -> Path:
        """Take all runs; a failed one does not keep the others from being taken. Return the study's folder.

        Raises:
            HvlabError: If a run failed; what was read is kept.
        """
        failures = []
        for entry in self.info.runs:
            try:
                self._take_run(entry)
            except HvlabError as error:
                console.print(f"[red]{entry.name} failed:[/red] {error}", soft_wrap=True)
                failures.append(f"{entry.name}: {error.message}")
        if failures:
            raise HvlabError(
                f"{len(failures)} of {len(self.info.runs)} runs failed: {'; '.join(failures)}",
                f"the others are in {self.folder}",
            )
        self.info.finished = now()
        self._save()
        _point(self.folder.parent / LATEST, self.folder.name)
        return self.folder

    def _take_run(self, entry: RunInfo) -> None:
        """Take a run; one that dies is begun again, from the lab host's boot on.

        Raises:
            HvlabError: If it died as often as `study.attempts` allows.
        """
        attempts = self.lab.settings.study.attempts
        for attempt in range(1, attempts + 1):
            try:
                self._try_run(entry)
            except HvlabError as error:
                if attempt == attempts:
                    raise
                console.print(f"[yellow]{entry.name} died:[/yellow] {error}; it is begun again", soft_wrap=True)
                self.journal.append("run is begun again", run=entry.name, reason=str(error))
            else:
                return

    def _try_run(self, entry: RunInfo) -> None:
        entry.status, entry.started, entry.ended = "running", now(), None
        self.journal.append("run begins", run=entry.name)
        self._save()
        status: Literal["finished", "failed", "interrupted"] = "interrupted"
        try:
            result = Run(self.lab, self.folder, entry.provider, entry.repeat, self.journal).take(self.stages)
            self._describe(result)
            entry.timings, status = result.timings, "finished"
        except HvlabError:
            status = "failed"
            raise
        finally:
            # Half a run is no run: what it read would stand beside whole ones.
            if status != "finished":
                drop_run(self.folder, entry.provider, entry.repeat)
            entry.status, entry.ended = status, now()
            self.journal.append("run ends", run=entry.name, status=status)
            self._save()

    def _describe(self, result: RunResult) -> None:
        """Add what a run tells of the lab host. Under Xen, dom0 sees less memory: the plain kernel's view wins."""
        environment, seen = self.info.environment, result.description
        environment.versions.update(seen.versions)
        for name, version in self.lab.host.versions.items():
            environment.versions.setdefault(f"package {name}", version)
        if not environment.hardware or "xen" not in seen.versions:
            environment.hardware = [HardwarePart(part=part, value=value) for part, value in seen.hardware]
        environment.partitions = [Partition(mount=m, size_gb=s, purpose=p) for m, s, p in seen.partitions]


def _new_folder(root: Path, created: datetime) -> Path:
    """Make the folder of a new study, named after the time."""
    base = created.strftime("%Y%m%d-%H%M%S")
    for name in (base, *(f"{base}-{n}" for n in range(2, 100))):
        try:
            (root / name).mkdir(parents=True)
        except FileExistsError:
            continue
        return root / name
    raise HvlabError(f"no free name for a study in {root}")


def _point(link: Path, target: str) -> None:
    """Make a symbolic link lead elsewhere, in one step."""
    aside = link.with_name(f".{link.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)


def print_timings(info: StudyInfo) -> None:
    """Print where the time of a study went, per stage, and the kit's own share in percent."""
    table = Table("run", "stage", "booting s", "settling s", "reading s", "kit s", title="Where the time went")
    total = own = 0.0
    for entry in info.runs:
        for timing in entry.timings:
            parts = [timing.booting_s or 0, timing.settling_s or 0, timing.reading_s or 0, timing.kit_s or 0]
            total, own = total + sum(parts), own + parts[-1]
            table.add_row(entry.name, timing.stage, *(f"{part:.1f}" for part in parts))
    console.print(table)
    if total:
        say(f"{total:.0f} s in all; the kit's own share is {100 * own / total:.1f} %")
