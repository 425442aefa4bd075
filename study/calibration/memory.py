"""What each memory meter must show of a known step, and what it showed: pure functions from readings to rows."""

from dataclasses import dataclass

from dataset.calibration import Place, Row
from hypervisors.virtualbox import gmm_chunks
from study.calibration.expectation import Answer, Key, Reading, Step, row

# A page table has 512 entries of a page each.
_PAGES_A_TABLE = 512


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
        answer = Answer(
            "memory",
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
        rows.append(row(step, answer, before.folder, after.folder))
    return rows


def _explained(machine: Place, probe: Probe, before: Reading, after: Reading) -> float:
    """Return what moved a number besides the step: pages that went to the CPUs' lists or to the caches."""
    keys: list[Key] = [(machine, "zoneinfo", "on_lists")] if probe.lists else []
    keys += [(machine, "meminfo", name) for name in _CACHES] if probe.cache else []
    moved = sum(after.get(key, 0.0) - before.get(key, 0.0) for key in keys)
    return moved + (_held_back(machine, after) - _held_back(machine, before) if probe.held_back else 0.0)


def _given(step: Step, machine: Place, probe: Probe, before: Reading, after: Reading) -> float:
    """Return by how much the host gave VirtualBox more, or less, than its guest took, MiB.

    Less where the guest took pages that VirtualBox had already (hypervisors/virtualbox/gmm_chunks.py); more for
    the books that its kernel module keeps, about 16 KiB a chunk.
    """
    if (step.provider, step.where, machine) != ("virtualbox", "guest", "host") or probe not in _SYSTEM:
        return 0.0
    books: Key = (machine, "meminfo", "SUnreclaim")
    held: Key = (machine, gmm_chunks.NAME, "held")
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
