"""Why a guest no longer runs: the provider's own line, run on this machine with stand-ins for its tools."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh
from lab.guests import ended
from lab.guests.ended import Watch, lost, vital_signs, why_ended
from lab.guests.vital_signs import VitalSigns


@dataclass(frozen=True)
class _Here(Ssh):
    """Runs everything on this machine, with a folder of tools first in its path."""

    tools: Path = Path()

    def command(self, remote: str, *options: str) -> list[str]:
        return ["env", f"PATH={self.tools}:/usr/bin:/bin", "sh", "-c", remote]


@pytest.fixture
def here(tmp_path: Path) -> Ssh:
    for name in ("VBoxManage", "virsh", "xl"):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\necho \'VMState="gurumeditation"\'; echo "{name} was told: $*"\n')
        tool.chmod(0o755)
    return _Here(tmp_path / "ssh_config", "labhost", tmp_path)


@pytest.mark.parametrize("name", sorted(all_hypervisors()))
def test_every_hypervisor_is_asked_for_the_guest(here: Ssh, name: str) -> None:
    asked = {"kvm": "domstate server1 --reason", "xen": "domstate server1 --reason", "virtualbox": "gurumeditation"}
    assert asked[name] in why_ended(here, get_hypervisor(name), "server1")


def test_the_log_of_virtualbox_is_read(here: Ssh, tmp_path: Path) -> None:
    log = tmp_path / "server1" / "Logs" / "VBox.log"
    log.parent.mkdir(parents=True)
    log.write_text("00:00:01 all is well\n00:01:02 !!! Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)\n")
    virtualbox = get_hypervisor("virtualbox")
    moved = replace(virtualbox, ended_command=virtualbox.ended_command.replace("/vbox/", f"{tmp_path}/"))
    told = why_ended(here, moved, "server1")
    assert told == 'VMState="gurumeditation"; 00:01:02 !!! Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)'


def test_a_hypervisor_that_says_nothing(here: Ssh) -> None:
    silent = replace(get_hypervisor("kvm"), ended_command="true")
    assert why_ended(here, silent, "server1") == "KVM reports no cause"


def test_a_question_that_failed_is_no_answer(here: Ssh) -> None:
    failing = replace(get_hypervisor("kvm"), ended_command="{ echo 'error: no libvirtd' >&2; false; }")
    assert why_ended(here, failing, "server1") == "the cause is unknown: error: no libvirtd"


def test_a_lab_host_that_does_not_answer_is_no_second_error(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Ssh, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        raise HvlabError("labhost cannot be reached over SSH: no answer")

    monkeypatch.setattr(Ssh, "run", unreachable)
    assert why_ended(here, get_hypervisor("xen"), "server1") == (
        "the cause is unknown: labhost cannot be reached over SSH: no answer"
    )


# What VirtualBox wrote of guests under software emulation.
STARTS = """\
00:00:41.620807 VMMDev: Guest Log: BIOS: Booting from Hard Disk...
00:00:41.711719 PIIX3 ATA: Ctl#0: RESET, DevSel=0 AIOIf=0 CmdIf0=0xc4 (-1 usec ago) CmdIf1=0x00 (-1 usec ago)
00:00:41.726712 PIIX3 ATA: Ctl#0: finished processing RESET
"""
HANGS = "00:01:43.104862 TM: Giving up catch-up attempt at a 60 000 021 947 ns lag; new total: 60 000 021 947 ns\n"
DIES = "00:00:24.611347 !!         VCPU0: Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)\n"


def of(folder: Path, provider: str = "virtualbox") -> Hypervisor:
    """A hypervisor whose guests' files are in a folder of this machine."""
    found = get_hypervisor(provider)
    return replace(found, lost_command=found.lost_command.replace("/vbox/", f"{folder}/"))


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (STARTS, None),
        (STARTS + HANGS + HANGS, f"VirtualBox has lost it ({HANGS.strip()})"),
        (STARTS + DIES, f"VirtualBox has lost it ({DIES.strip()})"),
        (None, None),
    ],
    ids=["starts", "hangs", "dies", "not yet started"],
)
def test_a_guest_that_will_never_come_up(here: Ssh, tmp_path: Path, log: str | None, told: str | None) -> None:
    if log:
        (tmp_path / "server1/Logs").mkdir(parents=True)
        (tmp_path / "server1/Logs/VBox.log").write_text(log)
    assert lost(here, of(tmp_path), "server1") == told


def test_a_lab_host_that_does_not_answer_has_lost_nobody(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Ssh, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        raise HvlabError("labhost cannot be reached over SSH: no answer")

    monkeypatch.setattr(Ssh, "run", unreachable)
    assert lost(here, get_hypervisor("virtualbox"), "server1") is None


def test_the_lab_host_is_asked_now_and_then(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = [0.0], list[float]()

    def ask(self: Ssh, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        asked.append(clock[0])
        return Completed(0, HANGS.encode() if clock[0] > 40 else b"", b"")

    monkeypatch.setattr(Ssh, "run", ask)
    monkeypatch.setattr("lab.guests.ended.time.monotonic", lambda: clock[0])
    look = Watch(here, get_hypervisor("virtualbox"), "server1")
    told = []
    for clock[0] in range(0, 60, 5):
        told.append(look())
    assert asked == [15, 30, 45]
    assert [bool(words) for words in told].index(True) == 9


def test_hypervisors_that_cannot_tell_are_not_asked(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ssh, "run", lambda *words, **more: pytest.fail("asked"))
    monkeypatch.setattr(ended, "_EVERY_S", 0)
    monkeypatch.setattr(ended, "_FEEL_EVERY_S", 0)
    silent = replace(get_hypervisor("kvm"), vital_command="")
    assert Watch(here, silent, "server1")() is None


# In the form of the tools' own output: libvirt's domstats(--vcpu), and xl(1)'s vcpu-list.
DOMSTATS = """\
Domain: 'server1'
  vcpu.current=2
  vcpu.maximum=2
  vcpu.0.state=1
  vcpu.0.time=12340000000
  vcpu.0.wait=0
  vcpu.1.state=1
  vcpu.1.time=560000000
"""
VCPU_LIST = """\
Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)
server1                              3     0    1   -b-      12.3  all / all
server1                              3     1    -   --p       0.5  all / all
"""
LOGS = {"kvm": "/var/log/libvirt/qemu/$guest-console.log", "xen": "/var/log/xen/console/guest-$guest.log"}


@pytest.mark.parametrize(
    ("name", "tool", "text", "cpu"),
    [
        ("kvm", "virsh", DOMSTATS, ("12340000000", "560000000")),
        ("xen", "xl", VCPU_LIST, ("12.3", "0.5")),
    ],
)
def test_vital_signs_are_read_from_the_hypervisors_tools(
    here: Ssh, name: str, tool: str, text: str, cpu: tuple[str, ...]
) -> None:
    assert isinstance(here, _Here)
    tmp_path, log = here.tools, LOGS[name]
    (tmp_path / tool).write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n")
    hypervisor = get_hypervisor(name)
    assert log in hypervisor.vital_command
    moved = replace(hypervisor, vital_command=hypervisor.vital_command.replace(log, f"{tmp_path}/console"))
    assert vital_signs(here, moved, "server1") == VitalSigns(cpu, None)
    (tmp_path / "console").write_text("Booting")
    assert vital_signs(here, moved, "server1") == VitalSigns(cpu, 7)
    (tmp_path / tool).write_text("#!/bin/sh\necho 'no such domain' >&2; exit 1\n")
    assert vital_signs(here, moved, "server1") is None


def test_a_guest_that_stands_still_is_hung_before_its_time_is_over(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = [0.0], list[float]()

    def ask(self: Ssh, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        asked.append(clock[0])
        return Completed(0, b"cpu=%d\nconsole=9\n" % min(clock[0], 40), b"")

    monkeypatch.setattr(Ssh, "run", ask)
    monkeypatch.setattr("lab.guests.ended.time.monotonic", lambda: clock[0])
    look = Watch(here, get_hypervisor("kvm"), "server1")
    for clock[0] in range(0, 300, 5):
        if told := look():
            break
    assert asked == [20, 40, 60, 80, 100]
    assert look.hung
    assert told == (
        "KVM's guest server1: it is hung: for 60 s its CPU time has stayed at 40, and its console has stayed at 9 bytes"
    )
