"""A lab host that is there already: this machine (`local`) or one over SSH. It is never started or ended by the kit.

What the lab changes on it is written down beforehand, as the shell programs that undo it, in the lab's folder here:
takedown.sh and restore.sh. `stop` runs them, also from another command and after a crash. The host has them, too.
"""

import getpass
import json
import platform
import shlex
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from core.console import say, step
from core.errors import HvlabError
from core.files import read_record, write_atomic
from hypervisors.base import Hypervisor
from lab.connectors.address import Address, Kind, parse_host
from lab.connectors.base import Machine
from lab.connectors.ssh_config import SshEntry
from lab.hosts.base import Store
from lab.hosts.box_upload import PLACE, bring, folder_of, starters
from lab.hosts.facts import Found, find_out, obstacle
from lab.hosts.kept import NAMES, keep, undoing
from lab.hosts.machines import machine_of
from lab.hosts.takedown import master_of, remember_program, takedown_program
from lab.images.boxes import Boxes

RECORD = "real.json"
_TAKEDOWN, _RESTORE = NAMES
# They stay until the host has been set back.
FILES = (RECORD, _TAKEDOWN, _RESTORE)
_ASK_S = 60
# Another lab's claim is left alone; whoever made it is told.
_CLAIM = """\
umask 022
mkdir -p {place} && cd {place} || exit 1
(set -C; printf '%s\\n' {owner} >owner) 2>/dev/null && exit 0
[ "$(cat owner)" = {owner} ] && exit 4
cat owner
exit 3
"""
_RELEASE = """\
[ "$(cat {place}/owner 2>/dev/null)" = {owner} ] || exit 0
cd {place} && rm -f {kept} owner
"""
_TAKEN, _OURS = 3, 4


@dataclass(frozen=True)
class Record:
    """A lab that is up on such a host.

    Attributes:
        address: Of the host, as text.
        config: The user's ssh configuration; "": the usual one.
        provider: Its name.
        boot_id: The host's, when the lab was brought up.
    """

    address: str
    config: str
    provider: str
    boot_id: str


def recorded(state: Path) -> Record | None:
    """Return what is on record in a state folder, None if no lab is up on such a host."""
    return read_record(state / RECORD, Record)


def owner_of(state: Path) -> str:
    """Return by which words a lab is known on its host."""
    return f"{getpass.getuser()}@{platform.node()}:{state}"


def stop(state: Path) -> None:
    """Take down what a state folder's lab made on its host, and set the host back; nothing where there is none.

    Raises:
        HvlabError: The host cannot be reached, or something does not go. It is tried again by the next call.
    """
    record = recorded(state)
    if record is None:
        return
    machine = machine_of(parse_host(record.address), record.config)
    with step(f"Lab host: taking down what the lab made on {record.address}"):
        take_down(machine, state)
        release(machine, state)


def take_down(machine: Machine, state: Path) -> None:
    """Run what undoes the lab on its host, as far as that is written down.

    Raises:
        HvlabError: The host cannot be reached, or something does not go.
    """
    for name, head in ((_TAKEDOWN, f"HVLAB_MASTER={shlex.quote(master_of(state))}\n"), (_RESTORE, "")):
        program = state / name
        if program.is_file():
            text = (head + program.read_text()).encode()
            for line in machine.check("sh -s", stdin=text, timeout=300, what="taking the lab down").splitlines():
                say(f"  {line}")


def release(machine: Machine, state: Path) -> None:
    """Give a host back, if this lab has it, and forget it."""
    program = _RELEASE.format(place=PLACE, owner=shlex.quote(owner_of(state)), kept=" ".join(NAMES))
    machine.check("sh -s", stdin=program.encode(), timeout=60, what="giving the lab host back")
    for name in (_RESTORE, _TAKEDOWN, RECORD, "ssh.sock"):
        (state / name).unlink(missing_ok=True)


def require_ours(machine: Machine, state: Path, called: str) -> None:
    """Make sure that a host says that it is this lab's.

    Raises:
        HvlabError: It is another lab's, or nobody's.
    """
    told = machine.run(f"cat {PLACE}/owner", timeout=60).text.strip()
    if told != owner_of(state):
        raise HvlabError(f"{called} has no lab of {state}", f"it is {told}'s" if told else "it has none at all")


class RealHost:
    """A machine that is not ours to start.

    Args:
        address: Of kind `local` or `ssh`.
        config: For `ssh`: the user's ssh configuration; "": the usual one.
        boxes: Returns what guests are made from, on the controller; called when they are first needed.
        guests: How many there may be.
        state: The lab's folder on the controller.
        ssh: How lines are run on it while the lab is up.
    """

    kind: Kind
    steps = (("what the lab makes on its host", "host"),)

    def __init__(
        self,
        address: Address,
        config: str,
        boxes: Callable[[], Boxes],
        guests: int,
        state: Path,
        *,
        ssh: Machine,
        kind: Kind,
    ) -> None:
        self.address, self.config, self._make_boxes, self.guests, self.state = address, config, boxes, guests, state
        self.ssh, self.kind = ssh, kind
        self.versions: dict[str, str] = {}
        self._direct = machine_of(address, config)
        self._asked = time.monotonic()
        self._called = "this machine" if kind == "local" else address.text

    @cached_property
    def boxes(self) -> Boxes:
        """What guests are made from, on the controller."""
        return self._make_boxes()

    @cached_property
    def found(self) -> Found:
        """What the machine was found to be."""
        return find_out(self._direct)

    @property
    def entry(self) -> SshEntry | None:
        """How it is named in the lab's ssh configuration file."""
        return None

    @property
    def store(self) -> Store:
        """Where it has the boxes."""
        return Store(folder_of(self.boxes), folder_of(self.boxes))

    @property
    def accelerator(self) -> str:
        """Return what its processors are under."""
        return self.found.guest_of

    @property
    def key(self) -> str:
        """Return a word for the machine with its kernel."""
        return self.found.key

    def identity(self) -> dict[str, str]:
        """Return what tells this machine from others."""
        return self.found.identity

    def obstacle(self, provider: Hypervisor) -> HvlabError | None:
        """Return why the provider needs another boot entry, None if it does not."""
        return obstacle(find_out(self._direct), provider, self._called)

    def console_log(self) -> Path:
        """Write the end of the kernel's log to a file, and return that; if there is none, why."""
        path = self.state / "kernel.log"
        try:
            done = self._direct.run("dmesg | tail -n 200", timeout=60)
            write_atomic(path, done.stdout + done.stderr)
        except HvlabError as error:
            write_atomic(path, f"{error}\n".encode())
        return path

    def running(self) -> str | None:
        """Return the name of the provider that it runs for this lab, None if there is none."""
        record = recorded(self.state)
        return record.provider if record else None

    def died(self) -> str | None:
        """Return in words that the machine has gone or was started again; it is asked once a minute."""
        if time.monotonic() - self._asked < _ASK_S:
            return None
        self._asked = time.monotonic()
        record = recorded(self.state)
        try:
            told = self.ssh.run("cat /proc/sys/kernel/random/boot_id", timeout=_ASK_S).text.strip()
        except HvlabError as error:
            return f"the lab host no longer answers: {error.message}"
        if record and told != record.boot_id:
            return "the lab host was restarted"
        return None

    def boot(self, provider: Hypervisor) -> None:
        """Make sure that the machine runs what the provider needs, and let this lab have it.

        Raises:
            HvlabError: It runs another kernel, lets nobody be root, is another lab's, or the boxes cannot be put there.
        """
        self.__dict__.pop("found", None)
        if wrong := obstacle(self.found, provider, self._called):
            raise wrong
        if not self.found.root:
            raise HvlabError(f"{self._called}: not root there", "take root's login: ssh://root@..., or sudo")
        stop(self.state)
        self.state.mkdir(parents=True, exist_ok=True)
        # Before the claim: a host whose claim nobody knows of could not be had again. It gives back only what is ours.
        record = Record(self.address.text, self.config, provider.name, self.found.boot_id)
        write_atomic(self.state / RECORD, json.dumps(asdict(record)).encode())
        try:
            self._claim()
            self._prepare_undoing(provider)
            self._bring(provider)
        except BaseException:
            stop(self.state)
            raise

    def _claim(self) -> None:
        owner = owner_of(self.state)
        program = _CLAIM.format(place=PLACE, owner=shlex.quote(owner)).encode()
        done = self._direct.run("sh -s", stdin=program, timeout=60)
        if done.status == _TAKEN:
            owner = done.text.strip()
            path = shlex.quote(owner.partition(":")[2])
            raise HvlabError(
                f"{self.address.text} has a lab already, of {owner}",
                "./invoke lab.down there; if that folder is lost, there too: "
                f"HVLAB_STATE={path} ./invoke lab.purge --host={self.address.text}",
            )
        if done.status == _OURS:
            self._undo_lost()
            return
        if done.status:
            raise HvlabError(f"{self.address.text}: {PLACE} cannot be written: {done.stderr.decode().strip()[-200:]}")

    def _undo_lost(self) -> None:
        """Undo a lab of ours of which nothing is on record here any more: its folder was lost.

        Raises:
            HvlabError: Something of it does not go.
        """
        with step(f"Lab host: taking down what a lost lab of this folder made on {self.address.text}"):
            what = "taking the lost lab down"
            for line in self._direct.check("sh -s", stdin=undoing().encode(), timeout=300, what=what).splitlines():
                say(f"  {line}")

    def _prepare_undoing(self, provider: Hypervisor) -> None:
        """Write down how to undo what comes, before it comes."""
        look = remember_program(provider, self.guests).encode()
        restore = self._direct.check("sh -s", stdin=look, timeout=120, what="looking what is there")
        write_atomic(self.state / _RESTORE, restore.encode())
        program = takedown_program(
            provider, self.boxes, self.store.boxes, self.state, count=self.guests, kind=self.kind
        )
        write_atomic(self.state / _TAKEDOWN, program.encode())
        # Which machine clones will stand on is not known yet.
        keep(self._direct, {_TAKEDOWN: f"HVLAB_MASTER=\n{program}", _RESTORE: restore})

    def _bring(self, provider: Hypervisor) -> None:
        bring(self._direct, self.boxes, self.boxes.path(provider.box), *starters())

    def stop(self) -> None:
        """Take down what the lab made, and set the host back; the machine itself goes on."""
        stop(self.state)
