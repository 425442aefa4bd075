"""What each memory meter must show of a known step, and what it showed: pure functions from readings to rows."""

from dataclasses import dataclass

from dataset.calibration import Place, Row
from hypervisors.calibration import Key, Probe, Reading
from hypervisors.registry import get_hypervisor
from study.calibration.expectation import Answer, Step, row

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
)


def can_see(provider: str, where: Place, machine: Place, probe: Probe) -> bool:
    """Return whether a number can show memory that is taken on the lab host or in a guest.

    On a machine the machine's own numbers show it. A guest's is seen by the lab host when the VMM takes it from
    there page by page: as its own memory, or through a kernel module, of which no process is charged
    (`Calibration.guest_memory`).
    """
    if where == machine:
        return probe in _SYSTEM
    if where == "host":
        return False
    seen = get_hypervisor(provider).calibration.guest_memory
    return seen == "processes" or (seen == "system" and probe in _SYSTEM)


def _probes(provider: str, where: Place) -> list[tuple[Place, Probe]]:
    rules = get_hypervisor(provider).calibration
    of_vmm = (*(probe for probe in _VMM if probe.metric in rules.process_metrics), *rules.probes)
    host: list[tuple[Place, Probe]] = [("host", probe) for probe in (*_SYSTEM, *of_vmm)]
    guest: list[tuple[Place, Probe]] = [("guest", probe) for probe in _SYSTEM]
    return host + (guest if where == "guest" else [])


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
    """Return by how much the host gave the VMM more, or less, than its guest took, MiB, by the VMM's own counter."""
    counter = get_hypervisor(step.provider).calibration.counter
    if counter is None or (step.where, machine) != ("guest", "host") or probe not in _SYSTEM:
        return 0.0
    return counter.explain(known_mib(step.applied, probe), before, after)


def _held_back(machine: Place, reading: Reading) -> float:
    """Return what MemAvailable leaves out of page cache and reclaimable memory, MiB (Linux, si_mem_available).

    Of each of the two half, but no more than the sum of the zones' low watermarks.
    """
    low = reading.get((machine, "zoneinfo", "low_watermarks"), 0.0)
    file_pages = sum(reading.get((machine, "meminfo", name), 0.0) for name in ("Active(file)", "Inactive(file)"))
    reclaimable = reading.get((machine, "meminfo", "KReclaimable"), 0.0)
    return min(file_pages / 2, low) + min(reclaimable / 2, low)
