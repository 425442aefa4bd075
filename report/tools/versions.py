"""What an upgrade changed: the versions behind a hypervisor's numbers in two studies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dataset.models import StudyInfo

UNKNOWN = "unknown"
_RELEASE = "host operating system"
# Behind every hypervisor's numbers.
_OF_ALL = ("kernel", _RELEASE)


@dataclass(frozen=True)
class VersionChange:
    """A component of a hypervisor, or of the lab host, in two studies.

    Attributes:
        component: What it is called in the environment's versions.
        before: Its version in the first study; "unknown" if it was not read.
        after: In the second, likewise.
    """

    component: str
    before: str
    after: str

    def __str__(self) -> str:
        """Return it as it is printed: both versions, or one if they are the same."""
        both = self.before if self.before == self.after else f"{self.before} -> {self.after}"
        return f"{self.component} {both}"


def versions_of(provider: str, before: StudyInfo, after: StudyInfo) -> tuple[VersionChange, ...]:
    """Return the versions behind a hypervisor's numbers: its components', the kernel's, the lab host's system.

    Args:
        provider: Name of the hypervisor.
        before: The first study.
        after: The second.

    Returns:
        Those that at least one of the studies knows.
    """
    names = dict.fromkeys((*_components(provider, (before, after)), *_OF_ALL))
    pairs = ((name, _version(name, provider, before), _version(name, provider, after)) for name in names)
    return tuple(VersionChange(*pair) for pair in pairs if pair[1:] != (UNKNOWN, UNKNOWN))


def _components(provider: str, studies: Sequence[StudyInfo]) -> Iterator[str]:
    """Yield the names of a hypervisor's components; studies from before they were described have its own name."""
    described = [name for study in studies for it in study.hypervisors if it.name == provider for name in it.components]
    yield from described or [provider]


def _version(name: str, provider: str, study: StudyInfo) -> str:
    """Return a version; of a hypervisor that the study does not have, none is known."""
    if provider not in {it.name for it in study.hypervisors}:
        return UNKNOWN
    known = study.environment.versions.get(name)
    if name == _RELEASE and study.environment.kind == "nested" and (release := study.lab_host("release")):
        known = f"Debian {release}"
    return known or UNKNOWN
