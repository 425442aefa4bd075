"""What can go wrong with a lab while a study is taken, done on purpose: one fault, at a moment that dice choose."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import stamina

from core.paths import PROJECT
from lab.connectors.ssh_config import Ssh
from lab.history import current_pace
from lab.state.processes import Process, processes_of

# What is said when a part of the study begins or ends.
BOOT = "Lab host: booting"
READY = "Lab host: preparing KVM: done"
UP = "server1: vagrant up"
IS_UP = "server1: vagrant up --provider=libvirt: done"
# For anything to come that was begun: a boot, a guest, under emulation on a machine with other work.
PATIENCE_S = 300


def attempts(pause_s: float) -> Iterable[stamina.Attempt]:
    """Yield attempts, at most so many seconds apart, for as long as this machine may take."""
    limit_s = current_pace().scaled(PATIENCE_S)
    return stamina.retry_context(on=NotYet, attempts=None, timeout=limit_s, wait_max=pause_s)


class NotYet(AssertionError):
    """What is waited for has not come."""


@dataclass
class Running:
    """A command that takes a study, and its lab.

    Attributes:
        log: File with what it says.
    """

    process: "subprocess.Popen[str]"
    state: Path
    log: Path
    dice: random.Random

    @property
    def host(self) -> Ssh:
        """The lab host."""
        return Ssh(self.state / "ssh_config", "labhost")

    def said(self) -> str:
        """Return what it has said."""
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str) -> None:
        """Wait until it says something."""
        for attempt in attempts(0.3):
            with attempt:
                assert self.process.poll() is None, f"it ended before it said {words!r}: {self.said()}"
                if words not in self.said():
                    raise NotYet(words)

    def wait_until(self, line: str) -> None:
        """Wait until a shell line succeeds on the lab host."""
        for attempt in attempts(1):
            with attempt:
                if self.host.run(line, timeout=60).status:
                    raise NotYet(line)

    def process_with(self, word: str) -> Process:
        """Return the lab's process that has a word in its command line; wait until there is one."""
        for attempt in attempts(0.3):
            with attempt:
                found = [one for one in processes_of(self.state) if any(word in words for words in one.words)]
                if not found:
                    raise NotYet(word)
        return found[0]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        what: In words.
        after: What the command has said before.
        within_s: It comes at a random moment of so many seconds after that.
        do: Does it.
        names: What the command's error says of it, as a regular expression; empty: the command itself is killed.
        passes: It is over after a while, and the command must go on: no run is begun again.
    """

    what: str
    after: str
    within_s: float
    do: Callable[[Running], None]
    names: str = ""
    passes: bool = False

    def come(self, running: Running) -> float:
        """Wait for the moment and let it happen; return how many seconds after `after` that was."""
        running.wait_for(self.after)
        later = running.dice.uniform(0, self.within_s)
        # The moment itself is what is to be chosen: there is nothing to wait for.
        time.sleep(later)
        assert running.process.poll() is None, f"the command ended before the fault: {running.said()}"
        self.do(running)
        return later


def _kill_controller(running: Running) -> None:
    running.process.send_signal(signal.SIGKILL)


def _kill_session(running: Running) -> None:
    """As when a terminal's machine dies: all that is in the command's session."""
    os.killpg(running.process.pid, signal.SIGKILL)


def _kill_host(running: Running) -> None:
    os.kill(running.process_with("-nodefaults").pid, signal.SIGKILL)


def _kill_vagrant(running: Running) -> None:
    os.kill(running.process_with("/vagrant").pid, signal.SIGKILL)


def _kill_guest(running: Running) -> None:
    running.wait_until("pgrep -f guest=server1")
    running.host.check("pkill -KILL -f guest=server1", timeout=60, what="killing the guest")


def _freeze_guest(running: Running) -> None:
    running.wait_until("virsh -c qemu:///system list --name | grep -qx server1")
    running.host.check("virsh -c qemu:///system suspend server1", timeout=60, what="freezing the guest")


def _kill_libvirt(running: Running) -> None:
    running.host.check("pkill -KILL -x libvirtd", timeout=60, what="killing libvirtd")


_FILL = """\
n=0
for mib in 65536 16384 4096 1024 256 64 16 4 1; do
    while fallocate -l ${mib}M /kvm/full.$n 2>/dev/null; do n=$((n+1)); done
    rm -f /kvm/full.$n
done
"""


def _fill_disk(running: Running) -> None:
    """Take the blocks of the file system with the guests' disks, as many as can be had; nothing is written."""
    running.host.check(_FILL, timeout=60, what="filling the disk")


def _cut_ssh(running: Running) -> None:
    """End the SSH server and all its connections; the one that says so, too."""
    running.host.check("(sleep 1; pkill -KILL sshd) >/dev/null 2>&1 &", timeout=60, what="cutting SSH")


# For so long the way to the lab host is shut, or the lab host stands still.
SHUT_S, STILL_S = 20, 60


def _shut_ssh(running: Running) -> None:
    """End the SSH server and all its connections for a while."""
    line = f"(sleep 1; pkill -KILL sshd; sleep {SHUT_S}; /usr/sbin/sshd) >/dev/null 2>&1 &"
    running.host.check(line, timeout=60, what="shutting SSH")


def _stop_emulator(running: Running) -> None:
    """Stop the emulator for a while, as a machine that sleeps does."""
    emulator = running.process_with("-nodefaults").pid
    os.kill(emulator, signal.SIGSTOP)
    try:
        time.sleep(STILL_S)
    finally:
        os.kill(emulator, signal.SIGCONT)


GONE = "the lab host has ended"
KILLED = r"server1 (did not come up|no longer ran|did not answer).*(shut off|shutting down|does not run)"
FROZEN = r"server1 (did not come up|no longer ran|did not answer).*paused"
FAULTS = (
    Fault("the command killed while the lab host boots", BOOT, 12, _kill_controller),
    Fault("the command killed in vagrant up", UP, 30, _kill_controller),
    Fault("the command killed while the guest is read", IS_UP, 15, _kill_controller),
    Fault("the command and its session killed in vagrant up", UP, 30, _kill_session),
    Fault("the lab host's QEMU killed while it boots", BOOT, 8, _kill_host, GONE),
    Fault("the lab host's QEMU killed in vagrant up", UP, 30, _kill_host, GONE),
    Fault("the lab host's QEMU killed while the guest is read", IS_UP, 15, _kill_host, GONE),
    Fault("the guest killed in vagrant up", UP, 1, _kill_guest, KILLED),
    Fault("the guest killed before it is read", IS_UP, 4, _kill_guest, KILLED),
    Fault("the guest frozen in vagrant up", UP, 1, _freeze_guest, FROZEN),
    Fault("the guest frozen before it is read", IS_UP, 4, _freeze_guest, FROZEN),
    Fault("vagrant killed", UP, 25, _kill_vagrant, r"vagrant up server1 failed: .*SIGKILL"),
    Fault("libvirtd killed", UP, 5, _kill_libvirt, r"libvirt"),
    Fault("the lab host's disk filled", READY, 10, _fill_disk, r"No space left on device"),
    Fault("SSH cut in vagrant up", UP, 25, _cut_ssh, r"the lab host no longer answers over SSH"),
    Fault("SSH shut for 20 s while the guest is read", IS_UP, 15, _shut_ssh, passes=True),
    Fault("the emulator stopped for 60 s while the guest is read", IS_UP, 15, _stop_emulator, passes=True),
    Fault("the emulator stopped for 60 s in vagrant up", UP, 20, _stop_emulator, passes=True),
    Fault("SSH cut while the guest is read", IS_UP, 15, _cut_ssh, r"cannot be reached over SSH|no longer answers"),
)


def begin(words: list[str], environ: dict[str, str], log: Path, dice: random.Random) -> Running:
    """Start a command of hvlab's in a session of its own."""
    with log.open("w") as sink:
        process = subprocess.Popen(
            [PROJECT / "invoke", *words],
            env={**os.environ, **environ},
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            text=True,
        )
    return Running(process, Path(environ["HVLAB_STATE"]), log, dice)
