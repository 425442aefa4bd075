"""Runs a calibration under one provider: drives the lab, applies the known loads, reads the meters, keeps captures."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from core.console import say, step
from core.errors import HvlabError
from dataset.calibration import Given, Place, Row
from dataset.captures import capture_text, write_captures
from dataset.guests import guest_name
from hypervisors.calibration import Key
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import Machine
from lab.guests.load_generator import PAGES_A_MIB, LoadGenerator, running_load
from lab.lifecycle import Lab
from study.calibration import cpu_window
from study.calibration.cpu import Shares, cpu_rows, guest_key, guest_row
from study.calibration.expectation import Step, capture, numbers
from study.calibration.load_report import as_given, as_output
from study.calibration.memory import Memory, memory_rows
from study.calibration.quiesce import let_huge_pages_settle
from study.measure.collector import Output, ask, collect, context_for
from study.measure.settle import SettleRule
from study.measure.settle_watch import wait_settled
from study.meters.reading import read
from study.meters.registry import meter

GUEST = guest_name(1)
HOST_MIB = (64, 256)
GUEST_MIB = (64, 96)
# Held first and not read: the guest's kernel first reuses memory that it freed since its boot, which the host has
# provided already. Up to 7 MiB of it were seen.
FIRST_MIB = 32
HOST_PERCENT = (30, 80)
# The first is a guest at rest. Under software emulation one does not always get more than three quarters of a CPU.
GUEST_PERCENT = (0, 30, 60)
# Waking a guest's CPU costs time in a hypervisor that the guest's kernel does not see; so it wakes seldom.
GUEST_SLICE_S = 0.2
AT_REST_SLICE_S = 5.0
HOST_SLICE_S = 0.04
MEMORY_SPREAD_MIB = 1.0
# Of mpstat's window and that of the ticks around it.
WINDOW_SLACK_S = 0.2
# Of a guest's load from what was asked, by its own clock: then it got its CPU, and gave the same all the time.
UNSTEADY_POINTS = 0.5
LEAD_S = 3
ATTEMPTS = 5

# In this order: a meter that explains another is read at nearly the same moment, and no program starts in between.
_ANYWHERE = ("meminfo", "zoneinfo", "free")
_OF_VMM = "pss"
_LIMIT_S = 300


@dataclass
class CalibrationResult:
    """The readings of the calibration under one provider."""

    rows: list[Row] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    again: list[str] = field(default_factory=list)


class Calibrator:
    """Runs the calibration under one provider.

    Args:
        lab: The lab; it is down before and after.
        folder: The calibration's folder; captures go into it.
        provider: Name of the provider.
    """

    def __init__(self, lab: Lab, folder: Path, provider: str) -> None:
        self.lab, self.folder = lab, folder
        self.provider = get_hypervisor(provider)
        self.result = CalibrationResult()
        self.rules = self.provider.calibration
        own = self.rules.guest_cpu_meter
        self.context = context_for(self.provider, lab.settings, **(own.parameters if own else {}))

    @property
    def host(self) -> Machine:
        """The lab host."""
        return self.lab.host.shell

    @property
    def guest(self) -> Machine:
        """The guest."""
        return self.lab.guest_ssh(GUEST)

    def calibrate(self) -> CalibrationResult:
        """Boot the lab host, bring one guest up, apply and read everything.

        Raises:
            HvlabError: The lab does not come up or does not settle, or a meter fails. The lab is down then, too.
        """
        try:
            self.lab.boot(self.provider.name)
            self.lab.up(self.provider, GUEST)
            with running_load(self.host) as on_host, running_load(self.guest, root=False) as in_guest:
                self._memory(on_host, in_guest)
                self._cpu(on_host, in_guest)
        finally:
            self.lab.down()
        return self.result

    def _memory(self, on_host: LoadGenerator, in_guest: LoadGenerator) -> None:
        in_guest.hold(FIRST_MIB * PAGES_A_MIB)
        self.rules.align(self.host, in_guest, GUEST)
        # Files that the meters' programs read for the first time stay in the guest's page cache, for which the host
        # provides memory: 0.9 MiB beside a step of 64.
        ask(self.guest, {each: meter(each).command(self.context) for each in _ANYWHERE}, _LIMIT_S)
        before = self._read_memory("memory-rest")
        loads: list[tuple[Place, LoadGenerator, int]] = [("guest", in_guest, mib) for mib in GUEST_MIB]
        loads += [("host", on_host, mib) for mib in HOST_MIB]
        for where, load, mib in loads:
            known = Step(self.provider.name, f"{where}-memory-{mib}", where, mib)
            load.hold(mib * PAGES_A_MIB)
            after = self._read_memory(known.name)
            self.result.rows += memory_rows(known, before, after)
            before = after

    def _cpu(self, on_host: LoadGenerator, in_guest: LoadGenerator) -> None:
        rest, _ = self._read_cpu("cpu-rest")
        loads: list[tuple[Place, LoadGenerator, int]] = [("host", on_host, percent) for percent in HOST_PERCENT]
        loads += [("guest", in_guest, percent) for percent in GUEST_PERCENT]
        hidden = 0.0
        for where, load, percent in loads:
            known = Step(self.provider.name, f"{where}-cpu-{percent}", where, percent)
            loaded, given = self._read_cpu(known.name, load, known)
            self.result.rows += cpu_rows(known, rest, loaded)
            if given:
                self.result.given.append(given)
            own = self.rules.guest_cpu_meter
            if given and given.ticks_percent is not None and own and guest_key(own, GUEST) in loaded.reading:
                row = guest_row(known, own, GUEST, given.ticks_percent, loaded, hidden=hidden)
                self.result.rows.append(row)
                # What a guest at rest hides must itself be within the tolerance before it explains anything.
                hidden = hidden if percent else row.error

    def _read_memory(self, name: str) -> Memory:
        """Read the memory meters of the lab host and of the guest, once the lab host has settled."""
        let_huge_pages_settle(self.host)
        self._settle(name)
        others = dict.fromkeys((_OF_VMM, *(probe.meter for probe in self.rules.probes)))
        lines = {each: meter(each).command(self.context) for each in (*_ANYWHERE, *others)}
        if counter := self.rules.counter:
            lines[counter.name] = counter.command(GUEST)
        with step(f"{self.provider.title}: reading {name}"):
            reading = self._numbers(name, "host", collect(self.host, lines, _LIMIT_S))
            inside = {each: meter(each).command(self.context) for each in _ANYWHERE}
            reading |= self._numbers(name, "guest", ask(self.guest, inside, _LIMIT_S))
        return Memory(reading, self._captures(name))

    def _read_cpu(
        self, name: str, load: LoadGenerator | None = None, known: Step | None = None
    ) -> tuple[Shares, Given | None]:
        """Read mpstat with the ticks of its window, and the hypervisor's own meter, while a load is applied.

        Raises:
            HvlabError: The reading was disturbed each time.
        """
        own = self.rules.guest_cpu_meter if known and known.where == "guest" else None
        lines = {own.meter: meter(own.meter).command(self.context)} if own else {}
        # The hypervisor's own comes first, since the load's window lies within its first seconds.
        lines["mpstat"] = cpu_window.around(meter("mpstat").command(self.context))
        lines["ticks"] = cpu_window.COMMAND
        for attempt in range(1, ATTEMPTS + 1):
            with step(f"{self.provider.title}: reading {name}"):
                outputs, given = self._read_loaded(lines, load, known, own.seconds if own else self._seconds)
            ticks = cpu_window.parse(capture_text(outputs["ticks"].stdout))
            why = self._disturbed(ticks, given if own else None)
            if not why:
                break
            self._again(name, why, attempt)
        self._keep(name, "host", {key: outputs.pop(key) for key in ("ticks", "given") if key in outputs})
        return Shares(self._numbers(name, "host", outputs), ticks, self._captures(name)), given

    def _read_loaded(
        self, lines: dict[str, str], load: LoadGenerator | None, known: Step | None, seconds: int
    ) -> tuple[dict[str, Output], Given | None]:
        if load is None or known is None:
            return collect(self.host, lines, _LIMIT_S), None
        # The load's window lies within the meters'; if the load is not steady, the reading is repeated.
        slice_s = HOST_SLICE_S
        if known.where == "guest":
            slice_s = GUEST_SLICE_S if known.applied else AT_REST_SLICE_S
        load.burn(known.applied, LEAD_S, max(seconds - LEAD_S, LEAD_S), slice_s)
        try:
            outputs = collect(self.host, lines, _LIMIT_S)
        finally:
            report = load.rest()
        return outputs | {"given": as_output(known, report)}, as_given(known, report)

    @property
    def _seconds(self) -> int:
        return self.context.mpstat_interval_s * self.context.mpstat_count

    def _disturbed(self, ticks: cpu_window.Window, given: Given | None) -> str:
        """Return why a reading is not valid; empty: it is.

        Args:
            ticks: The ticks around mpstat's window.
            given: The load's report, where its window and the meter's are not the same.
        """
        if abs(ticks.seconds - self._seconds) > WINDOW_SLACK_S:
            return f"its windows did not coincide: {ticks.seconds:.2f} s instead of {self._seconds} s"
        if given and abs(given.own_percent - given.asked_percent) > UNSTEADY_POINTS:
            return f"the load was not steady: {given.own_percent:.2f} % instead of {given.asked_percent:g} %"
        return ""

    def _settle(self, name: str) -> None:
        """Wait until the lab host's memory moves by less than the tolerance.

        Raises:
            HvlabError: It does not.
        """
        rule = SettleRule(**self.lab.settings.settle.model_dump())
        rule = replace(rule, memory_spread_mib=min(rule.memory_spread_mib, MEMORY_SPREAD_MIB))
        for attempt in range(1, ATTEMPTS + 1):
            settler = wait_settled(self.host, rule)
            if settler.settled:
                return
            self._again(name, f"the lab host was not at rest: {settler.reason}", attempt)

    def _again(self, name: str, why: str, attempt: int) -> None:
        """Record that a reading is repeated.

        Raises:
            HvlabError: This was the last attempt.
        """
        self.result.again.append(f"{self.provider.name} {name}: {why}")
        say(why, about=name)
        if attempt == ATTEMPTS:
            raise HvlabError(f"{self.provider.title}: {name}: {why}", "is this machine busy with other work?")

    def _numbers(self, name: str, machine: Place, outputs: dict[str, Output]) -> dict[Key, float]:
        """Keep outputs as captures and read their numbers.

        Raises:
            HvlabError: A meter failed.
        """
        self._keep(name, machine, outputs)
        found: dict[Key, float] = {}
        for key, output in outputs.items():
            if output.status:
                words = output.stderr.decode(errors="replace").strip()[-200:]
                raise HvlabError(f"meter {key} failed on the {machine}: {words or f'exit status {output.status}'}")
            counter = self.rules.counter
            text = capture_text(output.stdout)
            own = counter.parse(text) if counter and key == counter.name else read(meter(key), text)
            found |= numbers(machine, key, own)
        return found

    def _keep(self, name: str, machine: Place, outputs: dict[str, Output]) -> None:
        folder = self._captures(name)
        captures = [output.as_capture(capture(folder, machine, key)) for key, output in outputs.items()]
        write_captures(self.folder, captures)

    def _captures(self, name: str) -> str:
        return f"runs/{self.provider.name}/captures/{name}"


def parameters() -> dict[str, object]:
    """Return what a calibration applies, for calibration.json."""
    return {
        "host_mib": list(HOST_MIB),
        "guest_mib": list(GUEST_MIB),
        "first_mib": FIRST_MIB,
        "host_percent": list(HOST_PERCENT),
        "guest_percent": list(GUEST_PERCENT),
        "guest_slice_s": GUEST_SLICE_S,
        "at_rest_slice_s": AT_REST_SLICE_S,
        "host_slice_s": HOST_SLICE_S,
        "guest_cpu_meter_s": {
            name: each.calibration.guest_cpu_meter.seconds
            for name, each in all_hypervisors().items()
            if each.calibration.guest_cpu_meter
        },
        "memory_spread_mib": MEMORY_SPREAD_MIB,
        "window_slack_s": WINDOW_SLACK_S,
        "unsteady_points": UNSTEADY_POINTS,
        "attempts": ATTEMPTS,
    }
