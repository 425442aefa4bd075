"""The guest's disk: installed by Packer from an ISO with a kickstart file, as an administrator would."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from core.errors import HvlabError
from core.files import write_atomic
from core.paths import state_root
from lab.history import current_pace
from lab.images.acceleration import probe_accelerator
from lab.images.cache import cached, manifest
from lab.images.install_source import Medium, Source, require_known, source_for
from lab.images.packer import PACKER, build_command, packer_version, watched_build
from lab.images.provenance import input_hashes, revision
from lab.media.manifest import KICKSTARTS
from lab.settings import TopologySettings

COMMAND_LINE = "root=LABEL=root rw quiet net.ifnames=0 mitigations=off"


@dataclass(frozen=True)
class GuestImage:
    """A guest's disk and what starts it without a boot loader.

    Attributes:
        disk: qcow2.
        vmlinux: Unpacked kernel; None: the guest is started by the boot loader on its disk.
        initrd: Initial RAM disk; None likewise.
        version: Hash of all inputs, as a box version's last part.
        versions: Package name to version.
    """

    disk: Path
    vmlinux: Path | None
    initrd: Path | None
    version: str
    versions: dict[str, str]


def vagrant_keys() -> Path:
    """Return the folder of Vagrant's well-known key pair, which boxes are made with."""
    folders = sorted(Path("/usr/share/rubygems-integration/all/gems").glob("vagrant-[0-9]*/keys"))
    folders += sorted(Path("/opt/vagrant/embedded/gems").glob("**/vagrant-[0-9]*/keys"))
    if not folders:
        raise HvlabError("Vagrant's key pair is not there", "apt-get install vagrant")
    return folders[-1]


def kickstart_text(topology: TopologySettings, kickstarts: Path = KICKSTARTS) -> str:
    """Return the guest OS's kickstart file with the swap area that the topology asks for.

    Raises:
        HvlabError: If the file has no `part swap` line, or the guest OS is not known.
    """
    require_known(topology.os, kickstarts)
    path = kickstarts / f"{topology.os}.ks"
    size = topology.swap_gib * 1024
    replacement = rf"\g<1>{size}" if size else ""
    pattern = r"(?m)^(part swap .*--size=)\d+" if size else r"(?m)^part swap .*\n"
    try:
        text, found = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        hint = "./invoke image.check names its line"
        raise HvlabError(f"{path} is not UTF-8", hint, code="kickstart-encoding") from error
    if not found:
        raise HvlabError(f"{path} has no line 'part swap ... --size=MIB'")
    return text


def _serve(folder: Path, topology: TopologySettings, kickstart: str) -> Path:
    """Lay out what Packer's web server shows: the kickstart file, and what that fetches."""
    http = folder / "http"
    files = PACKER / "files" / topology.os
    if files.is_dir():
        shutil.copytree(files, http / "files")
    else:
        (http / "files").mkdir(parents=True)
    shutil.copyfile(vagrant_keys() / "vagrant.pub", http / "files/vagrant.pub")
    (http / f"{topology.os}.ks").write_text(kickstart)
    return http


# Of the template: what hvlab passes when it builds. A guest OS's var file, or the template, has all others.
BUILD_VARIABLES = (
    "iso_url",
    "iso_checksum",
    "http_directory",
    "accelerator",
    "disk_size",
    "ssh_private_key_file",
    "provision",
    "output",
    "serial_log",
)


def _variables(folder: Path, http: Path, logs: Path, topology: TopologySettings, medium: Medium) -> dict[str, object]:
    """Return the template's variables; `http` is what Packer's web server shows."""
    key = folder / "key"
    write_atomic(key, (vagrant_keys() / "vagrant").read_bytes(), mode=0o600)
    return {
        "iso_url": f"file://{medium.iso}",
        "iso_checksum": f"sha256:{medium.sha256}",
        "http_directory": http,
        "accelerator": probe_accelerator(*medium.probe),
        "disk_size": f"{topology.disk_gib}G",
        "ssh_private_key_file": key,
        "provision": PACKER / f"{topology.os}.sh",
        "output": folder / "packer",
        "serial_log": logs / "serial.log",
    }


def _take_out(folder: Path) -> None:
    """Keep the disk of what Packer leaves."""
    (folder / "packer" / "disk.qcow2").rename(folder / "disk.qcow2")
    for leftover in ("packer", "cache", "http"):
        shutil.rmtree(folder / leftover)
    (folder / "key").unlink()


def _build(
    folder: Path, topology: TopologySettings, source: Source, inputs: dict[str, str | Path]
) -> dict[str, object]:
    # What is written in `folder` is gone if the build fails; the logs are wanted then more than ever.
    logs = state_root() / "guest-build"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    written = revision()  # now: files may change while it is built
    medium = source.medium()
    http = _serve(folder, topology, str(inputs["kickstart"]))
    command = build_command(topology.os, _variables(folder, http, logs, topology, medium))
    limit_s = current_pace().scaled(medium.limit_s)
    with step(f"Guest image: Packer installs {topology.os} from its ISO"), medium.serving(logs / "tree.log"):
        watched_build(command, logs / "packer.log", logs / "serial.log", folder / "cache", limit_s)
    shutil.copytree(logs, folder / "logs")
    _take_out(folder)
    for name, file in _starters(folder, medium):
        shutil.copyfile(file, name)
    return {
        **written,
        "packer": packer_version(),
        "command": command,
        "inputs": input_hashes(inputs),
        "kernel": medium.release,
        "versions": medium.versions,
    }


def _starters(folder: Path, medium: Medium) -> list[tuple[Path, Path]]:
    """Return what starts the guest without a boot loader: where it is kept, and where it comes from."""
    pairs = (("vmlinux", medium.vmlinux), ("initrd", medium.initrd))
    return [(folder / name, file) for name, file in pairs if file]


def guest_inputs(topology: TopologySettings, source: Source, kickstart: str) -> dict[str, str | Path]:
    """Return everything that the guest's disk is made from.

    Raises:
        HvlabError: If the medium cannot be had.
    """
    here = Path(__file__).parent
    files = PACKER / "files" / topology.os
    return {
        **source.inputs(),
        "kickstart": kickstart,
        "disk": f"{topology.disk_gib} GiB",
        "template": PACKER / "guest.pkr.hcl",
        "variables": PACKER / f"{topology.os}.pkrvars.hcl",
        "script": PACKER / f"{topology.os}.sh",
        **({"files": files} if files.is_dir() else {}),
        **{name: here / name for name in ("guest.py", "packer.py", "install_source.py")},
    }


def guest_image(topology: TopologySettings, kickstarts: Path = KICKSTARTS) -> GuestImage:
    """Return the guest's disk, building it (minutes) if it is not in the cache.

    Args:
        topology: The guest OS, and the disk's size.
        kickstarts: Folder with its kickstart file and the list of its media.

    Raises:
        HvlabError: If the guest OS is not known, its media are missing, or it cannot be built.
    """
    kickstart = kickstart_text(topology, kickstarts)
    source = source_for(topology.os, kickstart, kickstarts)
    inputs = guest_inputs(topology, source, kickstart)
    folder = cached("guest", inputs, lambda making: _build(making, topology, source, inputs))
    versions = manifest(folder)["versions"]
    assert isinstance(versions, dict)
    vmlinux, initrd = (path if path.is_file() else None for path in (folder / "vmlinux", folder / "initrd"))
    return GuestImage(folder / "disk.qcow2", vmlinux, initrd, folder.name.rpartition("-")[2], versions)
