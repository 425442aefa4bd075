"""Factors: what is set on a lab host because the study says so, and what a provider cannot do of it.

Read back from the host by the meter `factors`; docs/reference/factors.md tells what each is.
"""

from collections.abc import Iterable

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.address import parse_host
from lab.hosts.machines import machine_of
from lab.hosts.preflight import free_line, free_on
from lab.images.host import PARTITIONS
from lab.settings import FactorsSettings, Settings

# Beside the guests' disks: what a file system keeps for itself, and what the box's own disk takes, GiB.
_SPARE_GIB = 6

# Page cache, and the slab that can be reclaimed: what `free` counts as buff/cache. What is not yet written stays, so it
# is written first. The kernel counts it as drop_pagecache and drop_slab in /proc/vmstat (proc_sys_vm(5), drop_caches).
DROP_CACHES = "sync && echo 3 >/proc/sys/vm/drop_caches"


# The nested lab host's area has a label; a host that is not ours tells its own in /etc/fstab.
_SWAP_ON = """\
grep -q '^/' /proc/swaps || swapon LABEL=swap 2>/dev/null || swapon -a
grep -q '^/' /proc/swaps || { echo "no swap area is there: make one, or set factors.swap = false" >&2; exit 1; }"""


def require_possible(settings: Settings, providers: Iterable[str]) -> None:
    """Make sure that the providers can do what the factors ask for, before anything is started.

    A factor that only some providers have is no fault: the others are read without it, and the paper says so.

    Raises:
        HvlabError: None of the providers can do it, or the disks do not fit; the factor is named.
    """
    known = [get_hypervisor(name) for name in providers]
    usual = FactorsSettings()
    for factor, asked in settings.factors:
        if asked != getattr(usual, factor) and all(factor in provider.without for provider in known):
            reasons = "; ".join(f"{provider.title} {provider.without[factor]}" for provider in known)
            raise HvlabError(
                f"factors.{factor} = {_toml(asked)} does nothing here: {reasons}",
                f"leave it at {_toml(getattr(usual, factor))}, or take a provider that has it",
            )
    strategy = settings.factors.disk_strategy
    for provider in known:
        if strategy not in provider.disk_strategies:
            raise HvlabError(
                f"factors.disk_strategy = {_toml(strategy)}: {provider.title} cannot do it",
                f"it can do: {', '.join(provider.disk_strategies)}",
            )
        if strategy == "preallocated":
            _require_room(settings, provider)


def _require_room(settings: Settings, provider: Hypervisor) -> None:
    """Make sure that all guests' disks, whole, fit on the file system that they will lie on.

    Raises:
        HvlabError: They do not; or a lab host that is not ours does not tell how much is free there.
    """
    size, there = _room(settings, provider)
    if whole_disks_gib(settings) > size:
        disks = f"{settings.topology.guests} disks of {settings.topology.disk_gib} GiB"
        raise HvlabError(
            f'factors.disk_strategy = "preallocated": {disks} do not fit on {provider.folder} ({there})',
            "fewer guests, smaller disks (topology.disk_gib), or another strategy",
        )


def whole_disks_gib(settings: Settings) -> int:
    """Return what the guests' disks take when all of their blocks are reserved, with what is beside them, GiB."""
    return settings.topology.guests * settings.topology.disk_gib + _SPARE_GIB


def _room(settings: Settings, provider: Hypervisor) -> tuple[float, str]:
    """Return how many GiB guests' disks may take, and that in words; the nested lab host's partition is empty."""
    address = parse_host(settings.lab_host.host)
    if address.kind == "nested":
        (size,) = (gib for mount, gib, _ in PARTITIONS if mount == provider.folder)
        return size, f"{size} GiB"
    machine = machine_of(address, settings.lab_host.ssh_config)
    told = free_on(machine.check(free_line(provider.folder), timeout=60, what="asking for room"))
    if not told:
        raise HvlabError(f"{machine.name} does not tell how much is free for {provider.folder}", "look there: df -h")
    ((device, free),) = told
    return free, f"{free:.1f} GiB free on {device}, {whole_disks_gib(settings)} needed"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def script(factors: FactorsSettings) -> str:
    """Return the shell program that sets what a running host's kernel can be told.

    What it does not know (huge pages under Xen's dom0) is left out here, and is missing when it is read back.
    """
    lines = [
        "set -eu",
        f"[ ! -e /sys/kernel/mm/ksm/run ] || echo {int(factors.ksm)} >/sys/kernel/mm/ksm/run",
        "huge=/sys/kernel/mm/transparent_hugepage/enabled",
        f'[ ! -e "$huge" ] || echo {factors.thp} >"$huge"',
        _SWAP_ON if factors.swap else "swapoff -a",
    ]
    return "\n".join(lines) + "\n"
