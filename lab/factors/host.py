"""Factors on a lab host: whether it can have them, and how they are set there (docs/reference/factors.md)."""

from collections.abc import Iterable

from core.errors import HvlabError
from core.resources.setting import set_program
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.address import parse_host
from lab.factors.registry import all_factors
from lab.factors.settings import FactorsSettings, default_of
from lab.hosts.machines import machine_of
from lab.hosts.preflight import free_line, free_on
from lab.images.host import partitions
from lab.settings import Settings

# Beside the guests' disks: what a file system keeps for itself, and what the box's own disk takes, GiB.
_SPARE_GIB = 6


def render_factors_script(values: FactorsSettings) -> str:
    """Return the shell program that sets the factors of a running lab host.

    What its kernel does not have is left out there, and is absent when it is read back.
    """
    known = ((all_factors()[name], value) for name, value in values)
    return set_program((factor.setting, factor.written(value)) for factor, value in known if factor.setting)


def render_before_reading_script(values: FactorsSettings) -> str:
    """Return the shell program that acts before each stage is read; "" if no factor asks for one."""
    lines = [line for name, value in values if (line := all_factors()[name].before_reading(value))]
    return "\n".join(["set -eu", *lines, ""]) if lines else ""


def require_possible(settings: Settings, providers: Iterable[str]) -> None:
    """Check that the hypervisors can do what the factors ask for, before anything is started.

    A factor that only some hypervisors have is no error: the others are read without it, and the paper says so.

    Raises:
        HvlabError: None of the hypervisors has it, or the disks do not fit; the message names the factor.
    """
    known = [get_hypervisor(name) for name in providers]
    for name, asked in settings.factors:
        _require_effect(name, asked, known)
    strategy = settings.factors.disk_strategy
    for hypervisor in known:
        if strategy not in hypervisor.disk_strategies:
            raise HvlabError(
                f"factors.disk_strategy = {_toml(strategy)}: {hypervisor.title} cannot do it",
                f"it can do: {', '.join(hypervisor.disk_strategies)}",
            )
        if strategy == "preallocated":
            _require_room(settings, hypervisor)


def _require_effect(name: str, asked: object, hypervisors: list[Hypervisor]) -> None:
    """Check that a value other than the default has an effect under one of the hypervisors.

    Raises:
        HvlabError: It has none.
    """
    usual = default_of(name)
    reasons = [all_factors()[name].without(hypervisor.describe()) for hypervisor in hypervisors]
    if asked != usual and all(reasons):
        words = "; ".join(f"{each.title} {reason}" for each, reason in zip(hypervisors, reasons, strict=True))
        raise HvlabError(
            f"factors.{name} = {_toml(asked)} has no effect here: {words}",
            f"leave it at {_toml(usual)}, or choose a provider that has it",
            code="factor-without-effect",
        )


def _require_room(settings: Settings, hypervisor: Hypervisor) -> None:
    """Check that all guests' disks, whole, fit on the file system that they will lie on.

    Raises:
        HvlabError: They do not; or an unmanaged lab host does not report how much is free there.
    """
    size, where = _room(settings, hypervisor)
    if whole_disks_gib(settings) > size:
        disks = f"{settings.topology.guests} disks of {settings.topology.disk_gib} GiB"
        raise HvlabError(
            f'factors.disk_strategy = "preallocated": {disks} do not fit on {hypervisor.folder} ({where})',
            "fewer guests, smaller disks (topology.disk_gib), or another strategy",
            code="too-little-disk",
        )


def whole_disks_gib(settings: Settings) -> int:
    """Return what the guests' disks take when all of their blocks are reserved, with what is beside them, GiB."""
    return settings.topology.guests * settings.topology.disk_gib + _SPARE_GIB


def _room(settings: Settings, provider: Hypervisor) -> tuple[float, str]:
    """Return how many GiB guests' disks may take, and the same as text; the nested lab host's partition is empty."""
    address = parse_host(settings.lab_host.host)
    if address.kind == "nested":
        (size,) = (gib for mount, gib, _ in partitions() if mount == provider.folder)
        return size, f"{size} GiB"
    machine = machine_of(address, settings.lab_host.ssh_config)
    free_space = free_on(machine.check(free_line(provider.folder), timeout=60, what="asking for room"))
    if not free_space:
        raise HvlabError(
            f"{machine.name} does not report how much is free for {provider.folder}",
            "check there: df -h",
            code="free-space-unknown",
        )
    ((device, free),) = free_space
    return free, f"{free:.1f} GiB free on {device}, {whole_disks_gib(settings)} needed"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'
