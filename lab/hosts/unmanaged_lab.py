"""A lab on an unmanaged host: its claim to the host, and its rollback program, here and on the host."""

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
from lab.connectors.ssh_config import SOCKET
from lab.hosts import rollback_script
from lab.hosts.box_upload import REMOTE_ROOT
from lab.hosts.machines import machine_of
from lab.hosts.resources import lab_owner

RECORD = "unmanaged.json"
# They stay until the host has been set back.
FILES = (RECORD, rollback_script.NAME)
# Another lab's claim is left alone; its owner is printed.
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
_CLAIMED_BY_ANOTHER, _CLAIMED_BEFORE = 3, 4
_LONGEST_OWNER = 400


@dataclass(frozen=True)
class Record:
    """A lab that is up on such a host.

    Attributes:
        address: Of the host, as text.
        config: The user's ssh configuration; "": the usual one.
        provider: Its name.
        boot_id: The host's, when the lab was brought up.
        owner: The lab's owner on its host then: the controller may have another name by now.
    """

    address: str
    config: str
    provider: str
    boot_id: str
    owner: str = ""


def recorded(state: Path) -> Record | None:
    """Return what is on record in a state folder, None if no lab is up on such a host."""
    return read_record(state / RECORD, Record)


def recorded_lab(state: Path) -> "UnmanagedLab | None":
    """Return the lab that is on record in a state folder, None if there is none."""
    record = recorded(state)
    if record is None:
        return None
    return UnmanagedLab(state, parse_host(record.address), record.config, record.owner)


@dataclass(frozen=True)
class UnmanagedLab:
    """The lab of a state folder on a host.

    Attributes:
        state: The lab's folder.
        address: Of the host.
        config: The user's ssh configuration; "": the usual one.
        recorded_owner: The lab's owner on its host, if that is on record.
    """

    state: Path
    address: Address
    config: str = ""
    recorded_owner: str = ""

    @property
    def machine(self) -> Machine:
        """The host; it is reached also while the lab has no configuration file for ssh."""
        return machine_of(self.address, self.config)

    @property
    def name(self) -> str:
        """The host as the user named it."""
        return self.address.text

    @property
    def owner(self) -> str:
        """The lab's owner on its host (`lab_owner`)."""
        return self.recorded_owner or lab_owner(self.state)

    def record(self, provider: str, boot_id: str) -> None:
        """Record the lab here. This precedes the claim: without a record the host could not be released."""
        record = Record(self.name, self.config, provider, boot_id, self.owner)
        write_atomic(self.state / RECORD, json.dumps(asdict(record)).encode())

    def claim(self) -> None:
        """Claim the host for this lab; an unrecorded lab of this folder is removed from it first.

        Raises:
            HvlabError: Another lab has claimed it, or it cannot be written to.
        """
        program = _CLAIM.format(root=REMOTE_ROOT, owner=quote(self.owner)).encode()
        done = self.machine.run("sh -s", stdin=program, timeout=60)
        if done.status == _CLAIMED_BY_ANOTHER:
            owner = _one_line(done.text)
            raise HvlabError(
                f"{self.name} has a lab already, of {owner}",
                "./invoke lab.down there; if that folder is lost, there too: "
                f"HVLAB_STATE={quote(owner.partition(':')[2])} ./invoke lab.purge --host={self.name}",
                code="host-is-claimed",
            )
        if done.status == _CLAIMED_BEFORE:
            self._undo_lost()
        elif done.status:
            raise HvlabError(f"{self.name}: {REMOTE_ROOT} cannot be written: {last_line(done.stderr)}")

    def _undo_lost(self) -> None:
        """Remove a lab of this folder that has no record here any more.

        Raises:
            HvlabError: Something of it cannot be removed.
        """
        if rollback_script.saved_on_host(self.machine):
            with step(f"Lab host: removing an unrecorded lab of this folder from {self.name}"):
                self._require_removed(rollback_script.remove(self.machine, rollback_script.rollback_script()))

    def prepare_rollback(self, resources: Sequence[Resource]) -> None:
        """Check that no foreign resource is in the way, and save the rollback program.

        Raises:
            HvlabError: A resource is not this lab's, or the host does not answer.
        """
        known = claimed(resources, rollback_script.ask(self.machine, resources))
        rollback_script.save_rollback(self.machine, self.state, known)

    def take_down(self) -> list[Outcome]:
        """Remove what the lab created, restore the host's settings, and release the host if nothing is left.

        Raises:
            HvlabError: The host cannot be reached. The next call tries again.
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
            if words := rollback_script.describe(outcome):
                say(f"  {words}")
        if failed := failures(outcomes):
            raise HvlabError(f"{self.name}: {'; '.join(failed)}", "./invoke lab.purge tries again", code="not-removed")

    def scan(self, resources: Sequence[Resource]) -> list[Outcome]:
        """Remove what is the lab's on a host without a record here, and release the host if nothing is left.

        A rollback program on the host is preferred, since it has saved settings.

        Args:
            resources: All that a lab may have.

        Raises:
            HvlabError: Another lab has claimed the host, or it cannot be reached.
        """
        self.require_owned()
        if rollback_script.saved_on_host(self.machine):
            return self.take_down()
        outcomes = rollback_script.remove(self.machine, render("remove", resources))
        if not failures(outcomes):
            self.release()
        return outcomes

    def release(self) -> None:
        """Release the host, if this lab has claimed it, and remove the record.

        Raises:
            HvlabError: The host cannot be reached.
        """
        program = _RELEASE.format(root=REMOTE_ROOT, owner=quote(self.owner), script=rollback_script.NAME)
        self.machine.check("sh -s", stdin=program.encode(), timeout=60, what="releasing the lab host")
        for name in (rollback_script.NAME, RECORD, SOCKET):
            (self.state / name).unlink(missing_ok=True)

    def require_owned(self) -> None:
        """Check that the host is claimed by this lab.

        Raises:
            HvlabError: Another lab has claimed it, or none.
        """
        owner = self._host_owner()
        if owner != self.owner:
            raise HvlabError(
                f"{self.name} has no lab of {self.state}",
                f"it is {owner}'s" if owner else "it has none at all",
                code="no-lab-on-host",
            )

    def _host_owner(self) -> str:
        """Return the owner of the lab that has claimed the host, "" for none."""
        return _one_line(self.machine.run(f"cat {REMOTE_ROOT}/owner", timeout=60).text)


def _one_line(text: str) -> str:
    """Return the beginning of a host's answer, without control characters."""
    return printable(text.strip().partition("\n")[0][:_LONGEST_OWNER])
