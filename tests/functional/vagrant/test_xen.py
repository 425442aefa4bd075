import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.functional.vagrant.tools import TOPOLOGY, FakeCommand, Vagrant, run

ABSENT = (1, "", "error: failed to get domain 'server1'\n")


def brief(tmp_path: Path, **other: str) -> Path:
    """A topology whose guest is given one second to start."""
    values = json.loads(TOPOLOGY.read_text()) | {"boot_timeout_s": 1} | other
    file = tmp_path / "topology.json"
    file.write_text(json.dumps(values))
    return file


def remote(call: list[str]) -> str:
    """The shell line that a call to ssh would have run."""
    return call[-2]


def test_up_copies_defines_and_starts(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": ABSENT})
    vagrant = Vagrant(tmp_path, "xen", topology=brief(tmp_path), path=ssh.folder)
    box = vagrant.add_box("hvlab/debian-12", "0.1", "xen", {})
    done = vagrant.run("up", "server1", "--provider=xen")
    lines = [remote(call) for call in ssh.calls if "domstate" not in remote(call)]
    assert lines[0] == f"cp --sparse\\=always {box}/disk.raw /xen/server1.img", done.stdout + done.stderr
    assert lines[1] == "virsh -q -c xen:///system define /proc/self/fd/0"
    assert lines[2] == "virsh -q -c xen:///system start server1"
    # Vagrant asks for the state far more often than it can have changed.
    assert len([call for call in ssh.calls if "domstate" in remote(call)]) <= 4
    # The fake guest never answers.
    assert done.returncode != 0
    assert "\tfrom " not in done.stderr

    domain = ET.fromstring(next(call[-1] for call in ssh.calls if " define " in remote(call)))
    assert domain.get("type") == "xen"
    assert domain.findtext("name") == "server1"
    assert domain.findtext("memory") == "512"
    assert domain.find("os/type").get("machine") == "xenpv"  # type: ignore[union-attr]
    assert domain.findtext("os/kernel") == "/boxes/vmlinux"
    assert domain.findtext("os/cmdline") == "root=LABEL=root rw quiet net.ifnames=0 mitigations=off"
    assert domain.find("devices/disk/source").get("file") == "/xen/server1.img"  # type: ignore[union-attr]
    assert domain.find("devices/interface/mac").get("address") == "52:54:00:68:76:01"  # type: ignore[union-attr]
    assert domain.find("devices/interface/source").get("network") == "hvlab"  # type: ignore[union-attr]
    assert domain.find("devices/graphics") is None


def test_a_guest_with_an_x_session_has_a_screen(tmp_path: Path) -> None:
    topology = brief(tmp_path)
    topology.write_text(json.dumps(json.loads(topology.read_text()) | {"session": "x-window"}))
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": ABSENT})
    vagrant = Vagrant(tmp_path, "xen", topology=topology, path=ssh.folder)
    vagrant.add_box("hvlab/debian-12", "0.1", "xen", {})
    vagrant.run("up", "server1", "--provider=xen")
    domain = ET.fromstring(next(call[-1] for call in ssh.calls if " define " in remote(call)))
    graphics = domain.find("devices/graphics")
    assert graphics is not None
    # Another port is another display, which libxl does not take together with a socket.
    assert graphics.attrib == {
        "type": "vnc",
        "port": "5900",
        "autoport": "no",
        "listen": "unix:/run/xen/vnc-server1.sock",
    }
    assert domain.find("devices/video/model").get("type") == "xen"  # type: ignore[union-attr]


def test_a_linked_clone_stands_on_the_box(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": ABSENT})
    topology = brief(tmp_path, disk_strategy="linked-clone")
    vagrant = Vagrant(tmp_path, "xen", topology=topology, path=ssh.folder)
    vagrant.add_box("hvlab/debian-12", "0.1", "xen", {})
    vagrant.run("up", "server1", "--provider=xen")
    lines = [remote(call) for call in ssh.calls if "domstate" not in remote(call)]
    assert lines[0].startswith("sh -c ")
    assert lines[0].endswith(" sh /xen/box.raw /xen/server1.cow server1")
    assert lines[1].startswith("virsh -q -c xen:///system define")
    domain = ET.fromstring(next(call[-1] for call in ssh.calls if " define " in remote(call)))
    disk = domain.find("devices/disk")
    assert disk is not None
    assert disk.get("type") == "block"
    assert disk.find("source").get("dev") == "/dev/mapper/server1"  # type: ignore[union-attr]


def test_a_preallocated_disk_has_its_blocks_reserved(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": ABSENT})
    topology = brief(tmp_path, disk_strategy="preallocated")
    vagrant = Vagrant(tmp_path, "xen", topology=topology, path=ssh.folder)
    box = vagrant.add_box("hvlab/debian-12", "0.1", "xen", {})
    vagrant.run("up", "server1", "--provider=xen")
    lines = [remote(call) for call in ssh.calls if "domstate" not in remote(call)]
    assert lines[0] == f"cp --sparse\\=always {box}/disk.raw /xen/server1.img"
    # What the lab host's shell would run, run here.
    disk = tmp_path / "disk.img"
    disk.write_bytes(b"x")
    os.truncate(disk, 1 << 20)
    done = run(["sh", "-c", lines[1].replace("/xen/server1.img", str(disk))], {})
    assert done.returncode == 0, done.stderr
    assert disk.stat().st_blocks * 512 >= 1 << 20
    assert disk.read_bytes()[:1] == b"x"


def test_halt_turns_off_a_guest_that_does_not_obey(tmp_path: Path) -> None:
    values = json.loads(TOPOLOGY.read_text()) | {"halt_timeout_s": 1}
    topology = tmp_path / "topology.json"
    topology.write_text(json.dumps(values))
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": (0, "running\n", "")})
    done = Vagrant(tmp_path, "xen", topology=topology, path=ssh.folder).run("halt", "server1")
    assert done.returncode == 0, done.stderr
    lines = [remote(call) for call in ssh.calls if "domstate" not in remote(call)]
    assert lines == [f"virsh -q -c xen:///system {word} server1" for word in ("shutdown", "destroy")]


def test_destroy_removes_guest_and_disk_though_vagrant_has_no_note_of_it(tmp_path: Path) -> None:
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": (0, "running\n", "")})
    done = Vagrant(tmp_path, "xen", path=ssh.folder).run("destroy", "-f", "server2")
    assert not done.stderr
    lines = [remote(call) for call in ssh.calls if "domstate" not in remote(call)]
    assert lines == [
        "virsh -q -c xen:///system destroy server2",
        "virsh -q -c xen:///system undefine server2 --managed-save --snapshots-metadata",
        "rm -f /xen/server2.img",
    ]


def test_a_lab_host_that_is_gone_is_an_error_with_a_hint(tmp_path: Path) -> None:
    gone = (255, "", "ssh: connect to host labhost port 22: Connection refused\n")
    ssh = FakeCommand.create(tmp_path / "bin", "ssh", {"domstate": gone})
    done = Vagrant(tmp_path, "xen", path=ssh.folder).run("status")
    assert done.returncode != 0
    assert "Connection refused" in done.stderr
    assert "lab.status" in done.stderr
    assert "\tfrom " not in done.stderr
