"""QEMU's command lines, under hardware virtualization and under software emulation: all that hvlab starts itself.

Packer starts QEMU for guest disks; its options are in `packer/guest.pkr.hcl`. The functional tests compare the command
lines here with what QEMU says that it knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# QEMU's accelerators, as study.json has them: hardware virtualization, and software emulation.
HARDWARE, SOFTWARE = "kvm", "tcg"


@dataclass(frozen=True)
class Processor:
    """The virtual processor of a lab host.

    Attributes:
        accelerator: HARDWARE or SOFTWARE.
        model: QEMU's model of it under software emulation.
        without: Features that a hypervisor does not bear, which it lacks under hardware virtualization, where it is
            this machine's own. The model for software emulation has none of them.
    """

    accelerator: str
    model: str
    without: Sequence[str] = ()

    def options(self) -> list[str]:
        """Return QEMU's options for it."""
        if self.accelerator == HARDWARE:
            # Its own vmx or svm is among the features of "host" where this machine's kvm module has `nested` on.
            return ["-accel", HARDWARE, "-cpu", ",".join(["host", *(f"{name}=off" for name in self.without)])]
        # One thread for each virtual CPU; the cache of translated code would grow to over 1 GiB.
        return ["-accel", f"{SOFTWARE},thread=multi,tb-size=512", "-cpu", self.model]


@dataclass(frozen=True)
class LabHostMachine:
    """The nested lab host's virtual machine, the same for every hypervisor.

    Attributes:
        name: Of the machine.
        vcpus: Number of virtual CPUs.
        memory_mib: Memory, MiB.
        overlay: Its disk, qcow2.
        store: The disk with the boxes, raw; read-only.
        ssh_port: Port of this machine's loopback address that leads to its SSH server.
        console: File for its serial console.
    """

    name: str
    vcpus: int
    memory_mib: int
    overlay: Path
    store: Path
    ssh_port: int
    console: Path


def lab_host_command(
    emulator: Path, machine: LabHostMachine, processor: Processor, kernel_arguments: Sequence[str]
) -> list[str]:
    """Return the command line that starts a lab host.

    Args:
        emulator: QEMU.
        machine: What it is made of.
        processor: Its processor.
        kernel_arguments: What boots (`hypervisors.boot.Boot.arguments`).
    """
    return [
        str(emulator), "-name", machine.name, "-machine", "q35", *processor.options(),
        "-smp", str(machine.vcpus), "-m", str(machine.memory_mib),
        "-nodefaults", "-display", "none", "-no-reboot",
        *kernel_arguments,
        "-drive", f"file={machine.overlay},format=qcow2,if=virtio,cache=unsafe",
        "-drive", f"file={machine.store},format=raw,if=virtio,readonly=on,cache=unsafe",
        "-netdev", f"user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:{machine.ssh_port}-:22",
        "-device", "virtio-net-pci,netdev=net0,romfile=",
        "-serial", f"file:{machine.console}",
    ]  # fmt: skip


def probe_command(kernel: Path, initrd: Path) -> list[str]:
    """Return the command line that tries a kernel under hardware virtualization; its console is standard output."""
    return [
        "qemu-system-x86_64", "-machine", "q35", *Processor(HARDWARE, "").options(), "-m", "512", "-nodefaults",
        "-display", "none", "-serial", "stdio", "-no-reboot",
        "-kernel", str(kernel), "-initrd", str(initrd), "-append", "console=ttyS0 quiet panic=-1",
    ]  # fmt: skip
