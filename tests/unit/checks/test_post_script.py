"""The kickstart's %post, run for real on a folder that holds the files of a fresh CentOS 5.5 that it changes.

Paths of the script are put below that folder; programs that only a whole system can run note how they were called.
"""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from lab.media.lists import KICKSTARTS

SCRIPT = (KICKSTARTS / "centos-5.5.ks").read_text().split("\n%post\n")[1]
FILES = {
    "etc/inittab": "id:5:initdefault:\n6:2345:respawn:/sbin/mingetty tty6\n\n# Run xdm in runlevel 5\n"
    "x:5:respawn:/etc/X11/prefdm -nodaemon\n",
    "etc/sudoers": "Defaults    requiretty\nroot\tALL=(ALL) \tALL\n",
    "etc/ssh/sshd_config": "Protocol 2\nGSSAPIAuthentication yes\n#UseDNS yes\n",
    "etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nBOOTPROTO=dhcp\nHWADDR=52:54:00:12:34:56\nONBOOT=yes\n",
    "etc/sysconfig/kernel": "UPDATEDEFAULT=yes\nDEFAULTKERNEL=kernel-xen\n",
    "etc/hosts": "127.0.0.1\tlocalhost.localdomain localhost\n",
    "etc/rc.d/rc.local": "#!/bin/sh\n\ntouch /var/lock/subsys/local\n",
    "etc/X11/xorg.conf": 'Section "InputDevice"\n\tDriver      "kbd"\nEndSection\n'
    'Section "Device"\n\tIdentifier  "Videocard0"\n\tDriver      "cirrus"\nEndSection\n',
    "root/.bash_profile": "# .bash_profile\n",
    "boot/vmlinuz-2.6.18-194.el5": "",
    "boot/vmlinuz-2.6.18-194.el5xen": "",
    "lib/modules/2.6.18-194.el5/modules.dep": "",
    "lib/modules/2.6.18-194.el5xen/modules.dep": "",
    "sys/class/net/eth0/address": "52:54:00:68:76:03\n",
}
PROGRAMS = ("useradd", "chpasswd", "chown", "mkinitrd", "grubby", "chkconfig", "hostname")
NOTE = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n[ "$*" ] || echo server3\n'
_PATH = re.compile(r"(?<![\w.$}/])/(etc|root|home|boot|lib|sbin|sys)\b")


class System:
    """A folder that stands for the installed system."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin, self.calls = folder / "root", folder / "bin", folder / "calls"
        for name, text in FILES.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
        for name in ("home/vagrant", "sbin"):
            (self.folder / name).mkdir(parents=True)
        self.bin.mkdir()
        for place in (self.bin, self.folder / "sbin"):
            for name in (*PROGRAMS, "mingetty"):
                (place / name).write_text(NOTE)
                (place / name).chmod(0o755)

    def run(self, script: str) -> None:
        """Run a script of the system's; nothing outside `folder` is named in it afterwards."""
        # What is written into files or compared stays as it is: only words of commands are paths of this machine.
        here = _PATH.sub(lambda path: f"{self.folder}{path[0]}", script)
        for text in ("respawn:{}/sbin", "= {}/dev"):
            here = here.replace(text.format(self.folder), text.format(""))
        environment = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "CALLS": str(self.calls)}
        subprocess.run(["bash", "-eu", "-c", here], env=environment, check=True, timeout=30)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def called(self, program: str) -> list[str]:
        lines = self.calls.read_text().replace(str(self.folder), "").splitlines()
        return [line.removeprefix(f"{program} ") for line in lines if line.startswith(f"{program} ")]


@pytest.fixture
def system(tmp_path: Path) -> System:
    made = System(tmp_path)
    made.run(SCRIPT)
    return made


@pytest.mark.parametrize("home", ["root", "home/vagrant"])
def test_the_key_lets_in(system: System, home: str) -> None:
    keys = system.folder / home / ".ssh/authorized_keys"
    assert keys.read_text().startswith("ssh-rsa AAAA")
    assert len(keys.read_text().splitlines()) == 1
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.parent.stat().st_mode) == 0o700
    assert system.called("useradd") == ["-m vagrant"]


def test_sudo_and_sshd(system: System) -> None:
    assert system.text("etc/sudoers").splitlines() == [
        "#Defaults    requiretty",
        "root\tALL=(ALL) \tALL",
        "vagrant ALL=(ALL) NOPASSWD: ALL",
    ]
    active = [line for line in system.text("etc/ssh/sshd_config").splitlines() if not line.startswith("#")]
    assert active == ["Protocol 2", "UseDNS no", "GSSAPIAuthentication no"]


def test_root_is_logged_in_on_the_screen_in_place_of_gdm(system: System) -> None:
    entries = [line for line in system.text("etc/inittab").splitlines() if line.startswith(("x:", "id:"))]
    assert entries == ["id:5:initdefault:", "x:5:respawn:/sbin/mingetty --autologin root tty7"]
    profile = system.text("root/.bash_profile")
    assert 'if [ "$(tty)" = /dev/tty7 ]; then\n    exec startx -- :0 vt7' in profile


def test_any_network_card(system: System) -> None:
    assert "HWADDR" not in system.text("etc/sysconfig/network-scripts/ifcfg-eth0")
    assert system.called("chkconfig") == ["kudzu off"]


def test_both_kernels_find_their_disks_and_the_plain_one_starts(system: System) -> None:
    plain, xen = system.called("mkinitrd")
    assert "virtio_blk" in plain
    assert "ata_piix" in plain
    assert plain.endswith("/boot/initrd-2.6.18-194.el5.img 2.6.18-194.el5")
    assert "--preload=xenblk" in xen
    assert xen.endswith("/boot/initrd-2.6.18-194.el5xen.img 2.6.18-194.el5xen")
    assert system.called("grubby") == ["--set-default=/boot/vmlinuz-2.6.18-194.el5"]
    assert "DEFAULTKERNEL=kernel\n" in system.text("etc/sysconfig/kernel")


@pytest.mark.parametrize(("release", "driver"), [("2.6.18-194.el5", "vesa"), ("2.6.18-194.el5xen", "fbdev")])
def test_each_start_sets_name_and_screen(system: System, release: str, driver: str) -> None:
    (system.bin / "uname").write_text(f"#!/bin/sh\necho {release}\n")
    (system.bin / "uname").chmod(0o755)
    ours = system.text("etc/rc.d/rc.local").split("subsys/local\n")[1]
    for _ in range(2):
        system.run(ours)
    assert system.called("hostname")[0] == "server3"
    assert system.text("etc/hosts").count("server3") == 1
    screen = system.text("etc/X11/xorg.conf")
    assert f'Driver "{driver}"' in screen.split('Section "Device"')[1]
    assert '"kbd"' in screen


def test_on_a_system_without_red_hats_tools_it_only_does_what_it_can(tmp_path: Path) -> None:
    """The kit's own installer runs this file, too, on Debian."""
    system = System(tmp_path)
    for name in ("sbin/mingetty", "sbin/grubby", "sbin/chkconfig", "etc/sysconfig/network-scripts/ifcfg-eth0"):
        (system.folder / name).unlink()
    system.run(SCRIPT.replace("[ ! -d /etc/rc.d ]", "[ ! -d /etc/none ]"))
    assert (system.folder / "root/.ssh/authorized_keys").is_file()
    assert "prefdm" in system.text("etc/inittab")
    assert not system.called("mkinitrd")
