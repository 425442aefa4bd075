"""A study: its runs, one after the other, and study.json with their parameters and environment."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from core.console import say
from core.errors import HvlabError
from dataset.captures import run_name
from dataset.folder import clear_parts, named_folder, new_folder
from dataset.journal import NAME, Journal
from dataset.measurements import drop_run, write_measurements
from dataset.models import Environment, HardwarePart, Partition, Precision, RunInfo, StudyInfo, load_study, save_study
from dataset.stages import Stage, stages
from dataset.store import point_latest
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.images.emulator import emulator_version
from lab.lifecycle import Lab
from lab.settings import Settings
from study.calibration.calibration import adopt
from study.clock import now
from study.describe import descriptors, study_title
from study.forecast import forecast
from study.host_check import left_for, require_something
from study.plan import Plan, parameters, plan_of, require_measured
from study.resumption import require_same_lab
from study.run import Run, RunResult
from study.stopping_rule import Verdict, decide

Outcome = tuple[list[str], dict[str, HvlabError]]
"""The failures, one line each; and of each run that waits for another kernel, the obstacle."""

Runner = Callable[["Study", list[RunInfo]], Outcome]
"""Runs those runs of a study that are not finished; a failed one does not stop the others."""

Judge = Callable[[Path], Mapping[str, float | None]]
"""Returns the half-width of the 95 % interval of each hypervisor's cost per guest, MiB, for a study's folder."""


def stages_of(settings: Settings) -> list[Stage]:
    """Return the stages of each run."""
    return stages(settings.topology.guests, settings.study.manager, load=not settings.load.idle)


def _controller(nested: bool) -> dict[str, str]:
    """Describe this machine; with a nested lab host also its emulator."""
    facts = {"system": platform.platform(), "cpus": str(os.cpu_count())}
    return facts | ({"qemu": emulator_version()} if nested else {})


def _planned(provider: str, repeat: int) -> RunInfo:
    return RunInfo(name=run_name(provider, repeat), provider=provider, repeat=repeat, status="planned")


class Study:
    """A study in progress; `begin` a new one, or `resume` one that did not finish.

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
    def begin(cls, lab: Lab, root: Path, plan: Plan, name: str = "") -> Self:
        """Create a new study in `root`, the folder of all studies, with a name or with that of its time.

        Raises:
            HvlabError: The lab host can run none of its hypervisors now.
        """
        require_something(lab.host, plan.providers)
        settings = parameters(lab, plan, stages_of(lab.settings))
        described = descriptors(plan.providers, settings.factors, lab.settings.load.load)
        info = StudyInfo(
            hypervisors=described.hypervisors,
            meters=described.meters,
            factors=described.factors,
            derived=described.derived,
            id="none yet",
            title=study_title(described.hypervisors),
            profile="default",
            created=now(),
            parameters=settings,
            environment=Environment(
                kind=lab.host.kind,
                controller=_controller(lab.host.kind == "nested"),
                accelerator=lab.host.accelerator,
                host=lab.host.identity(),
                images=lab.images(),
            ),
            runs=[_planned(*key) for key in plan.order()],
        )
        info.environment.versions.update({f"guest {k}": v for k, v in lab.guest.versions.items() if "linux" in k})

        def fill(folder: Path, name: str) -> None:
            info.id = name
            write_measurements(folder, [])
            Journal(folder / NAME).append("study begins", study=name)
            save_study(folder, info)

        folder = named_folder(root, name, fill) if name else new_folder(root, info.created, fill)
        return cls(lab, folder, info)

    @classmethod
    def resume(cls, lab: Lab, folder: Path) -> Self:
        """Continue a study after a crash or a failure: finished runs are kept, all others start again.

        Raises:
            HvlabError: The study is finished or a published one, or the lab has changed since it was started; the
                message names the parameters or the property of the lab host that differ.
        """
        info = load_study(folder)
        require_measured(info)
        if info.finished:
            point_latest(folder)
            raise HvlabError(
                f"study {info.id} is finished", "./invoke report.pdf writes its paper", code="study-is-finished"
            )
        require_same_lab(lab, info, stages_of(lab.settings))
        study = cls(lab, folder, info)
        study._recover()
        return study

    def _recover(self) -> None:
        """Make folder, study.json and journal consistent after a crash at any moment."""
        clear_parts(self.folder)
        ended = {event.get("run") for event in self.journal.read() if event.get("status") == "finished"}
        for entry in self.info.runs:
            if entry.status != "finished":
                drop_run(self.folder, entry.provider, entry.repeat)
                entry.status, entry.started, entry.ended = "planned", None, None
                entry.timings, entry.suspect, entry.factors, entry.host = [], [], {}, None
            elif entry.name not in ended:
                # The crash came between study.json, which is authoritative, and the journal.
                self.journal.append("run ends", run=entry.name, status="finished")
        self.save()
        left = [entry.name for entry in self.info.runs if entry.status != "finished"]
        self.journal.append("study is resumed", left=left)

    def save(self) -> None:
        """Write study.json."""
        save_study(self.folder, self.info)

    def run(self, judge: Judge | None = None, runner: Runner | None = None) -> Path:
        """Run all runs that are not finished; a failed one does not stop the others.

        Args:
            judge: Returns how precise the study is so far; only called if the plan has a precision.
            runner: Runs them; None: one after the other, in this process.

        Returns:
            The study's folder.

        Raises:
            HvlabError: A run failed, or the lab host must be restarted for one. Finished runs are kept, and `resume`
                continues.
        """
        runner = runner or Study._one_by_one
        self._run_planned(runner)
        while judge and self._add_repeat(judge):
            self._run_planned(runner)
        self.journal.append("calibration", **adopt(self.lab, self.folder, plan_of(self.info).providers))
        self.journal.append("study ends")
        self.info.finished = now()
        self.save()
        point_latest(self.folder)
        return self.folder

    def run_first(self, repeats: int) -> None:
        """Run those runs of the first repeats that are not finished, one after the other; errors as `run`."""
        self._run_planned(Study._one_by_one, repeats)

    def _one_by_one(self, entries: list[RunInfo]) -> Outcome:
        failures = []
        waiting: dict[str, HvlabError] = {}
        for entry in entries:
            if wrong := self.lab.host.obstacle(get_hypervisor(entry.provider)):
                waiting[entry.name] = wrong
                continue
            try:
                self._run_with_retries(entry)
            except HvlabError as error:
                say(str(error), about=f"{entry.name} failed")
                failures.append(f"{entry.name}: {error.message}")
        return failures, waiting

    def _run_planned(self, runner: Runner, repeats: int | None = None) -> None:
        left = [entry for entry in self.info.runs if entry.status != "finished"]
        failures, waiting = runner(self, [entry for entry in left if repeats is None or entry.repeat <= repeats])
        obstacle = left_for(waiting) if waiting else None
        if obstacle:
            self.journal.append("runs wait for another kernel", runs=sorted(waiting))
        if failures:
            failed = f"{len(failures)} of {len(self.info.runs)} runs failed: {'; '.join(failures)}"
            raise HvlabError(
                f"{failed}; {obstacle.message}" if obstacle else failed,
                f"the others are in {self.folder}; ./invoke study.resume tries these again",
                code="runs-failed",
            )
        if obstacle:
            raise obstacle

    def _add_repeat(self, judge: Judge) -> bool:
        """Plan one more repeat if the study is less precise than requested; print the reason either way."""
        plan = plan_of(self.info)
        if plan.precision_mib is None:
            return False
        verdict: Verdict = decide(judge(self.folder), plan)
        self.journal.append("precision", **verdict.facts())
        say(verdict.reason)
        if verdict.go_on:
            grown = replace(plan, repeats=plan.repeats + 1)
            have = {(entry.provider, entry.repeat) for entry in self.info.runs}
            self.info.runs += [_planned(*key) for key in grown.order() if key not in have]
            self.info.parameters.repeats = grown.repeats
        else:
            self.info.precision = Precision.model_validate(verdict.facts())
        self.save()
        return verdict.go_on

    def _run_with_retries(self, entry: RunInfo) -> None:
        """Run one run; one that dies starts again, from the lab host's boot on.

        Raises:
            HvlabError: It died `study.attempts` times.
        """
        attempts = self.lab.settings.study.attempts
        for attempt in range(1, attempts + 1):
            try:
                self._try_run(entry)
            except HvlabError as error:
                if attempt == attempts:
                    raise
                say(f"{error}; it starts again", about=f"{entry.name} died")
                self.journal.append("run is begun again", run=entry.name, reason=str(error))
            else:
                return

    def _try_run(self, entry: RunInfo) -> None:
        say(forecast(self.folder, now(), len(self.stages), self.lab.pace))
        entry.status, entry.started, entry.ended = "running", now(), None
        self.journal.append("run begins", run=entry.name)
        self.save()
        status: Literal["finished", "failed", "interrupted"] = "interrupted"
        try:
            self.take(
                entry, Run(self.lab, self.folder, entry.provider, entry.repeat, self.journal).execute(self.stages)
            )
            status = "finished"
        except HvlabError:
            status = "failed"
            raise
        finally:
            # An unfinished run leaves no rows: they would stand beside those of finished ones.
            if status != "finished":
                drop_run(self.folder, entry.provider, entry.repeat)
            # From here on the run counts as finished. The journal follows: `resume` repairs a crash in between.
            entry.status, entry.ended = status, now()
            self.save()
            self.journal.append("run ends", run=entry.name, status=status)

    def take(self, entry: RunInfo, result: RunResult) -> None:
        """Add what a run has read to study.json, which is not written yet."""
        self._describe(result, get_hypervisor(entry.provider))
        entry.timings, entry.suspect, entry.factors = result.timings, result.suspect, result.factors

    def _describe(self, result: RunResult, hypervisor: Hypervisor) -> None:
        """Add what a run has read of the lab host.

        Where a hypervisor below the kernel has a part of the memory, the host sees less: the plain kernel's view wins.
        """
        environment, seen = self.info.environment, result.description
        environment.versions.update(seen.versions)
        for name, version in self.lab.host.versions.items():
            environment.versions.setdefault(f"package {name}", version)
        if not environment.hardware or hypervisor.machine_memory is None:
            environment.hardware = [HardwarePart(part=part, value=value) for part, value in seen.hardware]
        environment.partitions = [Partition(mount=m, size_gb=s, purpose=p) for m, s, p in seen.partitions]
