"""Drives Vagrant, through python-vagrant, for the project's Vagrantfile."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import vagrant
from core.cause import cause, last_line
from core.errors import HvlabError
from core.paths import PROJECT
from core.plugins import search_path
from core.process import supervise
from hypervisors.base import Hypervisor
from hypervisors.names import hypervisor_names
from lab.images.boxes import Boxes
from lab.packages import vagrant_packages
from lab.state.lock import TEMPORARY
from lab.tools_tree.facts import in_tools_tree

VAGRANTFILE = PROJECT / "vagrant"
# In a lab's folder: Vagrant's notes on its guests, and on ports that an interrupted command took for them.
_PORTS = "data/fp-leases"
NOTES = ("vagrant", f"vagrant-home/{_PORTS}")


def home(state: Path) -> Path:
    """Return VAGRANT_HOME of a lab."""
    return state / "vagrant-home"


def vagrant_log(state: Path, provider: Hypervisor) -> Path:
    """Return the file to which a lab's Vagrant writes under a hypervisor."""
    return state / f"vagrant-{provider.name}.log"


def remote_tools() -> list[Path]:
    """Return the folders of the programs that run a hypervisor's tools on another machine."""
    parts = search_path([str(VAGRANTFILE / "lib/hvlab")], "vagrant.lib.hvlab")
    folders = (Path(part, name, "bin") for part in parts for name in hypervisor_names())
    return [folder for folder in folders if folder.is_dir()]


def use_boxes(state: Path, boxes: Boxes) -> None:
    """Make the boxes those of the lab's Vagrant."""
    link = home(state) / "boxes"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(boxes.folder)


# What Vagrant's lines of progress begin with.
_PROGRESS = ("==> ", "    server", "Bringing machine ")
# Of an error, in characters.


class _Watched(vagrant.Vagrant):
    """python-vagrant without its endless waiting: a command is ended at its time limit, or when it waits in vain."""

    def __init__(
        self, log: Path, env: Mapping[str, str], limit_s: float, should_abort: Callable[[], str | None]
    ) -> None:
        super().__init__(str(VAGRANTFILE), env=env)  # type: ignore[no-untyped-call]
        self._log, self._limit_s, self._should_abort = log, limit_s, should_abort

    def _call_vagrant_command(self, args: Sequence[str | None]) -> None:
        """Run a command; python-vagrant's own methods come here.

        Raises:
            HvlabError: It did not end in time, or waited in vain.
            subprocess.CalledProcessError: It failed.
        """
        try:
            command = self._make_vagrant_command(args)  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise HvlabError("Vagrant is not installed", f"apt-get install {' '.join(vagrant_packages())}") from error
        status = supervise(
            command,
            log=self._log,
            should_abort=self._should_abort,
            timeout=self._limit_s,
            env=self.env,
            hint=f"see {self._log}",
        )
        if status:
            raise subprocess.CalledProcessError(status, command)


def last_words(log: str) -> str:
    """Return the error that Vagrant's output ends with, in one line: it follows the lines of progress."""
    lines = log.splitlines()
    begun = next((at for at in range(len(lines), 0, -1) if lines[at - 1].startswith(_PROGRESS)), 0)
    return cause(lines[begun:]) or last_line(log) or "no output"


class VagrantLab:
    """The guests of one provider, as Vagrant sees them.

    Args:
        state: The lab's folder; holds topology.json, Vagrant's home and notes, and its log.
        limit_s: Seconds that one command may take.
        died: Returns why the lab host ended, None while it runs.
        remote: Whether the lab host is another machine: then the project's own tools run the hypervisors' tools there;
            likewise in the tools tree, where they run them on the machine outside of it.
    """

    def __init__(
        self, provider: Hypervisor, state: Path, limit_s: float, died: Callable[[], str | None], *, remote: bool = True
    ) -> None:
        self.provider = provider
        self._limit_s, self._died = limit_s, died
        self.log = vagrant_log(state, provider)
        self.home = home(state)
        away = remote or in_tools_tree()
        self._environment = {
            **os.environ,
            "HVLAB_TOPOLOGY": str(state / "topology.json"),
            "VAGRANT_CWD": str(VAGRANTFILE),
            "VAGRANT_HOME": str(self.home),
            # One folder a provider: Vagrant allows one provider a machine and folder.
            "VAGRANT_DOTFILE_PATH": str(state / "vagrant" / provider.name),
            "VAGRANT_DEFAULT_PROVIDER": provider.vagrant,
            "VAGRANT_CHECKPOINT_DISABLE": "1",
            "VAGRANT_BOX_UPDATE_CHECK_DISABLE": "1",
            "VAGRANT_NO_COLOR": "1",
            "VAGRANT_NO_PARALLEL": "1",
            "TMPDIR": str(state / TEMPORARY),
            "PATH": os.pathsep.join([*(map(str, remote_tools()) if away else ()), os.environ["PATH"]]),
        }

    def _vagrant(self, lost: Callable[[], str | None] = lambda: None) -> Any:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        return _Watched(self.log, self._environment, self._limit_s, lambda: self._died() or lost())

    def _failure(self, what: str, error: subprocess.CalledProcessError) -> HvlabError:
        if error.returncode < 0:
            return HvlabError(
                f"{what}: it was ended by {signal.Signals(-error.returncode).name}",
                f"see {self.log}",
                code="vagrant-failed",
            )
        return HvlabError(
            f"{what}: {last_words(self.log.read_text(errors='replace'))}", f"see {self.log}", code="vagrant-failed"
        )

    def up(self, guest: str, lost: Callable[[], str | None]) -> None:
        """Bring one guest up and wait until it answers over SSH.

        Args:
            guest: Its name.
            lost: Returns why the guest will never come up, None while it still may.

        Raises:
            HvlabError: If Vagrant fails, or does not end in its time, or the guest is lost.
        """
        try:
            self._vagrant(lost).up(vm_name=guest, provider=self.provider.vagrant)
        except subprocess.CalledProcessError as error:
            raise self._failure(f"vagrant up {guest} failed", error) from error
        finally:
            # A Vagrant that was ended leaves a lease of the guest's port, and the next one respects even an expired
            # lease. No two run at a time.
            shutil.rmtree(self.home / _PORTS, ignore_errors=True)

    def destroy(self, guest: str) -> None:
        """Destroy one guest, whatever is left of it.

        Raises:
            HvlabError: If Vagrant fails, or does not end in its time.
        """
        try:
            self._vagrant().destroy(vm_name=guest)
        except subprocess.CalledProcessError as error:
            raise self._failure("vagrant destroy failed", error) from error
