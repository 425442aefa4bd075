"""What each meter must show of a known step, and what it showed: pure functions from readings to rows.

A reading is a mapping from (machine, meter, metric) to a value in MiB or percent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from study.calibration import chunks
from study.calibration.record import Place, Row
from study.calibration.window import Window
from study.meters.base import Number

MEMORY_TOLERANCE_MIB = 1.0
CPU_TOLERANCE_POINTS = 0.5
XENTOP_ROUNDING = 0.05  # it prints tenths of a percent

Key = tuple[Place, str, str]
Reading = Mapping[Key, float]


@dataclass(frozen=True)
class Step:
    """A known load.

    Attributes:
        provider: `kvm`, `xen`, `virtualbox`.
        name: `host-memory-64`; also the folder of its captures.
        where: On the lab host or in the guest.
        applied: MiB, or percent of one CPU.
    """

    provider: str
    name: str
    where: Place
    applied: float


@dataclass(frozen=True)
class Memory:
    """What the memory meters showed at one moment.

    Attributes:
        reading: Numbers in MiB.
        folder: Of the captures, relative to the calibration's.
    """

    reading: Reading
    folder: str


@dataclass(frozen=True)
class Shares:
    """What the CPU meters showed in one reading.

    Attributes:
        reading: `mpstat`'s shares of all CPUs; under Xen also `xentop`'s `cpu:NAME`, percent of one CPU.
        ticks: The ticks of mpstat's window.
        folder: Of the captures.
    """

    reading: Reading
    ticks: Window
    folder: str

    def mpstat(self, metrics: tuple[str, ...]) -> float:
        """Return the sum of some of mpstat's shares; a share that its version lacks counts nothing."""
        return sum(self.reading.get(("host", "mpstat", metric), 0.0) for metric in metrics)


@dataclass(frozen=True)
class _Answer:
    """What one number had to show, and showed; in the units of `Row`."""

    machine: Place
    meter: str
    metric: str
    can_see: bool
    known: float
    seen: float
    explained: float = 0.0
    resolution: float = 0.0


_TO_MIB = {"MiB": 1.0, "KiB": 1 / 1024, "B": 1 / 1024**2}
# A page table has 512 entries of a page each.
_PAGES_A_TABLE = 512


@dataclass(frozen=True)
class Probe:
    """A number that is held against a known step of memory.

    Attributes:
        meter: The meter.
        metric: Its number.
        sign: 1 if it grows with memory in use, -1 if it falls.
        whole_system: It counts all of the machine, page tables included; else only processes.
        rounding_mib: By how much a step may be off because the tool prints whole MiB.
        lists: Pages that move to the CPUs' own lists are missing in it (meter `zoneinfo`).
        cache: Memory that the kernel gives up from its caches meanwhile is free in it, and hides as much of the step.
        held_back: The kernel holds a part of the caches back from it, which moves with the zones' low watermarks.
    """

    meter: str
    metric: str
    sign: int
    whole_system: bool = True
    rounding_mib: float = 0.0
    lists: bool = False
    cache: bool = False
    held_back: bool = False


# Two of the four parts that `paper_used` is computed from move, each rounded down to whole MiB.
_SYSTEM = (
    Probe("free", "paper_used", 1, rounding_mib=2.0, lists=True),
    Probe("meminfo", "MemFree", -1, lists=True, cache=True),
    Probe("meminfo", "MemAvailable", -1, lists=True, held_back=True),
    Probe("zoneinfo", "free_and_on_lists", -1, cache=True),
)
# As `free` has them in buff/cache.
_CACHES = ("Buffers", "Cached", "SReclaimable")
_VMM = (
    Probe("pss", "pss", 1, whole_system=False),
    Probe("pss", "pss_anon", 1, whole_system=False),
    Probe("xl-info", "free_memory", -1),
)


def numbers(machine: Place, meter: str, found: list[Number]) -> dict[Key, float]:
    """Key a meter's numbers; memory becomes MiB."""
    return {(machine, meter, number.metric): number.value * _TO_MIB.get(number.unit, 1.0) for number in found}


def can_see(provider: str, where: Place, machine: Place, probe: Probe) -> bool:
    """Tell whether a number can show memory that is taken on the lab host or in a guest.

    On a machine the machine's own numbers show it. A guest's is seen by the lab host when the VMM takes it from
    there page by page: KVM's QEMU as its own memory, VirtualBox through its kernel module, of which no process is
    charged. A paravirtual guest of Xen has all its memory from the start, from the hypervisor and not from dom0.
    """
    if where == machine:
        return probe in _SYSTEM
    if where == "host":
        return False
    return provider == "kvm" or (provider == "virtualbox" and probe in _SYSTEM)


def _probes(provider: str, where: Place) -> list[tuple[Place, Probe]]:
    host: list[tuple[Place, Probe]] = [("host", probe) for probe in (*_SYSTEM, *_VMM) if _applies(provider, probe)]
    guest: list[tuple[Place, Probe]] = [("guest", probe) for probe in _SYSTEM]
    return host + (guest if where == "guest" else [])


def _applies(provider: str, probe: Probe) -> bool:
    # VirtualBox maps a piece of 2 MiB of a guest into its process when a device reaches into it: `pss` moves by such
    # pieces, `pss_anon` is the process's own.
    return {"xl-info": provider == "xen", "pss": provider != "virtualbox" or probe.metric == "pss_anon"}.get(
        probe.meter, True
    )


def known_mib(applied: float, probe: Probe) -> float:
    """Return by how much a number must move: what was taken, and for all of a machine the tables that map its pages."""
    return applied * (1 + 1 / _PAGES_A_TABLE) if probe.whole_system else applied


def memory_rows(step: Step, before: Memory, after: Memory) -> list[Row]:
    """Hold two readings against a known step of memory; a number that one of them lacks has no row."""
    rows = []
    for machine, probe in _probes(step.provider, step.where):
        key: Key = (machine, probe.meter, probe.metric)
        if key not in before.reading or key not in after.reading:
            continue
        sees = can_see(step.provider, step.where, machine, probe)
        answer = _Answer(
            machine,
            probe.meter,
            probe.metric,
            can_see=sees,
            known=known_mib(step.applied, probe) if sees else 0.0,
            seen=probe.sign * (after.reading[key] - before.reading[key]),
            explained=_explained(machine, probe, before.reading, after.reading)
            + _given(step, machine, probe, before.reading, after.reading),
            resolution=probe.rounding_mib,
        )
        rows.append(_row(step, answer, before.folder, after.folder))
    return rows


def _explained(machine: Place, probe: Probe, before: Reading, after: Reading) -> float:
    """Return what moved a number besides the step: pages that went to the CPUs' lists or to the caches."""
    keys: list[Key] = [(machine, "zoneinfo", "on_lists")] if probe.lists else []
    keys += [(machine, "meminfo", name) for name in _CACHES] if probe.cache else []
    moved = sum(after.get(key, 0.0) - before.get(key, 0.0) for key in keys)
    return moved + (_held_back(machine, after) - _held_back(machine, before) if probe.held_back else 0.0)


def _given(step: Step, machine: Place, probe: Probe, before: Reading, after: Reading) -> float:
    """Return by how much the host gave VirtualBox more, or less, than its guest took, MiB.

    Less where the guest took pages that VirtualBox had already (study/calibration/chunks.py); more for the books that
    its kernel module keeps, about 16 KiB a chunk.
    """
    if (step.provider, step.where, machine) != ("virtualbox", "guest", "host") or probe not in _SYSTEM:
        return 0.0
    books: Key = (machine, "meminfo", "SUnreclaim")
    held: Key = (machine, chunks.NAME, "held")
    moved = after.get(books, 0.0) - before.get(books, 0.0)
    if held in before and held in after:
        moved += after[held] - before[held] - known_mib(step.applied, probe)
    return moved


def _held_back(machine: Place, reading: Reading) -> float:
    """Return what MemAvailable leaves out of page cache and reclaimable memory, MiB (Linux, si_mem_available).

    Of each of the two half, but no more than the sum of the zones' low watermarks.
    """
    low = reading.get((machine, "zoneinfo", "low_watermarks"), 0.0)
    file_pages = sum(reading.get((machine, "meminfo", name), 0.0) for name in ("Active(file)", "Inactive(file)"))
    reclaimable = reading.get((machine, "meminfo", "KReclaimable"), 0.0)
    return min(file_pages / 2, low) + min(reclaimable / 2, low)


# Name in the table: mpstat's columns, the fields of /proc/stat. A guest's time is in the kernel's `user` and `nice`.
_CPU = {
    "busy": (
        ("user", "nice", "sys", "irq", "soft", "steal", "guest", "gnice"),
        ("user", "nice", "system", "irq", "softirq", "steal"),
    ),
    "busy without steal": (
        ("user", "nice", "sys", "irq", "soft", "guest", "gnice"),
        ("user", "nice", "system", "irq", "softirq"),
    ),
    "guest + gnice": (("guest", "gnice"), ("guest", "guest_nice")),
    "steal": (("steal",), ("steal",)),
}


def cpu_rows(step: Step, rest: Shares, loaded: Shares) -> list[Row]:
    """Hold mpstat's shares against the ticks of the same window, percent of all CPUs of the machine.

    A guest's work under Xen is not in dom0's ticks: dom0 waits for a CPU now and then, which is its steal, but what it
    works must not have moved since `rest`, the reading without a load.
    """
    rows = []
    if step.provider == "xen" and step.where == "guest":
        metrics, _ = _CPU["busy without steal"]
        moved = loaded.mpstat(metrics) - rest.mpstat(metrics)
        answer = _Answer("host", "mpstat", "busy without steal", can_see=False, known=0.0, seen=moved)
        rows.append(_row(step, answer, rest.folder, loaded.folder))
    for name in ("busy", "steal" if step.provider == "xen" else "guest + gnice"):
        metrics, fields = _CPU[name]
        known, seen = loaded.ticks.percent(*fields), loaded.mpstat(metrics)
        rows.append(_row(step, _Answer("host", "mpstat", name, True, known, seen), None, loaded.folder))
    return rows


def xentop_row(step: Step, guest: str, known: float, loaded: Shares, hidden: float = 0.0) -> Row:
    """Hold xentop's share of a guest against what its kernel says that it worked, percent of one CPU.

    Args:
        step: The load.
        guest: The guest's name.
        known: What its kernel says.
        loaded: What was read.
        hidden: By how much xentop's share was above the kernel's in the same guest without a load: an idle kernel's
            waking, which its idle time holds. It goes on in the share of time in which the loaded guest is idle.
    """
    key: Key = ("host", "xentop", f"cpu:{guest}")
    seen, explained = loaded.reading[key], hidden * (1 - known / 100)
    answer = _Answer("host", "xentop", key[2], True, known, seen, explained, XENTOP_ROUNDING)
    return _row(step, answer, None, loaded.folder)


def _row(step: Step, answer: _Answer, before: str | None, after: str) -> Row:
    """Work out error and verdict."""
    error = round(answer.seen - answer.explained - answer.known, 4)
    memory = answer.meter in {probe.meter for probe in (*_SYSTEM, *_VMM)}
    tolerance = MEMORY_TOLERANCE_MIB if memory else CPU_TOLERANCE_POINTS
    quantity: Literal["memory", "cpu"] = "memory" if memory else "cpu"
    return Row(
        provider=step.provider,
        quantity=quantity,
        step=step.name,
        where=step.where,
        applied=step.applied,
        machine=answer.machine,
        meter=answer.meter,
        metric=answer.metric,
        unit="MiB" if memory else "percent",
        can_see=answer.can_see,
        known=round(answer.known, 4),
        seen=round(answer.seen, 4),
        explained=round(answer.explained, 4),
        error=error,
        tolerance=tolerance,
        resolution=answer.resolution,
        passed=abs(error) <= tolerance + answer.resolution,
        before=capture(before, answer.machine, answer.meter) if before else None,
        after=capture(after, answer.machine, answer.meter),
    )


def capture(folder: str, machine: Place, meter: str) -> str:
    """Name a capture, relative to the calibration's folder."""
    return f"{folder}/{'guest-' if machine == 'guest' else ''}{meter}.txt"
