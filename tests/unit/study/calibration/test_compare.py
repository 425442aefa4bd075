"""From readings to verdicts: who can see which load, what is known of it, what explains a difference."""

from dataclasses import dataclass

import pytest

from dataset.calibration import Place, Row
from hypervisors.calibration import Key
from hypervisors.registry import get_hypervisor
from hypervisors.virtualbox import gmm_chunks
from study.calibration.cpu import Shares, cpu_rows, guest_row
from study.calibration.cpu_window import Window
from study.calibration.expectation import Step, numbers
from study.calibration.memory import Memory, memory_rows
from study.meters.base import Number
from tests.support.errors import raises_code

PROVIDERS = ("kvm", "xen", "virtualbox")


def memory(folder: str, host: dict[str, float], guest: dict[str, float]) -> Memory:
    reading: dict[Key, float] = {}
    machines: list[tuple[Place, dict[str, float]]] = [("host", host), ("guest", guest)]
    for machine, used in machines:
        free = 3000 - used["taken"]
        reading[machine, "free", "paper_used"] = used["taken"]
        reading[machine, "meminfo", "MemFree"] = free - used["lists"]
        reading[machine, "meminfo", "MemAvailable"] = free - used["lists"]
        reading[machine, "zoneinfo", "free_and_on_lists"] = free
        reading[machine, "zoneinfo", "on_lists"] = used["lists"]
    reading["host", "pss", "pss"] = reading["host", "pss", "pss_anon"] = host["vmm"]
    reading["host", "xl-info", "free_memory"] = 2000
    return Memory(reading, folder)


@dataclass(frozen=True)
class Moved:
    """What moved by how much: used memory of the lab host, of the guest, memory of the VMM's processes, MiB."""

    host: float = 0
    guest: float = 0
    vmm: float = 0


def rows(provider: str, where: Place, mib: float, moved: Moved) -> list[Row]:
    before = memory("a", {"taken": 100, "lists": 3, "vmm": 40}, {"taken": 50, "lists": 1, "vmm": 0})
    host = {"taken": 100 + moved.host, "lists": 3, "vmm": 40 + moved.vmm}
    after = memory("b", host, {"taken": 50 + moved.guest, "lists": 1, "vmm": 0})
    return memory_rows(Step(provider, "step", where, mib), before, after)


def keyed(found: list[Row]) -> dict[str, Row]:
    return {f"{row.machine} {row.meter} {row.metric}": row for row in found}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_load_on_the_host_is_seen_by_the_host_and_not_by_the_vmm(provider: str) -> None:
    found = keyed(rows(provider, "host", 256, Moved(256.5, 0, 0)))
    assert all(row.passed for row in found.values())
    assert {name for name, row in found.items() if row.can_see} == {
        "host free paper_used",
        "host meminfo MemFree",
        "host meminfo MemAvailable",
        "host zoneinfo free_and_on_lists",
    }
    # 65,536 pages are mapped by 128 tables of a page each.
    assert found["host meminfo MemFree"].known == 256.5
    assert not any(name.startswith("guest") for name in found)


def test_a_guest_of_kvm_is_seen_as_its_vmm_s_memory() -> None:
    found = keyed(rows("kvm", "guest", 64, Moved(64, 64, 64)))
    assert all(row.passed and row.can_see for name, row in found.items())
    assert found["host pss pss"].known == 64
    assert found["guest meminfo MemFree"].known == pytest.approx(64.125)


def test_a_guest_of_virtualbox_is_in_no_process() -> None:
    found = keyed(rows("virtualbox", "guest", 64, Moved(64.5, 64, 0.2)))
    assert all(row.passed for row in found.values())
    assert found["host free paper_used"].can_see
    assert not found["host pss pss_anon"].can_see
    assert "host pss pss" not in found


def test_a_guest_of_xen_is_seen_by_itself_only() -> None:
    found = keyed(rows("xen", "guest", 64, Moved(0.1, 64.1, 0)))
    assert all(row.passed for row in found.values())
    assert {name.split()[0] for name, row in found.items() if row.can_see} == {"guest"}
    assert not found["host xl-info free_memory"].can_see


def test_a_meter_that_should_be_blind_and_moves_is_off() -> None:
    found = keyed(rows("xen", "guest", 64, Moved(5, 64, 0)))
    assert not found["host meminfo MemFree"].passed
    assert found["host meminfo MemFree"].error == 5


def test_pages_that_went_to_a_cpu_s_list_are_told_apart() -> None:
    """MemFree falls by them, too; the sum with the lists does not."""
    before = memory("a", {"taken": 100, "lists": 3, "vmm": 0}, {"taken": 0, "lists": 0, "vmm": 0})
    after = memory("b", {"taken": 164, "lists": 7, "vmm": 0}, {"taken": 0, "lists": 0, "vmm": 0})
    found = keyed(memory_rows(Step("kvm", "step", "host", 64), before, after))
    assert found["host meminfo MemFree"].seen == 68
    assert found["host meminfo MemFree"].explained == 4
    assert found["host meminfo MemFree"].passed
    assert found["host zoneinfo free_and_on_lists"].seen == 64
    assert found["host zoneinfo free_and_on_lists"].explained == 0


@pytest.mark.parametrize(("off", "good"), [(0.99, True), (1.01, False), (-1.01, False)])
def test_the_tolerance_is_one_mib(off: float, good: bool) -> None:
    found = keyed(rows("kvm", "host", 512, Moved(513 + off, 0, 0)))
    assert found["host zoneinfo free_and_on_lists"].passed is good
    # `free` prints whole MiB.
    assert found["host free paper_used"].resolution == 2
    assert found["host free paper_used"].passed


def test_captures_are_named() -> None:
    found = keyed(rows("kvm", "guest", 64, Moved(64, 64, 64)))
    assert found["guest free paper_used"].before == "a/guest-free.txt"
    assert found["host pss pss"].after == "b/pss.txt"


def test_numbers_become_mib() -> None:
    found = numbers("host", "meminfo", [Number("MemFree", 2048, "KiB"), Number("HugePages_Total", 3, "count")])
    assert found == {("host", "meminfo", "MemFree"): 2, ("host", "meminfo", "HugePages_Total"): 3}


def shares(busy: float, guest: float, ticks: tuple[int, ...], xentop: float = 0) -> Shares:
    reading: dict[Key, float] = {
        ("host", "mpstat", "user"): busy - guest,
        ("host", "mpstat", "guest"): guest,
        ("host", "mpstat", "idle"): 100 - busy,
        ("host", "xentop", "cpu:server1"): xentop,
    }
    return Shares(reading, Window(10, (0,) * 10, ticks), "cpu")


#                 user nice system idle iowait irq softirq steal guest guest_nice
IDLE = (10, 0, 10, 1980, 0, 0, 0, 0, 0, 0)
GUEST_30 = (320, 0, 10, 1670, 0, 0, 0, 0, 300, 0)


def test_mpstat_is_held_against_the_ticks() -> None:
    step = Step("kvm", "guest-cpu-30", "guest", 30)
    busy, guest = cpu_rows(step, shares(1, 0, IDLE), shares(16.6, 15.2, GUEST_30))
    assert (busy.metric, guest.metric) == ("busy", "guest + gnice")
    assert busy.known == 16.5
    assert busy.error == pytest.approx(0.1)
    assert guest.known == 15
    assert busy.passed
    assert guest.passed
    (busy, _) = cpu_rows(step, shares(1, 0, IDLE), shares(17.1, 15.2, GUEST_30))
    assert not busy.passed


def test_dom0_does_not_see_a_guest_s_work() -> None:
    """What dom0 itself works must not move; that it waits for a CPU is its steal, as the ticks tell."""
    step = Step("xen", "guest-cpu-30", "guest", 30)
    work, busy, steal = cpu_rows(step, shares(1, 0, IDLE), shares(1.3, 0, IDLE))
    assert [row.metric for row in (work, busy, steal)] == ["busy without steal", "busy", "steal"]
    assert not work.can_see
    assert work.passed
    assert work.before == "cpu/mpstat.txt"
    assert busy.can_see
    work, *_ = cpu_rows(step, shares(1, 0, IDLE), shares(1.6, 0, IDLE))
    assert not work.passed


XEN = get_hypervisor("xen").calibration
assert XEN.guest_cpu_meter
XENTOP = XEN.guest_cpu_meter


def test_xentop_is_held_against_what_the_guest_used() -> None:
    step = Step("xen", "guest-cpu-30", "guest", 30)
    assert guest_row(step, XENTOP, "server1", 30.2, shares(1, 0, IDLE, xentop=30.6)).passed
    assert not guest_row(step, XENTOP, "server1", 30.2, shares(1, 0, IDLE, xentop=31)).passed


def test_what_an_idle_guest_hides_goes_on_while_it_is_idle() -> None:
    step = Step("xen", "guest-cpu-30", "guest", 30)
    row = guest_row(step, XENTOP, "server1", 30.0, shares(1, 0, IDLE, xentop=31.0), hidden=0.5)
    assert row.explained == pytest.approx(0.35)
    assert row.error == pytest.approx(0.65)
    assert not row.passed


def test_a_raised_watermark_moves_mem_available_twice() -> None:
    """Linux holds half of the page cache and half of reclaimable memory back, each up to the low watermarks."""
    before, after = (
        memory(name, {"taken": 100, "lists": 0, "vmm": 0}, {"taken": 0, "lists": 0, "vmm": 0}) for name in "ab"
    )
    facts: dict[Key, float] = {("host", "meminfo", "Inactive(file)"): 800, ("host", "meminfo", "KReclaimable"): 17}
    low: Key = ("host", "zoneinfo", "low_watermarks")
    available: Key = ("host", "meminfo", "MemAvailable")
    first = Memory({**before.reading, **facts, low: 6.5}, "a")
    last = Memory({**after.reading, **facts, low: 4.5, available: after.reading[available] + 4}, "b")
    row = keyed(memory_rows(Step("xen", "step", "guest", 64), first, last))["host meminfo MemAvailable"]
    assert (row.seen, row.explained) == (-4, -4)
    assert row.passed


def test_virtualbox_s_own_books_are_told_apart() -> None:
    books: Key = ("host", "meminfo", "SUnreclaim")
    first, last = (
        memory(name, {"taken": 100, "lists": 0, "vmm": 0}, {"taken": 0, "lists": 0, "vmm": 0}) for name in "ab"
    )
    before, after = Memory({**first.reading, books: 20.0}, "a"), Memory({**last.reading, books: 20.8}, "b")
    for provider, explained in (("virtualbox", 0.8), ("kvm", 0.0)):
        row = keyed(memory_rows(Step(provider, "step", "guest", 64), before, after))["host zoneinfo free_and_on_lists"]
        assert row.explained == pytest.approx(explained)


def test_what_virtualbox_had_already_is_told_apart() -> None:
    held: Key = ("host", gmm_chunks.NAME, "held")
    first = memory("a", {"taken": 100, "lists": 0, "vmm": 0}, {"taken": 0, "lists": 0, "vmm": 0})
    last = memory("b", {"taken": 154, "lists": 0, "vmm": 0}, {"taken": 64.125, "lists": 0, "vmm": 0})
    # Of 64 MiB its guest had used ten before.
    step, number = Step("virtualbox", "step", "guest", 64), "host zoneinfo free_and_on_lists"
    before, after = Memory({**first.reading, held: 200.0}, "a"), Memory({**last.reading, held: 254.0}, "b")
    row = keyed(memory_rows(step, before, after))[number]
    assert row.passed
    assert row.seen == 54
    assert row.explained == pytest.approx(54 - 64.125)
    # It must be VirtualBox that says so.
    row = keyed(memory_rows(step, before, Memory({**last.reading, held: 264.0}, "b")))[number]
    assert not row.passed
    assert not keyed(memory_rows(step, first, last))[number].passed


def test_virtualbox_s_count_of_chunks() -> None:
    text = '<?xml version="1.0"?>\n<Statistics>\n<U32 val="114" unit="count" name="/GMM/cChunks"/>\n</Statistics>\n'
    assert gmm_chunks.parse(text) == [Number("held", 228, "MiB")]
    with raises_code("unknown-output", "/GMM/cChunks"):
        gmm_chunks.parse("VBoxManage: error: Could not find a registered machine named 'server1'")
