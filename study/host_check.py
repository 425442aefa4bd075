"""A study on an unmanaged lab host: what its kernel cannot run, and whether it is still the same machine."""

from collections.abc import Mapping, Sequence

from core.errors import HvlabError
from dataset.models import StudyInfo
from hypervisors.registry import get_hypervisor
from lab.connectors.address import Kind
from lab.hosts.base import LabHost


def require_something(host: LabHost, providers: Sequence[str]) -> None:
    """Check that a lab host can run at least one of a study's hypervisors now.

    Raises:
        HvlabError: It must be restarted first; the message names the boot entry.
    """
    obstacles = [host.obstacle(get_hypervisor(name)) for name in providers]
    if obstacles and all(obstacles):
        raise next(wrong for wrong in obstacles if wrong)


def require_kind(kind: Kind, study: StudyInfo) -> None:
    """Check that a study continues on the kind of lab host that it was started on, without asking the host.

    Raises:
        HvlabError: It is another kind.
    """
    if study.environment.kind != kind:
        raise HvlabError(
            f"study {study.id} was started on a lab host of kind {study.environment.kind}, this one is {kind}",
            "omit --host",
            code="other-lab-host",
        )


def require_same(host: LabHost, study: StudyInfo) -> None:
    """Check that a study continues on the machine that it was started on, by the properties that are known of both.

    Raises:
        HvlabError: The lab host is another machine; the message names the property.
    """
    begun, here = study.environment.host, host.identity()
    for name in sorted(begun.keys() & here.keys()):
        if begun[name] != here[name]:
            raise HvlabError(
                f"study {study.id} was started on another lab host: {name} {begun[name]}, this one has {here[name]}",
                "continue there, or start a new one: study.all",
                code="other-lab-host",
            )


def left_for(waiting: Mapping[str, HvlabError]) -> HvlabError:
    """Return the error for runs that need another kernel, with a hint how to continue.

    Args:
        waiting: Name of the run to its obstacle.
    """
    why = next(iter(waiting.values()))
    return HvlabError(
        f"runs that need another kernel: {', '.join(sorted(waiting))}: {why.message}",
        f"{why.hint}, then ./invoke study.resume",
        code="lab-host-waits",
    )
