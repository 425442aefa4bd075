"""Each check's judgement of what machines print: tests/fixtures/doctor, one file a machine."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab.connectors.address import Kind
from lab.doctor.check import Wanted
from lab.hosts.machines import ThisMachine
from lab.settings import Settings
from lab.state.processes import lab_name
from tests.functional.vagrant.tools import FakeCommand
from tests.support.lab_hosts import CHECKS, judge, wanted


@pytest.mark.parametrize(
    ("machine", "name", "kind", "provider", "state", "seen"),
    [
        # A /dev/kvm that cannot boot a guest is no hardware virtualization.
        ("pvm-guest", "hardware-virtualization", "nested", None, "warn", "failed to set MSR"),
        ("pvm-guest", "hardware-virtualization", "local", "kvm", "fail", "failed to set MSR"),
        ("pvm-guest", "hardware-virtualization", "local", "xen", "warn", "failed to set MSR"),
        ("pvm-guest", "nested-virtualization", "nested", None, "warn", "neither vmx nor svm"),
        ("pvm-guest", "xen", "local", "xen", "fail", "Xen does not run"),
        ("pvm-guest", "libvirt", "nested", None, "ok", "the daemon runs in the lab host"),
        ("pvm-guest", "libvirt", "local", "kvm", "fail", "no daemon"),
        ("pvm-guest", "libvirt", "local", "xen", "fail", "no daemon"),
        ("pvm-guest", "libvirt", "local", "virtualbox", "ok", "virtualbox does not need it"),
        ("xen-dom0", "libvirt", "local", "xen", "fail", "no virsh"),
        ("pvm-guest", "vagrant", "nested", None, "ok", "Vagrant 2.3.4"),
        ("pvm-guest", "vagrant-plugins", "nested", None, "ok", "vagrant-libvirt 0.11.2-1"),
        ("pvm-guest", "packer", "nested", None, "ok", "Packer 1.6.6"),
        ("pvm-guest", "qemu", "nested", None, "ok", "QEMU emulator version 7.2"),
        ("pvm-guest", "python", "nested", None, "ok", "Python 3.11"),
        ("pvm-guest", "report-libraries", "nested", None, "ok", "Pango"),
        ("pvm-guest", "disk", "nested", None, "ok", "GiB free on /dev/vda (15 needed)"),
        ("pvm-guest", "port", "nested", None, "ok", "127.0.0.1:2622 is free"),
        ("pvm-guest", "clock", "nested", None, "warn", "no service was found that synchronizes it"),
        ("debian-12-kvm", "hardware-virtualization", "local", "kvm", "ok", "a kernel boots under KVM"),
        ("debian-12-kvm", "nested-virtualization", "nested", None, "ok", "vmx, kvm_intel nested=Y"),
        ("debian-12-kvm", "kvm-beside-virtualbox", "local", None, "ok", "no VirtualBox"),
        ("debian-12-kvm", "kvm-beside-virtualbox", "local", "virtualbox", "fail", "no VirtualBox"),
        ("debian-12-kvm", "xen", "local", None, "ok", "for the other hypervisors"),
        ("debian-12-kvm", "libvirt", "local", "kvm", "ok", "Running hypervisor: QEMU 7.2.15"),
        ("debian-12-kvm", "disk", "local", None, "ok", "337.1 GiB free on /dev/nvme0n1p2 (5 needed)"),
        ("debian-12-kvm", "memory", "nested", None, "ok", "12582 MiB available (5120 needed)"),
        ("debian-12-kvm", "memory", "local", None, "ok", "12582 MiB available (2048 needed)"),
        ("debian-12-kvm", "ksm", "local", None, "warn", "on"),
        ("debian-12-kvm", "ksm", "nested", None, "warn", "on"),
        ("debian-12-kvm", "transparent-huge-pages", "local", None, "ok", "always"),
        ("debian-12-kvm", "swap", "local", None, "warn", "2047 MiB, 50 used"),
        ("debian-12-kvm", "clock", "local", None, "ok", "by systemd-timesyncd"),
        # An old QEMU goes on without KVM: that the kernel comes up there proves nothing.
        ("centos-5.5", "hardware-virtualization", "ssh", "kvm", "fail", "Could not initialize KVM"),
        ("centos-5.5", "kvm-beside-virtualbox", "ssh", None, "ok", "3.2.10"),
        ("centos-5.5", "libvirt", "ssh", "kvm", "fail", "Connection refused"),
        ("centos-5.5", "disk", "ssh", None, "ok", "10.9 GiB free on /dev/mapper/VolGroup00-LogVol00 (5 needed)"),
        ("centos-5.5", "memory", "ssh", None, "fail", "1600 MiB available (2048 needed)"),
        ("centos-5.5", "ksm", "ssh", None, "ok", "the kernel has none"),
        ("centos-5.5", "transparent-huge-pages", "ssh", None, "warn", "the kernel has none"),
        ("centos-5.5", "swap", "ssh", None, "ok", "2015 MiB, 0 used"),
        ("centos-5.5", "clock", "ssh", None, "warn", "before 2020"),
        ("xen-dom0", "hardware-virtualization", "local", "xen", "warn", "no /dev/kvm"),
        ("xen-dom0", "hardware-virtualization", "local", "kvm", "fail", "no /dev/kvm"),
        ("xen-dom0", "kvm-beside-virtualbox", "local", "virtualbox", "fail", "no /dev/vboxdrv"),
        ("xen-dom0", "xen", "local", "xen", "ok", "dom0 of Xen 4.17, /usr/sbin/xl"),
        ("xen-dom0", "xen", "local", "kvm", "fail", "dom0 of Xen 4.17"),
        ("xen-dom0", "xen", "nested", None, "warn", "dom0"),
        ("xen-dom0", "disk", "local", "xen", "fail", "1.1 GiB free"),
        ("xen-dom0", "memory", "local", "xen", "ok", "6830 MiB free in Xen"),
        ("xen-dom0", "memory", "nested", None, "fail", "864 MiB available"),
        ("xen-dom0", "swap", "local", None, "warn", "none"),
        ("xen-dom0", "clock", "local", None, "warn", "they differ"),
        ("nothing", "hardware-virtualization", "nested", None, "warn", "no /dev/kvm"),
        ("nothing", "libvirt", "nested", None, "warn", "no virsh"),
        ("nothing", "libvirt", "local", None, "warn", "no virsh"),
        ("nothing", "vagrant", "nested", None, "warn", "not installed"),
        ("nothing", "vagrant-plugins", "nested", None, "warn", "vagrant-libvirt not installed"),
        ("nothing", "vagrant-plugins", "nested", "virtualbox", "ok", "none needed"),
        ("nothing", "packer", "nested", None, "fail", "no apt-get"),
        ("nothing", "qemu", "nested", None, "warn", "not installed"),
        ("nothing", "python", "nested", None, "fail", "Python 3.9.2, 3.11 needed"),
        ("nothing", "report-libraries", "nested", None, "warn", "libpangoft2-1.0.so.0, libharfbuzz"),
        ("nothing", "disk", "nested", None, "warn", "not recognised"),
        ("nothing", "memory", "nested", None, "warn", "not recognised"),
        ("nothing", "port", "nested", None, "fail", "something listens on port 2622"),
        ("nothing", "clock", "nested", None, "fail", "stands still"),
    ],
)
def test_judgement(*, machine: str, name: str, kind: Kind, provider: str | None, state: str, seen: str) -> None:
    found = judge(machine, name, wanted(kind, provider))
    assert (found.name, found.state) == (name, state), found
    assert seen in found.seen
    assert "\n" not in found.seen + found.todo
    assert state == "ok" or found.todo


def test_memory_of_the_lab_that_is_up_is_not_missing(tmp_path: Path) -> None:
    purpose = Wanted("nested", None, Settings(), "/cache", str(tmp_path))

    def ask() -> str:
        return ThisMachine().run(CHECKS["memory"].line(purpose), timeout=60).text

    line = [sys.executable, "-c", "print(flush=True); import time; time.sleep(60)", "-name", lab_name(tmp_path)]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as emulator:
        try:
            assert emulator.stdout
            emulator.stdout.readline()
            assert "Own:" not in ask()
            (tmp_path / "host.json").write_text(json.dumps({"pid": emulator.pid, "started": "1"}))
            assert re.search(r"^Own:\s+[0-9]+ kB$", ask(), re.MULTILINE)
        finally:
            emulator.kill()
    found = CHECKS["memory"].judge("Own: 4194304 kB\nMemAvailable: 1048576 kB\n", purpose)
    assert (found.state, found.seen) == (
        "ok", "5120 MiB available, with 4096 of this lab, which is up (5120 needed)",
    )  # fmt: skip


@pytest.mark.parametrize(("capabilities", "uri"), [("control_d\n", "xen:///system"), ("", "qemu:///system")])
def test_libvirt_is_asked_for_the_guests_that_the_kernel_can_have(
    capabilities: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "capabilities").write_text(capabilities)
    answers = {uri: (0, "Running hypervisor: Some 1.0\n", ""), "--version": (0, "9.0.0\n", "")}
    virsh = FakeCommand.create(tmp_path / "bin", "virsh", answers)
    monkeypatch.setenv("PATH", f"{virsh.folder}{os.pathsep}{os.environ['PATH']}")
    line = CHECKS["libvirt"].line(wanted()).replace("/proc/xen/capabilities", str(tmp_path / "capabilities"))
    line = line.replace("d=$(", "d=libvirtd; : $(")
    told = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    found = CHECKS["libvirt"].judge(told, wanted(provider="xen" if capabilities else "kvm"))
    assert (found.state, found.seen) == ("ok", "virsh 9.0.0, connected: Running hypervisor: Some 1.0")


def test_the_port_of_this_lab_itself_is_no_failure_and_anybody_elses_is(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings.model_validate({"lab_host": {"ssh_port": port}})
        purpose = Wanted("nested", None, settings, "/cache", str(tmp_path))

        def state() -> str:
            told = ThisMachine().run(CHECKS["port"].line(purpose), timeout=60).text
            return CHECKS["port"].judge(told, purpose).state

        assert state() == "fail"
        line = [sys.executable, "-c", "import time; time.sleep(60)", f"user,id=net0,hostfwd=tcp:127.0.0.1:{port}-:22"]
        with subprocess.Popen(line) as emulator:
            try:
                assert state() == "fail"
                (tmp_path / "host.json").write_text(json.dumps({"pid": emulator.pid, "started": "1"}))
                assert state() == "ok"
                (tmp_path / "host.json").write_text(json.dumps({"pid": os.getpid(), "started": "1"}))
                assert state() == "fail"
            finally:
                emulator.kill()
    assert state() == "ok"
