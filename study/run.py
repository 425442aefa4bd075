"""One run: one boot of the lab host, through all stages under one hypervisor."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.console import say, step
from core.errors import HvlabError
from dataset.captures import capture_path, capture_text, write_captures
from dataset.guests import guest_name, guest_names
from dataset.journal import Journal
from dataset.measurements import Measurement, append_measurements
from dataset.models import StageTiming
from dataset.stages import BOOTING, LOAD, MANAGER, Stage
from hypervisors.registry import get_hypervisor
from lab.connectors.base import CommandTimeoutError
from lab.connectors.patience import ConnectionLostError
from lab.desktop.manager_window import last_words, open_manager
from lab.desktop.windows import Window, read_look, require_alive
from lab.factors.host import render_before_reading_script
from lab.history import awaited
from lab.hosts.hardware import Description, describe
from lab.lifecycle import Lab
from study.controller_load import load_of
from study.factors import as_declared, mismatches
from study.measure.collector import Output
from study.measure.guest_load import GuestLoad
from study.measure.kernel_log import EVIDENCE_NAME, KernelWatch
from study.measure.rederive import measurements
from study.measure.settle import Settler, SettleRule
from study.measure.settle_watch import wait_settled
from study.measure.stage_reading import StageReader
from study.meters.factors import shown
from study.meters.readback import NAME as FACTORS
from study.meters.registry import all_meters
from study.screenshots import WINDOW_CAPTURE, draw_terminals, take_manager, take_screens
from study.stage_timer import StageClock

# How often a stage is read where readings are lost; the guests run on, and the host settles again before each.
_READINGS = 3


@dataclass(frozen=True)
class RunResult:
    """What a finished run adds to study.json."""

    timings: list[StageTiming]
    description: Description
    suspect: list[str]
    factors: dict[str, str]


class Run:
    """Executes one run and writes its captures and numbers into the study's folder.

    Args:
        lab: The lab; it is down before and after.
        study_dir: The study's folder.
        provider: Name of the provider.
        repeat: 1, 2, ...
    """

    def __init__(self, lab: Lab, study_dir: Path, provider: str, repeat: int, journal: Journal) -> None:
        self.lab, self.study_dir, self.repeat, self.journal = lab, study_dir, repeat, journal
        self.provider = get_hypervisor(provider)
        self.watch = KernelWatch()
        self.factors: dict[str, str] = {}
        self.window: Window | None = None  # the manager's, as it was opened
        self.reader = StageReader(lab, self.provider)
        self.load = GuestLoad(lab, self.provider)

    def execute(self, stages: list[Stage]) -> RunResult:
        """Go through the stages in order.

        Raises:
            HvlabError: If a stage cannot be reached or read. The lab is down then, too.
        """
        try:
            timings = [self._stage(stage) for stage in stages]
            self._picture(stages[-1].guests)
            draw_terminals(self.study_dir, self.provider, self.repeat, [stage.name for stage in stages])
            with step("Lab host: asking for its hardware and versions"):
                description = describe(self.lab.host.shell, self.provider)
        except HvlabError as error:
            raise self.lab.explained(error) from error
        finally:
            self.load.abandon()
            self.lab.down()
        return RunResult(timings, description, self.watch.suspect, self.factors)

    def _stage(self, stage: Stage) -> StageTiming:
        clock = StageClock()
        say(f"{self.provider.title}, repeat {self.repeat}, stage {stage.name}", style="bold")
        with clock.part("booting"):
            self._act(stage)
        clock.load = load_of(self.lab)
        settler, outputs = self._measure(stage, clock)
        if stage.phase == LOAD:
            with clock.part("reading"):
                outputs |= self.load.end()
        self._keep(stage, outputs)
        self._look_at_kernel(stage, outputs[EVIDENCE_NAME])
        self._note_retries(stage)
        timing = clock.timing(stage.name, settler.settled)
        self._note(stage, "read", **timing.model_dump(exclude={"stage"}))
        return timing

    def _measure(self, stage: Stage, clock: StageClock) -> tuple[Settler, dict[str, Output]]:
        """Read a stage once the host has settled; a reading that was lost on its way is taken again at the same stage.

        Raises:
            HvlabError: It was lost `_READINGS` times, or for a reason that another attempt would meet, too.
        """
        for left in reversed(range(_READINGS)):
            try:
                with clock.part("settling"):
                    settler = self._settle_for_reading(stage)
                with clock.part("reading"):
                    return settler, self.reader.read(stage, window=self.window is not None)
            except (ConnectionLostError, CommandTimeoutError) as error:
                if not left or self.lab.host.died():
                    raise
                say(f"{error.message}; reading stage {stage.name} again", style="yellow")
                self._note(stage, "read again", reason=error.message)
        raise AssertionError("the last reading returns or raises")

    def _settle_for_reading(self, stage: Stage) -> Settler:
        settler = self._settle(stage)
        if program := render_before_reading_script(self.lab.settings.factors):
            what = "what the factors do first"
            self.lab.host.shell.check("sh -s", stdin=program.encode(), timeout=120, what=what)
            settler = self._settle(stage)
        return settler

    def _note_retries(self, stage: Stage) -> None:
        """Write to the journal which connections to the lab host failed and were made again."""
        if patience := self.lab.host.shell.patience:
            for retry in patience.take():
                self._note(stage, "connection retried", machine=retry.machine, reason=retry.reason)

    def _settle(self, stage: Stage) -> Settler:
        """Wait until the lab host is quiet, under a load by a rule of its own, and note how it came to that."""
        settings = self.lab.settings
        wanted = settings.load.settle if stage.phase == LOAD else settings.settle
        settler = wait_settled(self.lab.host.shell, SettleRule(**wanted.model_dump()))
        self._note(stage, "settling", **settler.report())
        if not settler.settled:
            say(settler.reason, about="not settled")
        return settler

    def _act(self, stage: Stage) -> None:
        """Bring the lab to the stage: boot the lab host, open the manager, bring up a guest, or let the guests work."""
        if stage.name == BOOTING:
            self.lab.boot(self.provider.name)
        elif stage.name == MANAGER:
            manager = self.provider.manager
            limit_s = self.lab.pace.scaled(self.lab.settings.study.manager_timeout_s)
            what = f"manager {self.provider.name} {self.lab.settings.lab_host.host}"
            with awaited(f"Lab host: opening {manager.name}", what, limit_s):
                self.window = open_manager(self.lab.host.shell, manager, limit_s)
        elif stage.phase == LOAD:
            with step(f"Load {self.lab.settings.load.kind} in {stage.guests} of the guests"):
                self.load.start(stage.guests)
        elif not stage.phase:
            self._bring_up(stage)

    def _bring_up(self, stage: Stage) -> None:
        """Bring up the stage's guest; the journal gets each start that failed, also where none succeeds."""
        try:
            attempts = self.lab.up(self.provider, guest_name(stage.guests))
        finally:
            for failure in self.lab.take_failures():
                self._note(stage, "guest failed", **asdict(failure))
        if attempts > 1:
            self._note(stage, "brought up again", attempts=attempts)

    def _picture(self, guests: int) -> None:
        """Take pictures of the manager and of each guest's screen; a text session may have none."""
        if self.window:
            with step(f"Picture of {self.provider.manager.name}"):
                take_manager(self.lab.host.shell, self.provider, self.study_dir, self.repeat)
        if self.lab.settings.topology.session != "x-window":
            return
        names = guest_names(guests)
        with step(f"Pictures of {len(names)} guests' screens"):
            take_screens(self.lab.host.shell, self.provider, names, self.study_dir, self.repeat)

    def _keep(self, stage: Stage, outputs: dict[str, Output]) -> None:
        """Write the captures, then the numbers in them.

        Raises:
            HvlabError: If a meter failed on the lab host.
        """
        provider, repeat = self.provider.name, self.repeat
        paths = {name: capture_path(provider, repeat, stage.name, name) for name in outputs}
        write_captures(self.study_dir, [output.as_capture(paths[name]) for name, output in outputs.items()])
        rows: list[Measurement] = []
        names = {meter.name for meter in all_meters()}
        failed = []
        for name, output in outputs.items():
            if name not in names:
                continue
            if output.status:
                failed.append(f"{name}: {output.stderr.decode(errors='replace').strip()[-200:]}")
                continue
            text, lines = capture_text(output.stdout), output.stdout.count(b"\n")
            rows += measurements(provider, repeat, stage, name, text, command=output.command, lines=lines)
        append_measurements(self.study_dir, rows)
        if failed:
            raise HvlabError(f"meters failed at stage {stage.name}: {'; '.join(failed)}")
        self._check_guests(stage, outputs)
        self._check_manager(stage, outputs)
        self._check_factors(stage, outputs[FACTORS])

    def _check_guests(self, stage: Stage, outputs: dict[str, Output]) -> None:
        """Check that the hypervisor lists the stage's guests as running: a paused guest costs less.

        Raises:
            HvlabError: One is missing; the message names it.
        """
        listed = self.provider.guest_list
        running = listed.parse(capture_text(outputs[listed.name].stdout))
        if gone := [name for name in guest_names(stage.guests) if name not in running]:
            raise HvlabError(
                f"{', '.join(gone)} no longer ran when {stage.name} was read under {self.provider.title}"
                f" ({self.lab.why_ended(self.provider, gone[0])})",
                f"see {self.lab.host.console_log()}",
            )

    def _check_manager(self, stage: Stage, outputs: dict[str, Output]) -> None:
        """Check that the manager that was opened is still on the screen and answers.

        Raises:
            HvlabError: It is gone, or does not answer.
        """
        if not self.window:
            return
        output = outputs[WINDOW_CAPTURE]
        if output.status:
            why = output.stderr.decode(errors="replace").strip()[-200:]
            raise HvlabError(f"the lab host's screen cannot be looked at, at stage {stage.name}: {why}")
        try:
            require_alive(read_look(capture_text(output.stdout)), self.provider.manager.title, self.window)
        except HvlabError as error:
            words = last_words(self.lab.host.shell)
            raise HvlabError(
                f"{self.provider.manager.name} at stage {stage.name}: {error.message}; its last output: {words}"
            ) from error

    def _check_factors(self, stage: Stage, output: Output) -> None:
        """Check the factors that the lab host shows against those that were set.

        Raises:
            HvlabError: One differs; the message has its name and both values.
        """
        found = shown(capture_text(output.stdout), self.provider)
        self.factors = as_declared(found)
        if wrong := mismatches(found, dict(self.lab.settings.factors), self.provider, stage):
            raise HvlabError(
                f"factors at stage {stage.name} under {self.provider.title}: {'; '.join(wrong)}",
                "see docs/reference/factors.md for what each factor needs",
            )

    def _look_at_kernel(self, stage: Stage, log: Output) -> None:
        """Mark the run as suspect if the lab host's kernel has new errors; the run continues."""
        text = None if log.status else capture_text(log.stdout)
        if new := self.watch.look(stage.name, text):
            say(f"{len(new)} new kernel errors in the lab host: {new[0]}", about="suspect")
            self._note(stage, "kernel errors", lines=new)

    def _note(self, stage: Stage, event: str, **facts: object) -> None:
        self.journal.append(event, provider=self.provider.name, repeat=self.repeat, stage=stage.name, **facts)
