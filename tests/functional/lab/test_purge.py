"""lab.purge: what carries the lab's name goes, nothing else does, and all of it is told."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab import purge as module
from lab.guests.topology import guests
from lab.purge import program, purge
from lab.state.lock import LOCK, acquire_lab
from lab.state.processes import start_time, tagged_env
from lab.state.rollback_journal import Steps
from tests.functional.vagrant.tools import FakeCommand

OURS, OTHERS = guests(1)[0].mac, "52:54:00:aa:bb:01"


def purged(state: Path) -> list[str]:
    lines: list[str] = []
    purge(state, lines.append)
    return lines


def test_what_a_killed_command_left_goes(tmp_path: Path) -> None:
    state = tmp_path / "lab"
    state.mkdir()
    owner = {"pid": 2**22 + 1, "command": "./invoke study.run --provider=kvm", "since": "2026-11-24 19:00:00+00:00"}
    (state / LOCK).write_text(json.dumps(owner))
    Steps(state).before("the lab host's disk", "remove", "overlay.qcow2")
    for name in ("overlay.qcow2", "key", ".topology.json.123.part", "console.log"):
        (state / name).write_text("x")
    (state / "vagrant" / "kvm").mkdir(parents=True)
    (state / "failed").mkdir()
    (state / "failed" / "server1-console.txt").write_text("x")
    with tagged_env(state):
        left = subprocess.Popen(["sleep", "60"])
    lines = purged(state)
    assert lines == [
        f"removed: lock of process {2**22 + 1}, './invoke study.run --provider=kvm', since 2026-11-24 19:00:00+00:00,"
        " which no longer runs",
        f"removed: file {state}/overlay.qcow2",
        f"removed: process {left.pid}: sleep 60",
        f"removed: file {state}/.topology.json.123.part",
        f"removed: file {state}/key",
        f"removed: file {state}/vagrant",
    ]
    assert start_time(left.pid) is None
    # What tells what happened stays.
    assert sorted(path.name for path in state.rglob("*")) == ["console.log", "failed", "server1-console.txt"]


def test_two_labs_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.mkdir()
    for name in ("key", "console.log"):
        (other / name).write_text("x")
    with acquire_lab(other), subprocess.Popen(["sleep", "60"]) as theirs:
        try:
            assert purged(one)[0].startswith("nothing to remove")
            assert theirs.poll() is None
        finally:
            theirs.kill()
    assert (other / "key").exists()


@pytest.mark.parametrize("name", ["steps.jsonl", "host.json"])
def test_what_cannot_be_read_keeps_nothing_from_being_removed(name: str, tmp_path: Path) -> None:
    for file in ("host.json", "steps.jsonl", "overlay.qcow2"):
        (tmp_path / file).write_text("damaged\n" if file == name else "")
    (tmp_path / "host.json").write_text("damaged")
    with tagged_env(tmp_path):
        machine = subprocess.Popen(["sleep", "60"])
    lines = purged(tmp_path)
    assert f"removed: process {machine.pid}: sleep 60" in lines
    assert f"removed: file {tmp_path}/overlay.qcow2" in lines
    assert start_time(machine.pid) is None
    assert not tmp_path.exists()


def test_a_lab_host_that_does_not_answer_goes_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "running_provider", lambda state: "kvm")
    (tmp_path / "console.log").write_text("")
    (tmp_path / "ssh_config").write_text("Host labhost\n    HostName 127.0.0.1\n    Port 1\n    BatchMode yes\n")
    lines = purged(tmp_path)
    assert lines[0].startswith("removed: the lab host's hypervisors do not answer and go with it")
    assert "Connection refused" in lines[0]


Answers = dict[str, dict[str, tuple[int, str, str]]]


def on_lab_host(tmp_path: Path, answers: Answers) -> tuple[str, list[list[str]]]:
    """Run the lab host's program here, among commands that answer so; return what it said and how it called them."""
    text = program(tmp_path / "lab").replace("/proc/xen/capabilities", "/proc/version")
    text = text.replace("/etc/libvirt/qemu/", f"{tmp_path}/qemu/")
    text = text.replace("/dev/vboxdrv", "/dev/null").replace("FOLDERS=", f"FOLDERS={tmp_path}/disks #")
    folder, calls = tmp_path / "bin", []
    fakes = {name: FakeCommand.create(tmp_path / f"bin-{name}", name, answer) for name, answer in answers.items()}
    path = os.pathsep.join([*(str(fake.folder) for fake in fakes.values()), os.environ["PATH"]])
    done = subprocess.run(["sh", "-s"], input=text, env={**os.environ, "PATH": path}, capture_output=True, text=True,
                          check=False, cwd=tmp_path)  # fmt: skip
    assert not folder.exists()
    for fake in fakes.values():
        calls += [call[:-1] for call in fake.calls]
    return done.stdout, calls


def test_libvirts_domains_with_our_network_cards_go_and_no_others(tmp_path: Path) -> None:
    virsh: dict[str, tuple[int, str, str]] = {
        "xen:///system version": (1, "", "error: no such driver"),
        "net-list": (0, " default\n hvlab\n", ""),
        "pool-list": (0, " images\n", ""),
        "list --all --name": (0, "server1\nserver2\n\n", ""),
        "dumpxml server1": (0, f"<mac address='{OURS.upper()}'/>", ""),
        # Another one's guest of the same name.
        "dumpxml server2": (0, f"<mac address='{OTHERS}'/>", ""),
    }
    nothing = {"list": (0, "", "")}
    (tmp_path / "qemu").mkdir()
    (tmp_path / "qemu" / "server1.xml").write_text("<domain/>")
    said, calls = on_lab_host(tmp_path, {"virsh": virsh, "xl": nothing, "VBoxManage": nothing})
    assert said.splitlines() == ["domain server1 (qemu:///system)", "network hvlab (qemu:///system)"]
    acted = [call[3:] for call in calls if call[0] == "-q" and "list" not in " ".join(call)]
    assert [words for words in acted if words[0] not in ("version", "dumpxml")] == [
        ["destroy", "server1"], ["undefine", "server1"], ["net-destroy", "hvlab"], ["net-undefine", "hvlab"],
    ]  # fmt: skip


def test_under_xen_kvm_is_asked_only_if_it_has_a_domain(tmp_path: Path) -> None:
    nothing = {"list": (0, "", "")}
    _, calls = on_lab_host(tmp_path, {"virsh": {"version": (1, "", "")}, "xl": nothing, "VBoxManage": nothing})
    assert ["-q", "-c", "xen:///system", "version"] in calls
    assert not any("qemu:///system" in call for call in calls)


def test_xls_domains_and_virtualboxs_machines(tmp_path: Path) -> None:
    virsh = {"version": (1, "", "")}
    xl = {
        "network-list server1": (0, f"Idx BE Mac Addr. handle\n0 0 {OURS} 0\n", ""),
        "network-list": (0, f"0 0 {OTHERS} 0\n", ""),
        "list": (0, "Name ID Mem\nDomain-0 0 1024\nserver1 1 512\nweb 2 512\n", ""),
    }
    boxes = {
        "list vms": (0, '"server1" {11111111-2222}\n"my web" {33333333-4444}\n', ""),
        "showvminfo 11111111": (0, f'name="server1"\nmacaddress1="{OURS.replace(":", "").upper()}"\n', ""),
        "showvminfo": (0, f'name="my web"\nmacaddress1="{OTHERS.replace(":", "")}"\n', ""),
    }
    said, calls = on_lab_host(tmp_path, {"virsh": virsh, "xl": xl, "VBoxManage": boxes})
    assert said.splitlines() == ["domain server1 (xl)", "machine server1 (VBoxManage)"]
    assert ["destroy", "server1"] in calls
    assert ["unregistervm", "11111111-2222", "--delete"] in calls
    assert not any("web" in word or "33333333" in word for call in calls for word in call if call[0] != "network-list"
                   and call[0] != "showvminfo")  # fmt: skip


def test_disks_go_with_the_boxs_own_that_they_came_from(tmp_path: Path) -> None:
    disks = tmp_path / "disks"
    disks.mkdir()
    volume = disks / "hvlab-VAGRANTSLASH-debian-12_vagrant_box_image_1.0.7_box.img"
    # Its box may have gone before it.
    volume.symlink_to(tmp_path / "gone")
    for name in ("server1.img", "box.raw", "web.img", "theirs_vagrant_box_image_1.0.7_box.img"):
        (disks / name).write_text("x")
    nothing = {"": (1, "", "")}
    said, _ = on_lab_host(tmp_path, {"virsh": nothing, "xl": nothing, "VBoxManage": nothing})
    assert said.splitlines() == [f"disk {disks}/server1.img", f"disk {volume}", f"disk {disks}/box.raw"]
    assert sorted(path.name for path in disks.iterdir()) == ["theirs_vagrant_box_image_1.0.7_box.img", "web.img"]


def test_killed_in_the_middle_of_being_purged(tmp_path: Path) -> None:
    """Purging is begun again from where it was."""
    line = (
        "import os, signal, sys; from pathlib import Path; from lab.purge import purge\n"
        "purge(Path(sys.argv[1]), lambda line: os.kill(os.getpid(), signal.SIGKILL))"
    )
    for name in ("one", "two"):
        Steps(tmp_path).before(name, "remove", name)
        (tmp_path / name).write_text("x")
    done = subprocess.run([sys.executable, "-c", line, tmp_path], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert any("file" in line for line in purged(tmp_path))
    assert not tmp_path.exists()
