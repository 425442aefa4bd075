"""Where things lie: the project, the cache that projects share, the state of this project's lab."""

import os
import re
from pathlib import Path

from core.errors import HvlabError

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = PROJECT / "hvlab.toml"
STUDIES = PROJECT / "studies"
CALIBRATIONS = PROJECT / "calibrations"


# Names of these folders come into QEMU's options (split at commas), lists of boot modules (at blanks), ssh_config
# (quotes, percent signs) and, in its ProxyCommand, to a shell.
_PLAIN = re.compile(r"[\w./+@=~-]+")
# In bytes: sun_path of unix(7) has 108 with its end, and ssh makes its socket as "ssh.sock." and 16 letters more.
_LONGEST_STATE = 107 - len("/ssh.sock.") - 16


def _plain(path: Path, setting: str) -> Path:
    """Return a path that means the same to all that will read it.

    Raises:
        HvlabError: It has characters that mean something to one of them, or is no folder.
    """
    if not _PLAIN.fullmatch(str(path)):
        strange = "".join(sorted(set(_PLAIN.sub("", str(path)))))
        raise HvlabError(
            f"the folder {str(path)!r} has characters that cannot be used: {strange!r}",
            f"set {setting} to a folder with letters, digits and ./+@=~-_ only",
            code="bad-folder",
        )
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not there.is_dir():
        raise HvlabError(f"{path} cannot be a folder: {there} is none", f"set {setting} to a folder", code="bad-folder")
    return path


def cache_root() -> Path:
    """Folder of built images, kept between runs: HVLAB_CACHE, else hvlab in the user's cache folder.

    Raises:
        HvlabError: It has a name that cannot be used.
    """
    if chosen := os.environ.get("HVLAB_CACHE"):
        return _plain(Path(chosen).absolute(), "HVLAB_CACHE")
    return _plain(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "hvlab", "HVLAB_CACHE")


def called_from() -> Path:
    """Folder in which the person stood who called `./invoke`; names of files are meant from there."""
    return Path(os.environ.get("HVLAB_CALLED_FROM", ".")).absolute()


def state_root(slot: int = 0) -> Path:
    """Folder of the running lab: sockets, keys, logs, the lab host's overlay disk. One per work tree.

    Args:
        slot: Number of a further lab, for runs at the same time: `.lab-1`, ...; 0: the work tree's own.

    Raises:
        HvlabError: It has a name that cannot be used.
    """
    path = Path(os.environ.get("HVLAB_STATE") or PROJECT / ".lab").absolute()
    if slot:
        path = path.with_name(f"{path.name}-{slot}")
    if (size := len(os.fsencode(path))) > _LONGEST_STATE:
        raise HvlabError(
            f"the folder {str(path)!r} has too long a name for ssh's socket in it: {size} bytes",
            f"set HVLAB_STATE to a folder of {_LONGEST_STATE} at most",
            code="bad-folder",
        )
    return _plain(path, "HVLAB_STATE")
