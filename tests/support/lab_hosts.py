"""Lab hosts whose files need not exist, and doctor's checks of recorded machines."""

from pathlib import Path

from core.diagnosis import Finding
from core.pace import Pace
from core.paths import PROJECT
from hypervisors.boot import BootFiles, BootOptions
from lab.connectors.address import Kind
from lab.doctor.check import Wanted
from lab.doctor.run import all_checks
from lab.hosts.hardware import split_answers
from lab.hosts.nested import NestedHost
from lab.images.boxes import Boxes
from lab.images.host import HostImage
from lab.settings import LabHostSettings, Settings

CHECKS = {check.name: check for check in all_checks()}


def nested_host(folder: Path) -> NestedHost:
    """Return a nested lab host whose state folder is `folder`/state."""
    names = ("disk.raw", "vmlinuz", "vmlinux", "initrd", "xen", "busybox")
    disk, kernel, vmlinux, initrd, xen, busybox = (folder / name for name in names)
    image = HostImage(disk, BootFiles(kernel, vmlinux, initrd, {"xen": xen}), busybox, {})
    boxes = Boxes("hvlab/debian-12", "1.0.1", folder / "boxes", folder / "store.img")
    plain = BootOptions({}, {})
    state = folder / "state"
    return NestedHost(image, folder / "qemu", boxes, LabHostSettings(), state, options=lambda _: plain, pace=Pace())


def wanted(kind: Kind = "local", provider: str | None = None, accelerator: str = "") -> Wanted:
    """Return what doctor checks a machine for, with the default settings."""
    return Wanted(kind, provider, Settings(), "/cache", "/state", accelerator)


def judge(machine: str, name: str, purpose: Wanted) -> Finding:
    """Return a check's finding of a machine in tests/fixtures/doctor."""
    answers = split_answers((PROJECT / f"tests/fixtures/doctor/{machine}.txt").read_text())
    return CHECKS[name].judge(answers[name], purpose)
