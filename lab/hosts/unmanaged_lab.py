"""A lab on a host that hvlab does not manage: its claim to the host, and what undoes it, here and on the host."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.console import say, step
from core.errors import HvlabError
from core.files import read_record, write_atomic
from core.resources.base import Outcome, Resource, failures, printable, render
from core.resources.claim import claimed
from core.shell import quote
from lab.connectors.address import Address, parse_host
from lab.connectors.base import Machine, last_line
from lab.hosts import rollback_script
from lab.hosts.box_upload import REMOTE_ROOT
from lab.hosts.machines import machine_of
from lab.hosts.resources import lab_owner

RECORD = "unmanaged.json"
# They stay until the host has been set back.
FILES = (RECORD, rollback_script.NAME)
# Another lab's claim is left alone; whoever made it is named.
_CLAIM = """\
umask 022
mkdir -p {root} && cd {root} || exit 1
(set -C; printf '%s\\n' {owner} >owner) 2>/dev/null && exit 0
[ "$(cat owner)" = {owner} ] && exit 4
cat owner
exit 3
"""
_RELEASE = """\
[ "$(cat {root}/owner 2>/dev/null)" = {owner} ] || exit 0
cd {root} && rm -f {script} owner
"""
_TAKEN, _OURS = 3, 4
_LONGEST_OWNER = 400


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


def recorded_lab(state: Path) -> "UnmanagedLab | None":
    """Return the lab that is on record in a state folder, None if there is none."""
    record = recorded(state)
    if record is None:
        return None
    return UnmanagedLab(state, parse_host(record.address), record.config)


@dataclass(frozen=True)
class UnmanagedLab:
    """The lab of a state folder on a host.

    Attributes:
        state: The lab's folder.
        address: Of the host.
        config: The user's ssh configuration; "": the usual one.
    """

    state: Path
    address: Address
    config: str = ""

    @property
    def machine(self) -> Machine:
        """The host; it is reached also while the lab has no configuration file for ssh."""
        return machine_of(self.address, self.config)

    @property
    def name(self) -> str:
        """The host as a person named it."""
        return self.address.text

    @property
    def owner(self) -> str:
        """How the lab is known on its host."""
        return lab_owner(self.state)

    def record(self, provider: str, boot_id: str) -> None:
        """Write the lab down here. A host whose claim nobody knows of could not be had again: this comes before it."""
        record = Record(self.name, self.config, provider, boot_id)
        write_atomic(self.state / RECORD, json.dumps(asdict(record)).encode())

    def claim(self) -> None:
        """Let this lab have the host; one of this folder that was lost is undone first.

        Raises:
            HvlabError: It is another lab's, or cannot be written to.
        """
        program = _CLAIM.format(root=REMOTE_ROOT, owner=quote(self.owner)).encode()
        done = self.machine.run("sh -s", stdin=program, timeout=60)
        if done.status == _TAKEN:
            owner = _one_line(done.text)
            raise HvlabError(
                f"{self.name} has a lab already, of {owner}",
                "./invoke lab.down there; if that folder is lost, there too: "
                f"HVLAB_STATE={quote(owner.partition(':')[2])} ./invoke lab.purge --host={self.name}",
            )
        if done.status == _OURS:
            self._undo_lost()
        elif done.status:
            raise HvlabError(f"{self.name}: {REMOTE_ROOT} cannot be written: {last_line(done.stderr)}")

    def _undo_lost(self) -> None:
        """Undo a lab of this folder of which nothing is on record here any more.

        Raises:
            HvlabError: Something of it cannot be removed.
        """
        if rollback_script.saved_on_host(self.machine):
            with step(f"Lab host: removing what a lost lab of this folder made on {self.name}"):
                self._require_removed(rollback_script.remove(self.machine, rollback_script.rollback_script()))

    def prepare_rollback(self, resources: Sequence[Resource]) -> None:
        """Make sure that nothing is in the lab's way, and save what will undo it.

        Raises:
            HvlabError: A resource is somebody else's, or the host does not answer.
        """
        known = claimed(resources, rollback_script.ask(self.machine, resources))
        rollback_script.save_rollback(self.machine, self.state, known)

    def take_down(self) -> list[Outcome]:
        """Remove what the lab made, set the host back, and give it back if nothing is left.

        Raises:
            HvlabError: The host cannot be reached. It is tried again by the next call.
        """
        saved = self.state / rollback_script.NAME
        if saved.is_file():
            outcomes = rollback_script.remove(self.machine, saved.read_text())
        elif self._host_owner() == self.owner and rollback_script.saved_on_host(self.machine):
            outcomes = rollback_script.remove(self.machine, rollback_script.rollback_script())
        else:
            outcomes = []
        if not failures(outcomes):
            self.release()
        return outcomes

    def stop(self) -> None:
        """Take the lab down, and print what was removed.

        Raises:
            HvlabError: The host cannot be reached, or something cannot be removed.
        """
        with step(f"Lab host: taking down what the lab made on {self.name}"):
            self._require_removed(self.take_down())

    def _require_removed(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if words := rollback_script.in_words(outcome):
                say(f"  {words}")
        if failed := failures(outcomes):
            raise HvlabError(f"{self.name}: {'; '.join(failed)}", "./invoke lab.purge tries again")

    def scan(self, resources: Sequence[Resource]) -> list[Outcome]:
        """Remove what is the lab's on a host of which nothing is on record, and give it back if nothing is left.

        What the host itself has saved knows more: it is used where it is there.

        Args:
            resources: All that a lab may have.

        Raises:
            HvlabError: The host is another lab's, or cannot be reached.
        """
        self.require_ours()
        if rollback_script.saved_on_host(self.machine):
            return self.take_down()
        outcomes = rollback_script.remove(self.machine, render("remove", resources))
        if not failures(outcomes):
            self.release()
        return outcomes

    def release(self) -> None:
        """Give the host back, if this lab has it, and forget it.

        Raises:
            HvlabError: The host cannot be reached.
        """
        program = _RELEASE.format(root=REMOTE_ROOT, owner=quote(self.owner), script=rollback_script.NAME)
        self.machine.check("sh -s", stdin=program.encode(), timeout=60, what="giving the lab host back")
        for name in (rollback_script.NAME, RECORD, "ssh.sock"):
            (self.state / name).unlink(missing_ok=True)

    def require_ours(self) -> None:
        """Make sure that the host says that it is this lab's.

        Raises:
            HvlabError: It is another lab's, or nobody's.
        """
        owner = self._host_owner()
        if owner != self.owner:
            raise HvlabError(
                f"{self.name} has no lab of {self.state}", f"it is {owner}'s" if owner else "it has none at all"
            )

    def _host_owner(self) -> str:
        """Return whose lab the host has, "" for nobody's."""
        return _one_line(self.machine.run(f"cat {REMOTE_ROOT}/owner", timeout=60).text)


def _one_line(text: str) -> str:
    """Return the beginning of what a host says, fit to be printed."""
    return printable(text.strip().partition("\n")[0][:_LONGEST_OWNER])
