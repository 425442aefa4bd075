"""Whether a machine is Xen's dom0, a guest of Xen's, neither, or cannot be told."""

import subprocess
from pathlib import Path

import pytest

from core.diagnosis import State
from hypervisors.registry import get_hypervisor
from hypervisors.xen.boot import DETECT
from lab.hosts.facts import obstacle, questions, read_facts
from tests.support.lab_hosts import CHECKS, wanted

DOM0, GUEST, UNSEEN = 0, 1, 2
TYPE, CAPABILITIES, FEATURES = "sys/hypervisor/type", "proc/xen/capabilities", "sys/hypervisor/properties/features"
MACHINES = [
    ({}, GUEST),
    ({TYPE: "xen\n", CAPABILITIES: "control_d\n", FEATURES: "00002f05\n"}, DOM0),
    ({TYPE: "xen\n", CAPABILITIES: ""}, GUEST),
    # CentOS 5.5's dom0.
    ({CAPABILITIES: "control_d\n"}, DOM0),
    # Without xenfs.
    ({TYPE: "xen\n", FEATURES: "00002f05\n"}, DOM0),
    ({TYPE: "xen\n", FEATURES: "00002705\n"}, GUEST),
    ({TYPE: "xen\n"}, UNSEEN),
    ({TYPE: "kvm\n"}, GUEST),
]


def moved(line: str, root: Path) -> str:
    """Return a shell line that reads files below a folder in place of the kernel's."""
    return line.replace("/proc/xen", f"{root}/proc/xen").replace("/sys/hypervisor", f"{root}/sys/hypervisor")


def shell(line: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)


@pytest.fixture
def machine(files: dict[str, str], tmp_path: Path) -> Path:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("files", "status"), MACHINES)
def test_exit_status(machine: Path, status: int) -> None:
    done = shell(f'said=$({moved(DETECT, machine)}\n); set -- $?; echo "$said"; exit $1')
    assert done.returncode == status
    assert ("xenfs" in done.stdout) == (status == UNSEEN)


@pytest.mark.parametrize(("files", "status"), MACHINES)
def test_a_lab_host_that_cannot_be_told_is_neither(machine: Path, status: int) -> None:
    found = read_facts(shell(moved(questions(), machine)).stdout)
    codes = {}
    for name in ("xen", "kvm"):
        wrong = obstacle(found, get_hypervisor(name), "server")
        codes[name] = wrong.code if wrong else ""
    assert (
        codes
        == {
            DOM0: {"xen": "", "kvm": "wrong-kernel"},
            GUEST: {"xen": "wrong-kernel", "kvm": ""},
            UNSEEN: dict.fromkeys(("xen", "kvm"), "kernel-not-observed"),
        }[status]
    )


@pytest.mark.parametrize(("files", "status"), MACHINES)
def test_doctor(machine: Path, status: int) -> None:
    check = CHECKS["xen"]
    found = check.judge(shell(moved(check.line(wanted()), machine)).stdout, wanted(provider="xen"))
    assert ("not observed" in found.seen) == (status == UNSEEN)
    assert ("not dom0" in found.seen) == (
        status == GUEST and "xen" in machine.joinpath(TYPE).read_text() if machine.joinpath(TYPE).exists() else False
    )
    if status == UNSEEN:
        assert found.state is State.FAIL
        assert "xenfs" in found.todo
