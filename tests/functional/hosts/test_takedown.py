"""What undoes a lab on a host that is not ours, on stand-ins for its tools: the lab's own goes, the rest stays."""

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import stamina

from hypervisors.registry import get_hypervisor
from lab.hosts.takedown import remember_program, takedown_program
from lab.images.boxes import Boxes
from tests.functional.vagrant.tools import FakeCommand

# Domains, networks and pools are files of a folder; a domain's content is its XML.
VIRSH = """\
#!/bin/sh
for word in "$@"; do case $word in -*|*:///*) ;; *) break;; esac; shift; done
[ "$1" != "" ] || exit 0
at=$FAKE/dom; case $1 in net-*) at=$FAKE/net;; pool-*) at=$FAKE/pool;; esac
case $1 in
uri) exit 0;;
pool-list) ls "$at";;
dominfo|dumpxml|net-dumpxml|pool-dumpxml) cat "$at/$2";;
undefine|net-undefine|pool-undefine) rm "$at/$2";;
destroy|net-destroy|pool-destroy) [ -e "$at/$2" ];;
*) echo "unknown: $*" >&2; exit 1;;
esac
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("dom", "net", "pool", "bin", "kvm"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("lab.hosts.takedown.MARK", "HVLAB_SESSION_OF_TEST")
    monkeypatch.setattr("lab.hosts.takedown.FOLDER", str(tmp_path / "session"))
    (tmp_path / "bin" / "virsh").write_text(VIRSH)
    (tmp_path / "bin" / "virsh").chmod(0o755)
    return tmp_path


def run(fake: Path, program: str) -> subprocess.CompletedProcess[str]:
    # The folders that the programs name are this machine's own.
    text = re.sub("HVLAB_FOLDER=/(kvm|xen|vbox)", f"HVLAB_FOLDER={fake / 'kvm'}", program)
    environment = {**os.environ, "PATH": f"{fake / 'bin'}:{os.environ['PATH']}", "FAKE": str(fake)}
    return subprocess.run(
        ["sh", "-s"], input=f"HVLAB_MASTER=\n{text}", env=environment, capture_output=True, text=True, check=False
    )


def down(fake: Path, count: int = 2) -> subprocess.CompletedProcess[str]:
    boxes = Boxes("hvlab/debian-12", "1.0.1", fake / "boxes", fake / "store.img")
    kvm = get_hypervisor("kvm")
    return run(fake, takedown_program(kvm, boxes, "/var/lib/hvlab/x", fake / "state", count=count, kind="ssh"))


def test_the_labs_own_goes_and_is_named(fake: Path) -> None:
    (fake / "dom" / "server1").write_text("<domain><mac address='52:54:00:68:76:01'/></domain>")
    (fake / "net" / "hvlab").write_text("<network/>")
    (fake / "pool" / "hvlab").write_text(f"<pool><path>{fake / 'kvm'}</path></pool>")
    (fake / "kvm" / "server1.img").write_text("disk")
    volume = fake / "kvm" / "hvlab-VAGRANTSLASH-debian-12_vagrant_box_image_1.0.1_box.img"
    volume.symlink_to("/nowhere")
    done = down(fake)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "removed guest server1", "removed pool hvlab", "removed network hvlab",
        f"removed {fake / 'kvm' / 'server1.img'}", f"removed {volume}",
    ]  # fmt: skip
    assert [path for name in ("dom", "net", "pool", "kvm") for path in (fake / name).iterdir()] == []
    assert down(fake).stdout == ""


def test_what_is_somebody_elses_stays(fake: Path) -> None:
    mine = {
        "dom/server1": "<domain><mac address='52:54:00:aa:bb:cc'/></domain>",
        "dom/server3": "<domain><mac address='52:54:00:68:76:03'/></domain>",
        "dom/web": "<domain/>",
        "net/default": "<network/>",
        "pool/hvlab": "<pool><path>/srv/other</path></pool>",
        "kvm/web.img": "disk",
    }
    for name, text in mine.items():
        (fake / name).write_text(text)
    done = down(fake)
    assert (done.returncode, done.stdout) == (0, "")
    assert {name: (fake / name).read_text() for name in mine} == mine


def test_what_does_not_go_is_an_error(fake: Path) -> None:
    (fake / "dom" / "server1").write_text("<domain><mac address='52:54:00:68:76:01'/></domain>")
    virsh = (fake / "bin" / "virsh").read_text()
    (fake / "bin" / "virsh").write_text(
        virsh.replace('undefine|net-undefine|pool-undefine) rm "$at/$2"', "undefine) exit 1")
    )
    done = down(fake)
    assert done.returncode == 1
    assert "guest server1 does not go" in done.stderr


@pytest.mark.parametrize("taken", ["dom/server2", "kvm/server1.img", "net/hvlab", "pool/hvlab"])
def test_what_is_in_the_way_is_told_before_anything_is_set(fake: Path, taken: str) -> None:
    (fake / taken).write_text("somebody else's")
    done = run(fake, remember_program(get_hypervisor("kvm"), 2))
    assert done.returncode == 1
    assert "is there already, and is not this lab's" in done.stderr
    assert taken.split("/")[1] in done.stderr


def test_what_clones_stand_on_is_not_another_ones(fake: Path) -> None:
    (fake / "kvm" / "box.raw").write_text("somebody else's")
    assert run(fake, remember_program(get_hypervisor("kvm"), 2)).returncode == 0
    done = run(fake, remember_program(get_hypervisor("xen"), 2))
    assert (done.returncode, done.stderr) == (1, f"{fake}/kvm/box.raw is there already, and is not this lab's\n")


@pytest.mark.parametrize("folder", ["/root/VirtualBox VMs", "/srv/it's $(touch hacked) `touch hacked`"])
def test_virtualboxs_folder_comes_back_whatever_its_name(fake: Path, folder: str, monkeypatch: Any) -> None:
    monkeypatch.chdir(fake)
    manage = FakeCommand.create(fake / "vbox", "VBoxManage", {
        "systemproperties": (0, f"Default machine folder:          {folder}\n", ""), "showvminfo": (1, "", ""),
    })  # fmt: skip
    monkeypatch.setenv("PATH", f"{manage.folder}{os.pathsep}{os.environ['PATH']}")
    done = run(fake, remember_program(get_hypervisor("virtualbox"), 2))
    (line,) = [line for line in done.stdout.splitlines() if "machinefolder" in line]
    subprocess.run(["sh", "-c", line], check=True)
    assert manage.calls[-1][:-1] == ["setproperty", "machinefolder", folder]
    assert not (fake / "hacked").exists()


def test_what_is_set_comes_back(fake: Path, tmp_path: Path) -> None:
    done = run(fake, remember_program(get_hypervisor("kvm"), 2))
    assert done.returncode == 0
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if huge.exists():
        now = huge.read_text().split("[")[1].split("]")[0]
        assert f"echo '{now}' >'{huge}'" in done.stdout.splitlines()
    (fake / "kvm").rmdir()
    done = run(fake, remember_program(get_hypervisor("kvm"), 2))
    assert f"rmdir '{fake / 'kvm'}'" in done.stdout
    subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=True)


@pytest.mark.parametrize(("path", "stays"), [("/var/lib/libvirt/images", False), ("/srv/other", True)])
def test_the_pool_that_virt_manager_made_goes(fake: Path, path: str, stays: bool) -> None:
    done = run(fake, remember_program(get_hypervisor("kvm"), 2))
    (fake / "pool" / "default").write_text(f"<pool><path>{path}</path></pool>")
    pool = [line for line in done.stdout.splitlines() if "pool-" in line]
    assert run(fake, "\n".join(pool)).stdout == ""
    assert (fake / "pool" / "default").exists() is stays


def test_a_pool_that_was_there_stays(fake: Path) -> None:
    (fake / "pool" / "default").write_text("<pool><path>/var/lib/libvirt/images</path></pool>")
    assert "pool-" not in run(fake, remember_program(get_hypervisor("kvm"), 2)).stdout


def test_the_labs_session_ends(fake: Path) -> None:
    (fake / "session").mkdir()
    with subprocess.Popen(["sleep", "60"], env={"HVLAB_SESSION_OF_TEST": "1"}) as process:
        try:
            assert f"removed process {process.pid} (sleep)" in down(fake).stdout.splitlines()
            assert process.wait(10) == -signal.SIGTERM
        finally:
            process.kill()
    assert not (fake / "session").exists()


def test_virtualboxs_server_and_machines_are_not_the_sessions(fake: Path) -> None:
    """The manager may have been the first to need the server, which starts everybody's machines from then on."""
    names = ("VBoxSVC", "VBoxHeadless", "VirtualBoxVM", "VBoxManage", "VirtualBox")
    for name in names:
        # The kernel calls a process by its file.
        (fake / "bin" / name).symlink_to("/bin/sleep")
    environment = {"HVLAB_SESSION_OF_TEST": "1"}
    started = {name: subprocess.Popen([fake / "bin" / name, "60"], env=environment) for name in names}
    try:
        said = down(fake).stdout.splitlines()
        assert {line.partition("(")[2].rstrip(")") for line in said} == {"VBoxManage", "VirtualBox"}
        assert [name for name, process in started.items() if process.poll() is None] == list(names[:3])
    finally:
        for process in started.values():
            process.kill()
            process.wait()


def test_what_of_the_session_takes_long_to_end_is_waited_for(fake: Path, tmp_path: Path) -> None:
    program = 'trap "sleep 1; touch $1; exit 0" TERM; : >$2; while :; do sleep 0.1; done'
    gone, ready = tmp_path / "gone", tmp_path / "ready"
    with subprocess.Popen(
        ["sh", "-c", program, "sh", gone, ready], env={**os.environ, "HVLAB_SESSION_OF_TEST": "1"}
    ) as process:
        try:
            for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=20, wait_max=0.1):
                with attempt:
                    assert ready.exists()
            assert f"removed process {process.pid} (sh)" in down(fake).stdout.splitlines()
            assert gone.exists()
        finally:
            process.kill()


def test_what_virtualboxs_manager_is_told_comes_back(fake: Path) -> None:
    (fake / "bin" / "VBoxManage").write_text(
        "#!/bin/sh\n[ $1 != showvminfo ] || exit 1\n"
        "[ $1 != getextradata ] || printf 'Key: GUI/UpdateDate, Value: 1 w, 2026-01-01\\nKey: GUI/x, Value: y\\n'\n"
    )
    (fake / "bin" / "VBoxManage").chmod(0o755)
    virtualbox = get_hypervisor("virtualbox")
    said = run(fake, remember_program(virtualbox, 2)).stdout.splitlines()
    told = [line.split(" ", 4) for line in said if line.startswith("VBoxManage setextradata global ")]
    assert {words[3] for words in told} == set(re.findall("GUI/[^ ]+", virtualbox.manager.prepare))
    assert [words[4] for words in told if len(words) > 4] == ["'1 w, 2026-01-01'"]
