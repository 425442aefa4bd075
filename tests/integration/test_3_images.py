"""The CentOS 5.5 kickstart file itself, installed by the kit's installer through the whole flow of that guest OS.

The maker's media cannot be had everywhere; the kit's ISO stands for them: it has the same prompt, reads the same file
and knows Debian's names for the packages in it. All else is what `image.guest --os=centos-5.5` does with the real ones.
"""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stamina

from core.errors import HvlabError
from core.files import write_atomic
from core.paths import cache_root, state_root
from lab.connectors.ssh_config import Ssh, SshEntry, write_config
from lab.images.acceleration import probe_accelerator
from lab.images.emulator import emulator
from lab.images.guest import GuestImage, guest_image, kickstart_text, vagrant_keys
from lab.images.install_source import MakersMedia
from lab.installer.iso import installer_medium
from lab.installer.kickstart import read_kickstart
from lab.installer.rootfs_archive import guest_root
from lab.media.manifest import KICKSTARTS, media_of, sha256_of
from lab.settings import TopologySettings

OS = "centos-5.5"
TOPOLOGY = TopologySettings(os=OS)
REPOMD = b"<repomd/>"


def lay_out_media(cache: Path, kickstarts: Path) -> None:
    """Put the kit's ISO and a tree where `image.fetch` would, with a list that names them."""
    text = kickstart_text(TOPOLOGY)
    iso = installer_medium(read_kickstart(text)).iso
    kickstarts.mkdir()
    shutil.copyfile(KICKSTARTS / f"{OS}.ks", kickstarts / f"{OS}.ks")
    (kickstarts / f"{OS}.media.toml").write_text(
        f'mirrors = ["https://nowhere.invalid"]\n[iso]\npath = "{iso.name}"\nsha256 = "{sha256_of(iso)}"\n'
        '[tree]\npath = "os/x86_64"\nrepomd_sha256 = ""\nfiles = []\n'
    )
    folder = cache / "media" / OS
    repodata = folder / "tree/os/x86_64/repodata"
    repodata.mkdir(parents=True)
    (folder / iso.name).symlink_to(iso)
    (repodata / "repomd.xml").write_bytes(REPOMD)
    facts = {"repomd_sha256": sha256_of(repodata / "repomd.xml")}
    (folder / "tree.json").write_text(json.dumps(facts))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuestImage]:
    """The disk, as `image.guest` makes it; it does not stay in the cache."""
    place = tmp_path_factory.mktemp("centos")
    lay_out_media(place, place / "kickstarts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lab.media.manifest.cache_root", lambda: place)
        patch.setattr(MakersMedia, "LIMIT_S", 900)
        assert media_of(OS, place / "kickstarts").folder.is_dir()
        image = guest_image(TOPOLOGY, place / "kickstarts")
    yield image
    assert image.disk.is_relative_to(cache_root())
    shutil.rmtree(image.disk.parent)


@contextmanager
def started(image: GuestImage, folder: Path) -> Iterator[Ssh]:
    """Start the disk by its own boot loader, without writing to it; yield how root logs in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = guest_root(read_kickstart(kickstart_text(TOPOLOGY)))
    accelerator = probe_accelerator(root.kernel, root.busybox)
    command = [
        str(emulator()), "-M", "pc", "-accel", accelerator, "-m", "1024", "-smp", "2",
        "-display", "none", "-nodefaults", "-vga", "std", "-snapshot", "-drive",
        f"file={image.disk},format=qcow2,if=virtio",
        "-netdev", f"user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22",
        "-device", "virtio-net-pci,netdev=net0,romfile=",
    ]  # fmt: skip
    key = folder / "key"
    write_atomic(key, (vagrant_keys() / "vagrant").read_bytes())
    key.chmod(0o600)
    write_config(folder / "ssh_config", [SshEntry("guest", "127.0.0.1", port, "root", key)])
    ssh = Ssh(folder / "ssh_config", "guest")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as machine:
        try:
            for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=300, wait_max=1):
                with attempt:
                    assert ssh.answers()
            yield ssh
        finally:
            machine.kill()


def test_the_kickstart_is_obeyed(installed: GuestImage, tmp_path: Path) -> None:
    with started(installed, tmp_path) as ssh:

        def ask(line: str) -> str:
            return ssh.check(line, timeout=60, what=line).strip()

        assert ask("id -un") == "root"
        assert ask("sed -n 's/^id:\\(.\\):.*/\\1/p' /etc/inittab") == "5"
        assert ask("awk '$2 == \"/\" {print $3}' /etc/fstab") == "ext3"
        sizes = [int(size) for size in ask("cat /sys/block/vda/vda?/size").split()]
        swap, root = sorted(sizes)
        assert swap // 2048 == 2048
        # / takes what swap leaves of 20 GiB: 18418 MiB in whole cylinders, a little more without them.
        assert 18400 <= root // 2048 <= 18432
        (area,) = ask("tail -n +2 /proc/swaps").splitlines()
        assert area.startswith("/dev/vda")
        for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=120, wait_max=1):
            with attempt:
                assert ask("runlevel") == "N 5"


def test_the_boot_command_reached_the_kernel_unchanged(installed: GuestImage) -> None:
    said = (installed.disk.parent / "logs/serial.log").read_text(errors="replace")
    (line,) = (line for line in said.splitlines() if "hvlab-installer: command line:" in line)
    words = line.split()
    at = words.index("ksdevice=eth0")
    assert words[at - 1] == "text"
    assert words[at + 1].startswith("ks=http://10.0.2.2:")
    assert words[at + 1].endswith(f"/{OS}.ks")


def test_what_it_was_made_with_is_told(installed: GuestImage) -> None:
    facts = json.loads((installed.disk.parent / "manifest.json").read_text())
    assert f"packer/{OS}.pkrvars.hcl" in " ".join(facts["command"])
    assert len(facts["inputs"]["iso"]) >= 16
    assert {"revision", "packer"} <= set(facts)
    assert installed.vmlinux is None


def test_nothing_of_the_build_is_left(installed: GuestImage) -> None:
    left = {path.name for path in installed.disk.parent.iterdir()}
    assert left == {"disk.qcow2", "logs", "manifest.json"}
    assert not list(state_root().glob("guest-build/*.part"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 8055))


def test_a_full_disk_stops_the_installation(tmp_path: Path) -> None:
    """A real installation of the default guest, into a file system that is smaller than the system."""
    text = (KICKSTARTS / "debian-12.ks").read_text()
    whole = "--size=2048 --grow --label=root"
    assert whole in text
    (tmp_path / "debian-12.ks").write_text(text.replace(whole, "--size=300 --label=root"))
    before = {path.name for path in cache_root().glob("guest-[0-9a-f]*")}
    with pytest.raises(HvlabError, match="installation of the guest stopped: the disk is full: the file system of 2"):
        guest_image(TopologySettings(), tmp_path)
    made = {path.name for path in cache_root().glob("guest-[0-9a-f]*") if path.is_dir()} - before
    assert not made
