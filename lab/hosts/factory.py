"""Makes the lab host that `lab_host.host` names."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.pace import Pace
from hypervisors.boot import BootOptions
from lab.connectors.address import parse_host
from lab.hosts.base import LabHost
from lab.hosts.local import LocalHost
from lab.hosts.nested import NestedHost
from lab.hosts.ssh import RemoteHost
from lab.images.boxes import Boxes
from lab.images.emulator import emulator
from lab.images.host import host_image
from lab.images.origin import origin_of
from lab.settings import Settings


def _options(settings: Settings, hypervisor: str) -> BootOptions:
    return BootOptions(settings.parameters_of(hypervisor), settings.factors.model_dump())


def lab_host(settings: Settings, boxes: Callable[[], Boxes], state: Path, pace: Pace) -> LabHost:
    """Return the lab host that the settings name.

    Args:
        settings: All parameters.
        boxes: Returns the boxes that guests are made from; only called when they are needed.
        state: The lab's folder.
        pace: How long time limits are; the nested one measures it, and others leave it as it is.

    Raises:
        HvlabError: They name none, or the nested one cannot be built.
    """
    wanted = settings.lab_host
    address = parse_host(wanted.host)
    if address.kind == "nested":
        options = partial(_options, settings)
        return NestedHost(
            host_image(origin_of(settings)), emulator(), boxes(), wanted, state, options=options, pace=pace
        )
    if address.kind == "local":
        return LocalHost(address, boxes, settings.topology.guests, state)
    return RemoteHost(address, wanted.ssh_config, boxes, settings.topology.guests, state)
