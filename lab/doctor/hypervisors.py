"""The hypervisors' own checks."""

from collections.abc import Iterator
from functools import partial

from core.diagnosis import Finding
from hypervisors.doctor import HypervisorCheck, Subject
from hypervisors.registry import all_hypervisors
from lab.doctor.check import EVERYWHERE, REAL, Check, Wanted


def hypervisor_checks() -> Iterator[Check]:
    """Yield the checks of all hypervisors; one that several share comes once."""
    owners: dict[HypervisorCheck, list[str]] = {}
    for name, hypervisor in all_hypervisors().items():
        for check in hypervisor.doctor:
            owners.setdefault(check, []).append(name)
    for check, names in owners.items():
        kinds = EVERYWHERE if check.on_nested else REAL
        yield Check(check.name, partial(_line, check), partial(_judge, check, frozenset(names)), kinds)


def _line(check: HypervisorCheck, wanted: Wanted) -> str:
    del wanted
    return check.line


def _judge(check: HypervisorCheck, owners: frozenset[str], text: str, wanted: Wanted) -> Finding:
    return check.judge(text, Subject(wanted.nested, wanted.provider, wanted.provider in owners))
