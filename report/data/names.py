"""The order and the printed names of hypervisors and stages."""

import re

from report.i18n.translate import gettext, message

PROVIDERS = ("xen", "kvm", "virtualbox")
PLAIN_KERNEL = ("kvm", "virtualbox")
"""Providers under which the host's own kernel sees the whole machine (under Xen dom0 does not)."""

PRINTED = {"xen": "Xen", "kvm": "KVM", "virtualbox": "VirtualBox"}

_STAGES_WITHOUT_GUEST = {"booting": message("Booting"), "manager": message("Manager")}
_STAGE = re.compile(r"booting|manager|vm-([1-9][0-9]{0,3})")


def is_stage(name: str) -> bool:
    """Tell whether `name` is `booting`, `manager` or `vm-N`."""
    return _STAGE.fullmatch(name) is not None


def guests_at(stage: str) -> int:
    """Return the number of running guests at a stage: 0, 0, 1 .. N."""
    match = _STAGE.fullmatch(stage)
    if match is None:
        raise ValueError(f"not a stage: {stage!r}")
    return int(match[1] or 0)


def vm_stage(guests: int) -> str:
    """Return the name of the stage at which `guests` guests run."""
    return f"vm-{guests}"


def stages_up_to(guests: int) -> tuple[str, ...]:
    """Return all stages in the order of a run: booting, manager, vm-1 .. vm-`guests`."""
    return ("booting", "manager", *(vm_stage(number) for number in range(1, guests + 1)))


def printed_stage(stage: str) -> str:
    """Return a stage's name as the 2011 study prints it: Booting, Manager, VM-1."""
    return stage.upper() if stage.startswith("vm-") else gettext(_STAGES_WITHOUT_GUEST[stage])
