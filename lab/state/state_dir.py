"""What in a folder is a lab's: a state folder that was named by mistake is not to lose what others keep there."""

import contextlib
import os
import re
import stat
from pathlib import Path

from core.errors import HvlabError

# All that a lab ever has in its folder; a name is added here when something new is written there.
_NAMES = (
    "lock", "tmp", "steps.jsonl", "host.json", "unmanaged.json", "rollback.sh", "ssh_config", "key", "key.pub",
    "guest_key", "overlay.qcow2", "topology.json", "vagrant", "vagrant-home", "guest-build", "failed", "console.log",
    "qemu.log", "kernel.log",
)  # fmt: skip
# Of those, what is found in no other folder; each lab has one of them from its first moment on. (/etc/ssh has an
# ssh_config, and many a home a tmp.) /var has a folder of the first one's name.
_FILES = ("lock", "steps.jsonl", "host.json", "unmanaged.json", "console.log", "qemu.log", "kernel.log")
_FOLDERS = ("vagrant-home", "guest-build", "failed")
# One for each provider; it is all that a purge leaves of a lab on an unmanaged host.
_LOG = re.compile(r"vagrant-\w+\.log")
# What files are called while they are written; and ssh's socket, also while it is made.
_PART = re.compile(r"\.(.+)\.\d+\.part")
_SOCKET = re.compile(r"ssh\.sock(\.\w+)?")


def is_labs(name: str) -> bool:
    """Return whether a lab makes a file or folder of that name in its folder."""
    part = _PART.fullmatch(name)
    whole = part[1] if part else name
    return whole in _NAMES or any(pattern.fullmatch(whole) for pattern in (_LOG, _SOCKET))


def _require_own(state: Path) -> None:
    """Refuse a folder of programs that root would run and somebody else can change."""
    for path in (state, *state.iterdir()):
        # A running command may have removed it meanwhile.
        with contextlib.suppress(FileNotFoundError):
            status = path.lstat()
            if status.st_uid == os.geteuid() and (path.is_symlink() or not status.st_mode & stat.S_IWOTH):
                continue
            whose = "may be written by anybody" if status.st_uid == os.geteuid() else f"is user {status.st_uid}'s"
            raise HvlabError(
                f"{path} {whose}: hvlab runs programs that are kept there",
                "run hvlab as its owner, forbid others to write there (chmod o-w), or set HVLAB_STATE to a new folder",
                code="foreign-state",
            )


def require_labs(state: Path) -> None:
    """Check that a folder is a lab's: it is not there, is empty, or has been one.

    Raises:
        HvlabError: It is somebody's: a lab's temporary files, or its purge, would take theirs along; or it, or a file
            in it, is another user's, who could change the programs that are kept there and run again.
    """
    if not state.is_dir():
        return
    _require_own(state)
    names = sorted(path.name for path in state.iterdir())
    marks = [name for name in names if name in _FILES or _LOG.fullmatch(name)]
    marked = any((state / name).is_file() for name in marks) or any((state / name).is_dir() for name in _FOLDERS)
    if names and not marked:
        shown = ", ".join(names[:3])
        raise HvlabError(
            f"{state} is no lab's folder: it has {shown}",
            "set HVLAB_STATE to a new or an empty folder",
            code="not-a-lab-folder",
        )
