"""Where things lie: the project, the cache that projects share, the state of this project's lab."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SETTINGS = PROJECT / "hvlab.toml"
STUDIES = PROJECT / "studies"
CALIBRATIONS = PROJECT / "calibrations"


def cache_root() -> Path:
    """Folder of built images, kept between runs: HVLAB_CACHE, else hvlab in the user's cache folder."""
    if chosen := os.environ.get("HVLAB_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "hvlab"


def called_from() -> Path:
    """Folder in which the person stood who called `./invoke`; names of files are meant from there."""
    return Path(os.environ.get("HVLAB_CALLED_FROM", ".")).absolute()


def state_root() -> Path:
    """Folder of the running lab: sockets, keys, logs, the lab host's overlay disk. One per work tree."""
    return Path(os.environ.get("HVLAB_STATE") or PROJECT / ".lab").absolute()
