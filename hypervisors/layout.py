"""What a lab has on its host and how it is called there: what a hypervisor's resources are made from."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

from core.resources.base import Resource

_NAMESPACE = uuid.UUID("0b6f2c52-7c7e-4d7e-9a5d-3f1f6f0c8a11")


@dataclass(frozen=True)
class GuestIdentity:
    """How a guest is known on its host."""

    name: str
    mac: str
    address: str


@dataclass(frozen=True)
class NetworkPlan:
    """The guests' network; `mac` is the bridge's."""

    name: str
    bridge: str
    mac: str
    address: str
    netmask: str


@dataclass(frozen=True)
class BoxPlan:
    """The box on the host.

    Attributes:
        folder: With the box's files of this hypervisor's format.
        volume: How vagrant-libvirt calls the volume that it makes of it.
        strategy: How guests' disks come from it.
    """

    folder: str
    volume: str
    strategy: str


@dataclass(frozen=True)
class LabLayout:
    """A lab on its host.

    Attributes:
        owner: Who has the host: user, controller, state folder.
        folder: Of the guests' disks.
        volumes: How the names of all volumes that vagrant-libvirt makes of hvlab's boxes begin.
        guests: All that there may be.
        box: None where only what is there is to be found.
    """

    owner: str
    folder: str
    volumes: str
    guests: Sequence[GuestIdentity]
    network: NetworkPlan
    box: BoxPlan | None = None

    def uuid(self, what: str) -> str:
        """Return the UUID of one of the lab's things, the same each time: by that it is known as the lab's."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.owner} {what}"))


Resources = Callable[[LabLayout], Sequence[Resource]]


def resources_of(name: str, layout: LabLayout) -> list[Resource]:
    """Return what a lab has under one hypervisor, in the order of its creation: hypervisors/NAME/resources.py."""
    found: Resources = import_module(f"hypervisors.{name}.resources").resources
    return list(found(layout))
