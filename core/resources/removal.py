"""The loop over the resources of this machine, and over hosts, which report their own outcomes.

It does what `loop.sh` does on a host: probe, remove what is the lab's, probe again; one that fails does not keep the
others.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from core.errors import HvlabError
from core.resources.base import Outcome, failures


@dataclass(frozen=True)
class Probe:
    """State of a resource; `detail` describes it, or says why it is foreign."""

    state: Literal["absent", "owned", "foreign"]
    detail: str = ""


ABSENT, OWNED = Probe("absent"), Probe("owned")


class Removable(Protocol):
    """Something that can be removed and reports the outcomes."""

    def take_down(self) -> Sequence[Outcome]:
        """Remove it, as far as it is the lab's; return what was removed, left or failed.

        Raises:
            HvlabError: It cannot be probed or removed.
            OSError: The same.
        """


class LocalResource(ABC):
    """A resource on this machine."""

    kind: str
    name: str

    @abstractmethod
    def probe(self) -> Probe:
        """Return its state, with its ownership.

        Raises:
            HvlabError: The state is unknown.
        """

    @abstractmethod
    def remove(self) -> None:
        """Remove it.

        Raises:
            HvlabError: That failed.
        """

    def take_down(self) -> list[Outcome]:
        """Remove it if it is the lab's."""
        before = self.probe()
        if before.state == "absent":
            return []
        if before.state == "foreign":
            return [Outcome("foreign", self.kind, self.name, before.detail)]
        self.remove()
        after = self.probe()
        if after.state == "owned":
            return [Outcome("failed", self.kind, self.name, "is still there")]
        return [Outcome("removed", self.kind, self.name, before.detail)]


def remove_all(parts: Iterable[Removable], report: Callable[[Outcome], None]) -> list[str]:
    """Remove resources in the given order.

    Args:
        parts: In the order of their removal.
        report: Given each outcome but failures.

    Returns:
        The failures, one line each.
    """
    failed = list[str]()
    for part in parts:
        try:
            outcomes = part.take_down()
        except (HvlabError, OSError) as error:
            failed.append(str(error))
            continue
        for outcome in outcomes:
            if outcome.result != "failed":
                report(outcome)
        failed += failures(outcomes)
    return failed
