"""A study: its runs, one after the other, and study.json that tells what they were made with."""

import os
import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from rich.table import Table

from core.console import console, say
from core.errors import HvlabError
from dataset.captures import run_name
from dataset.folder import clear_parts, new_folder, point
from dataset.journal import NAME, Journal
from dataset.measurements import drop_run, write_measurements
from dataset.models import Environment, HardwarePart, Partition, Precision, RunInfo, StudyInfo, load_study, save_study
from dataset.stages import Stage, stages
from hypervisors.registry import get_hypervisor
from lab.images.emulator import emulator_version
from lab.lifecycle import Lab
from lab.settings import Settings
from study.calibration.calibration import adopt
from study.describe import descriptors
from study.host_check import left_for, require_same, require_something
from study.plan import Plan, parameters, plan_of, require_taken, unlike
from study.run import Run, RunResult
from study.stopping_rule import Verdict, decide

LATEST = "latest"

Judge = Callable[[Path], Mapping[str, float | None]]
"""Tells, of a study's folder, the half-width of the 95 % interval of each provider's cost per guest, MiB."""


def now() -> datetime:
    """Return the time, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def stages_of(settings: Settings) -> list[Stage]:
    """List the stages of each run."""
    return stages(settings.topology.guests, settings.study.manager)


def _controller(nested: bool) -> dict[str, str]:
    """Describe this machine; the emulator is the nested lab host's."""
    told = {"system": platform.platform(), "cpus": str(os.cpu_count())}
    return told | ({"qemu": emulator_version()} if nested else {})


def _planned(provider: str, repeat: int) -> RunInfo:
    return RunInfo(name=run_name(provider, repeat), provider=provider, repeat=repeat, status="planned")


def _point_latest(folder: Path) -> None:
    """Let `latest` lead to a finished study, unless it leads to a newer one."""
    link = folder.parent / LATEST
    if not link.is_symlink() or link.readlink().name < folder.name:
        point(link, folder.name)


class Study:
    """A study that is being made; `begin` a new one, or `resume` one that came to no end.

    Args:
        lab: The lab.
        folder: The study's folder.
        info: Its study.json.
    """

    def __init__(self, lab: Lab, folder: Path, info: StudyInfo) -> None:
        self.lab, self.folder, self.info = lab, folder, info
        self.stages = stages_of(lab.settings)
        self.journal = Journal(folder / NAME)

    @classmethod
    def begin(cls, lab: Lab, root: Path, plan: Plan) -> Self:
        """Begin a new study in `root`, the folder of all studies.

        Raises:
            HvlabError: Its lab host can do nothing of it now.
        """
        require_something(lab.host, plan.providers)
        settings = parameters(lab, plan, stages_of(lab.settings))
        described = descriptors(plan.providers, settings.factors)
        info = StudyInfo(
            hypervisors=described.hypervisors,
            meters=described.meters,
            factors=described.factors,
            derived=described.derived,
            id="none yet",
            title="Resource usage of Xen, KVM and VirtualBox",
            profile="default",
            created=now(),
            parameters=settings,
            environment=Environment(
                kind=lab.host.kind,
                controller=_controller(lab.host.kind == "nested"),
                accelerator=lab.host.accelerator,
                host=lab.host.identity(),
            ),
            runs=[_planned(*key) for key in plan.order()],
        )
        info.environment.versions.update({f"guest {k}": v for k, v in lab.guest.versions.items() if "linux" in k})

        def fill(folder: Path, name: str) -> None:
            info.id = name
            write_measurements(folder, [])
            Journal(folder / NAME).append("study begins", study=name)
            save_study(folder, info)

        return cls(lab, new_folder(root, info.created, fill), info)

    @classmethod
    def resume(cls, lab: Lab, folder: Path) -> Self:
        """Take up a study after a crash or a failure: finished runs stay, all others are taken from their beginning.

        Raises:
            HvlabError: It has nothing left to do, is a published one, or the lab is no longer the one that it was
                begun with; names the parameters, or what tells the lab host from that one.
        """
        info = load_study(folder)
        require_taken(info)
        if info.finished:
            _point_latest(folder)
            raise HvlabError(f"study {info.id} is finished; nothing is left to do", "./invoke report.pdf writes it")
        here = parameters(lab, plan_of(info), stages_of(lab.settings))
        if differences := unlike(info.parameters.as_dict(), here.as_dict()):
            raise HvlabError(
                f"study {info.id} was begun with another lab: {', '.join(differences)}", "take a new one: study.all"
            )
        require_same(lab.host, info)
        study = cls(lab, folder, info)
        study._recover()
        return study

    def _recover(self) -> None:
        """Bring folder, study.json and journal into step after a crash at any moment."""
        clear_parts(self.folder)
        ended = {event.get("run") for event in self.journal.read() if event.get("status") == "finished"}
        for entry in self.info.runs:
            if entry.status != "finished":
                drop_run(self.folder, entry.provider, entry.repeat)
                entry.status, entry.started, entry.ended = "planned", None, None
                entry.timings, entry.suspect, entry.factors = [], [], {}
            elif entry.name not in ended:
                # The crash came between study.json, which counts, and the journal.
                self.journal.append("run ends", run=entry.name, status="finished")
        self._save()
        left = [entry.name for entry in self.info.runs if entry.status != "finished"]
        self.journal.append("study is resumed", left=left)

    def _save(self) -> None:
        save_study(self.folder, self.info)

    def take(self, judge: Judge | None = None) -> Path:
        """Take all runs that are not finished; a failed one does not keep the others from being taken.

        Args:
            judge: How precise the study is so far; only asked if the plan has a precision.

        Returns:
            The study's folder.

        Raises:
            HvlabError: If a run failed, or the lab host must be restarted for one; what was read is kept, and `resume`
                goes on.
        """
        self._take_planned()
        while judge and self._add_repeat(judge):
            self._take_planned()
        self.journal.append("calibration", **adopt(self.lab, self.folder, plan_of(self.info).providers))
        self.journal.append("study ends")
        self.info.finished = now()
        self._save()
        _point_latest(self.folder)
        return self.folder

    def _take_planned(self) -> None:
        failures = []
        waiting: dict[str, HvlabError] = {}
        for entry in self.info.runs:
            if entry.status == "finished":
                continue
            if wrong := self.lab.host.obstacle(get_hypervisor(entry.provider)):
                waiting[entry.name] = wrong
                continue
            try:
                self._take_run(entry)
            except HvlabError as error:
                console.print(f"[red]{entry.name} failed:[/red] {error}", soft_wrap=True)
                failures.append(f"{entry.name}: {error.message}")
        left = left_for(waiting) if waiting else None
        if left:
            self.journal.append("runs wait for another kernel", runs=sorted(waiting))
        if failures:
            failed = f"{len(failures)} of {len(self.info.runs)} runs failed: {'; '.join(failures)}"
            raise HvlabError(
                f"{failed}; {left.message}" if left else failed,
                f"the others are in {self.folder}; ./invoke study.resume tries these again",
            )
        if left:
            raise left

    def _add_repeat(self, judge: Judge) -> bool:
        """Plan one more repeat if the study is not yet as precise as was asked for; say why if not."""
        plan = plan_of(self.info)
        if plan.precision_mib is None:
            return False
        verdict: Verdict = decide(judge(self.folder), plan)
        self.journal.append("precision", **verdict.facts())
        say(verdict.reason)
        if verdict.go_on:
            grown = Plan(plan.providers, plan.repeats + 1, plan.seed, plan.precision_mib, plan.most_repeats)
            have = {(entry.provider, entry.repeat) for entry in self.info.runs}
            self.info.runs += [_planned(*key) for key in grown.order() if key not in have]
            self.info.parameters.repeats = grown.repeats
        else:
            self.info.precision = Precision.model_validate(verdict.facts())
        self._save()
        return verdict.go_on

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
            entry.timings, entry.suspect, entry.factors = result.timings, result.suspect, result.factors
            status = "finished"
        except HvlabError:
            status = "failed"
            raise
        finally:
            # Half a run is no run: what it read would stand beside whole ones.
            if status != "finished":
                drop_run(self.folder, entry.provider, entry.repeat)
            # From here on the run counts. The journal comes after: a crash in between is mended by `resume`.
            entry.status, entry.ended = status, now()
            self._save()
            self.journal.append("run ends", run=entry.name, status=status)

    def _describe(self, result: RunResult) -> None:
        """Add what a run tells of the lab host. Under Xen, dom0 sees less memory: the plain kernel's view wins."""
        environment, seen = self.info.environment, result.description
        environment.versions.update(seen.versions)
        for name, version in self.lab.host.versions.items():
            environment.versions.setdefault(f"package {name}", version)
        if not environment.hardware or "xen" not in seen.versions:
            environment.hardware = [HardwarePart(part=part, value=value) for part, value in seen.hardware]
        environment.partitions = [Partition(mount=m, size_gb=s, purpose=p) for m, s, p in seen.partitions]


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
