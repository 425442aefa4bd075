"""Runs Packer, and watches what the machine that it installs says on its serial line.

Packer 1.6 looks at nothing but SSH: an installer that has given up would be waited for until the time is over.
"""

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.cause import last_line
from core.console import say
from core.errors import HvlabError
from core.paths import PROJECT
from core.process import run, supervise

PACKER = PROJECT / "packer"
# Of the kit's installer (lab/installer/main.py, files/init), and of any Linux.
_INSTALLER = re.compile(r"hvlab-installer: (.*)")
# QEMU stops a machine for which it cannot write, without a word; Packer would wait for it until the time is over.
_ROOM = 64 * 1024**2
_DEAD = re.compile(r"hvlab-installer: failed: (.*)|(Kernel panic - not syncing.*)")


def packer_version() -> str:
    """Return Packer's version, e.g. "1.6.6"."""
    return run(["packer", "version"], what="asking Packer's version").split()[1].lstrip("v")


def build_command(os_name: str, variables: Mapping[str, object], builder: str = "qemu") -> list[str]:
    """Return the command that builds a guest OS.

    Args:
        os_name: Names the var file.
        variables: Of packer/guest.pkr.hcl, beside those of the var file.
        builder: Name of one of the template's sources.
    """
    given = [word for name, value in variables.items() for word in ("-var", f"{name}={value}")]
    return [
        "packer", "build", "-color=false", f"-only={builder}.guest",
        f"-var-file={PACKER / f'{os_name}.pkrvars.hcl'}", *given, str(PACKER / "guest.pkr.hcl"),
    ]  # fmt: skip


def cause_of_death(serial: str) -> str | None:
    """Return why a machine will not go on, if its serial line says so."""
    found = _DEAD.search(serial)
    return (found[1] or found[2]).strip() if found else None


def no_room(folder: Path) -> str | None:
    """Return what to say if the disk that a machine is written to is as good as full."""
    free = shutil.disk_usage(folder).free
    return f"the disk with {folder} is full ({free // 1024**2} MiB are left)" if free < _ROOM else None


class _Watch:
    """Reads the serial line's file as it grows, and looks after the room in the folder where the disk is made."""

    def __init__(self, path: Path, folder: Path, tell: Callable[[str], None]) -> None:
        self._path, self._folder, self._tell, self._told = path, folder, tell, 0

    def check(self) -> str | None:
        """Print the installer's new lines; return why the build should be aborted, or None."""
        if full := no_room(self._folder):
            return full
        if not self._path.exists():
            return None
        text = self._path.read_text(errors="replace")
        whole = text[: text.rfind("\n") + 1]
        for line in _INSTALLER.findall(whole[self._told :]):
            self._tell(line.strip())
        self._told = len(whole)
        return cause_of_death(whole)


def watched_build(command: Sequence[str], log: Path, serial: Path, cache: Path, timeout: float) -> None:
    """Run a `packer build` to its end, or until the machine says that it will not go on.

    Args:
        command: See `build_command`.
        log: File that Packer's output is added to.
        serial: File that takes the machine's serial line.
        cache: Packer's own cache; the disk is written beside it.
        timeout: Seconds.

    Raises:
        HvlabError: With the installer's last line, or Packer's.
    """
    environment = {**os.environ, "PACKER_CACHE_DIR": str(cache), "CHECKPOINT_DISABLE": "1"}
    watch = _Watch(serial, cache.parent, lambda line: say(f"installer: {line}", style="dim"))
    hint = f"the machine's serial line: {serial}"
    try:
        status = supervise(command, log=log, should_abort=watch.check, timeout=timeout, env=environment, hint=hint)
    except HvlabError as error:
        raise HvlabError(f"the installation of the guest stopped: {error.message}", error.hint) from error
    watch.check()
    if status:
        why = last_line(log.read_text(errors="replace")) or "no output"
        raise HvlabError(f"Packer's build of the guest failed: {why}", f"see {log}")
