"""What hvlab itself took on the lab host while it read the meters (meter `observer`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from report.data.readings import Estimate, Readings, over_stages

AIM_MIB = 2.0
AIM_PERCENT = 0.1


@dataclass(frozen=True)
class Observer:
    """Means over a run's stages, then over boots, by hypervisor.

    Attributes:
        shell: PSS of hvlab's shell, MiB.
        mpstat: PSS of mpstat, the tool that runs while the CPU is read, MiB.
        cpu: Both while the CPU was read, percent of all CPUs.
        cpu_shell: The shell over the whole reading, percent of all CPUs.
        cpu_tools: All that it called, percent of all CPUs.
        sessions: Of sshd during a reading.
    """

    shell: Mapping[str, Estimate]
    mpstat: Mapping[str, Estimate]
    cpu: Mapping[str, Estimate]
    cpu_shell: Mapping[str, Estimate]
    cpu_tools: Mapping[str, Estimate]
    sessions: Mapping[str, Estimate]

    @property
    def resident(self) -> dict[str, float]:
        """The shell and mpstat together by hypervisor, MiB."""
        return {name: self.shell[name].mean + self.mpstat[name].mean for name in self.shell if name in self.mpstat}

    @property
    def small(self) -> bool:
        """Whether it is within the aim for memory under every hypervisor."""
        return all(taken <= AIM_MIB for taken in self.resident.values())

    @property
    def quiet(self) -> bool:
        """Whether it is within the aim for CPU under every hypervisor."""
        return all(share.mean <= AIM_PERCENT for share in self.cpu.values())


def observer(readings: Readings) -> Observer | None:
    """Collect what the meter `observer` read; None if it was not read."""

    def row(metric: str, unit: str) -> dict[str, Estimate]:
        found = {name: over_stages(readings, name, "observer", metric, unit) for name in readings.providers}
        return {name: value for name, value in found.items() if value is not None}

    shell = row("pss", "MiB")
    if not shell:
        return None
    return Observer(
        shell,
        row("pss_mpstat", "MiB"),
        row("cpu_mpstat", "percent"),
        row("cpu_shell", "percent"),
        row("cpu_tools", "percent"),
        row("sessions", "count"),
    )
