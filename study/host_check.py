"""A study on a lab host that is not ours to start: what its kernel cannot do, whether it is still the same machine."""

from collections.abc import Mapping, Sequence

from core.errors import HvlabError
from dataset.models import StudyInfo
from hypervisors.registry import get_hypervisor
from lab.connectors.address import Kind
from lab.hosts.base import LabHost


def require_something(host: LabHost, providers: Sequence[str]) -> None:
    """Make sure that a lab host can do at least one of a study's providers now.

    Raises:
        HvlabError: It would have to be restarted first; the message tells into what.
    """
    obstacles = [host.obstacle(get_hypervisor(name)) for name in providers]
    if obstacles and all(obstacles):
        raise next(wrong for wrong in obstacles if wrong)


def require_kind(kind: Kind, study: StudyInfo) -> None:
    """Make sure that a study goes on with the kind of lab host that it was begun on; asks no host.

    Raises:
        HvlabError: It is another kind.
    """
    if study.environment.kind != kind:
        raise HvlabError(
            f"study {study.id} was begun on a lab host of kind {study.environment.kind}, this one is {kind}",
            "leave --host out",
        )


def require_same(host: LabHost, study: StudyInfo) -> None:
    """Make sure that a study goes on where it was begun. What only one of both tells is not compared.

    Raises:
        HvlabError: The lab host is another machine; tells by what.
    """
    begun, here = study.environment.host, host.identity()
    for name in sorted(begun.keys() & here.keys()):
        if begun[name] != here[name]:
            raise HvlabError(
                f"study {study.id} was begun on another lab host: {name} {begun[name]}, this one has {here[name]}",
                "go on there, or take a new one: study.all",
            )


def left_for(waiting: Mapping[str, HvlabError]) -> HvlabError:
    """Return what tells that runs are left for another kernel, and how to go on.

    Args:
        waiting: Run to what is in its way.
    """
    why = next(iter(waiting.values()))
    return HvlabError(
        f"left for another kernel: {', '.join(sorted(waiting))}: {why.message}",
        f"{why.hint}, then ./invoke study.resume",
    )
