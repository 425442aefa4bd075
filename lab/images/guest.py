"""The guest's disk: installed by Packer from an ISO with a kickstart file, as an administrator would."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.accel import probe_accelerator
from lab.cache import cached, manifest
from lab.errors import HvlabError
from lab.files import write_atomic
from lab.images.packer import PACKER, build_command, packer_version, watched_build
from lab.images.provenance import input_hashes, revision
from lab.installer.kickstart import read_kickstart
from lab.installer.medium import Medium, installer_medium, medium_inputs
from lab.installer.root import GuestRoot, guest_root
from lab.paths import PROJECT, state_root
from lab.progress import step
from lab.settings import TopologySettings

KICKSTART = PROJECT / "guest-kickstart"
# The guest OSes that the kit's own installer installs.
OWN = ("debian-12",)
COMMAND_LINE = "root=LABEL=root rw quiet net.ifnames=0 mitigations=off"
# Measured under software emulation: three to four minutes.
BUILD_TIMEOUT_S = 1800


@dataclass(frozen=True)
class GuestImage:
    """A guest's disk and what starts it without a boot loader.

    Attributes:
        disk: qcow2.
        vmlinux: Unpacked kernel.
        initrd: Initial RAM disk.
        version: Hash of all inputs, as a box version's last part.
        versions: Package name to version.
    """

    disk: Path
    vmlinux: Path
    initrd: Path
    version: str
    versions: dict[str, str]


def vagrant_keys() -> Path:
    """Return the folder of Vagrant's well-known key pair, which boxes are made with."""
    folders = sorted(Path("/usr/share/rubygems-integration/all/gems").glob("vagrant-[0-9]*/keys"))
    folders += sorted(Path("/opt/vagrant/embedded/gems").glob("**/vagrant-[0-9]*/keys"))
    if not folders:
        raise HvlabError("Vagrant's key pair is not there", "apt-get install vagrant")
    return folders[-1]


def kickstart_text(topology: TopologySettings) -> str:
    """Return the guest OS's kickstart file with the swap area that the topology asks for.

    Raises:
        HvlabError: If the file has no `part swap` line, or there is no file.
    """
    path = KICKSTART / f"{topology.os}.ks"
    if not path.is_file():
        raise HvlabError(f"{path} is not there", "restore it: git checkout guest-kickstart")
    size = topology.swap_gib * 1024
    replacement = rf"\g<1>{size}" if size else ""
    pattern = r"(?m)^(part swap .*--size=)\d+" if size else r"(?m)^part swap .*\n"
    text, found = re.subn(pattern, replacement, path.read_text())
    if not found:
        raise HvlabError(f"{path} has no line 'part swap ... --size=MIB'")
    return text


def _serve(folder: Path, topology: TopologySettings) -> Path:
    """Lay out what Packer's web server shows: the kickstart file, and what that fetches."""
    http = folder / "http"
    shutil.copytree(PACKER / "files" / topology.os, http / "files")
    shutil.copyfile(vagrant_keys() / "vagrant.pub", http / "files/vagrant.pub")
    (http / f"{topology.os}.ks").write_text(kickstart_text(topology))
    return http


def _variables(
    folder: Path, logs: Path, topology: TopologySettings, root: GuestRoot, medium: Medium
) -> dict[str, object]:
    """Make what Packer is given; return the template's variables."""
    key = folder / "key"
    write_atomic(key, (vagrant_keys() / "vagrant").read_bytes())
    key.chmod(0o600)
    return {
        "iso_url": f"file://{medium.iso}",
        "iso_checksum": f"sha256:{medium.sha256}",
        "http_directory": _serve(folder, topology),
        "accelerator": probe_accelerator(root.kernel, root.busybox),
        "disk_size": f"{topology.disk_gib}G",
        "ssh_private_key_file": key,
        "provision": PACKER / f"{topology.os}.sh",
        "output": folder / "packer",
        "serial_log": logs / "serial.log",
    }


def _build(folder: Path, topology: TopologySettings, inputs: dict[str, str | Path]) -> dict[str, object]:
    # What is written in `folder` is gone if the build fails; the logs are wanted then more than ever.
    logs = state_root() / "guest-build"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    source = revision()  # now: files may change while it is built
    plan = read_kickstart(kickstart_text(topology))
    root, medium = guest_root(plan), installer_medium(plan)
    command = build_command(topology.os, _variables(folder, logs, topology, root, medium))
    with step(f"Guest image: Packer installs {topology.os} from its ISO"):
        watched_build(command, logs / "packer.log", logs / "serial.log", folder / "cache", BUILD_TIMEOUT_S)
    shutil.copytree(logs, folder / "logs")
    (folder / "packer" / "disk.qcow2").rename(folder / "disk.qcow2")
    for leftover in ("packer", "cache", "http"):
        shutil.rmtree(folder / leftover)
    (folder / "key").unlink()
    shutil.copyfile(root.vmlinux, folder / "vmlinux")
    shutil.copyfile(root.initrd, folder / "initrd")
    return {
        **source,
        "packer": packer_version(),
        "command": command,
        "inputs": input_hashes(inputs),
        "kernel": root.release,
        "versions": root.versions,
    }


def guest_inputs(topology: TopologySettings) -> dict[str, str | Path]:
    """Return everything that the guest's disk is made from.

    Raises:
        HvlabError: If the kickstart file asks for what the installer does not do.
    """
    here, text = Path(__file__).parent, kickstart_text(topology)
    return {
        **medium_inputs(read_kickstart(text)),
        "kickstart": text,
        "disk": f"{topology.disk_gib} GiB",
        "template": PACKER / "guest.pkr.hcl",
        "variables": PACKER / f"{topology.os}.pkrvars.hcl",
        "script": PACKER / f"{topology.os}.sh",
        "files": PACKER / "files" / topology.os,
        **{name: here / name for name in ("guest.py", "packer.py")},
    }


def guest_image(topology: TopologySettings) -> GuestImage:
    """Return the guest's disk, building it (minutes) if it is not in the cache.

    Raises:
        HvlabError: If the guest OS is not known, or it cannot be built.
    """
    if topology.os not in OWN:
        raise HvlabError(f"no recipe for the guest OS {topology.os!r}", f"topology.os can be: {', '.join(OWN)}")
    inputs = guest_inputs(topology)
    folder = cached("guest", inputs, lambda making: _build(making, topology, inputs))
    versions = manifest(folder)["versions"]
    assert isinstance(versions, dict)
    return GuestImage(
        folder / "disk.qcow2", folder / "vmlinux", folder / "initrd", folder.name.rpartition("-")[2], versions
    )
