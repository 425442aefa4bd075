"""What Python code asks about the tools tree: whether this process is in it, and what it is called in the cache."""

import hashlib
import os
from pathlib import Path

import hypervisors

# Only the tools tree has this file, with its key.
MARK = Path("/etc/hvlab-tools")
SCRIPTS = Path(__file__).parent
KIND = "tools"
# enter.sh sets it where a program can be run on the machine from inside the tree.
OUTSIDE = "HVLAB_OUTSIDE"


def in_tools_tree() -> bool:
    """Return whether this process runs in the tools tree."""
    return MARK.is_file()


def outside_words() -> tuple[str, ...]:
    """Return the words before a command that run it on the machine, outside of the tree; none if this is the machine.

    Raises:
        KeyError: This is the tree of an ordinary user, who cannot leave it.
    """
    if not in_tools_tree():
        return ()
    if OUTSIDE not in os.environ:
        raise KeyError(OUTSIDE)
    return ("sh", str(SCRIPTS / "outside.sh"))


def package_lists(*, development: bool = False) -> list[Path]:
    """Return the files that list a tree's packages: the kit's, and those of the hypervisors.

    Args:
        development: Of the tree in which `lint` and `test` run.
    """
    own = [path for folder in hypervisors.__path__ for path in sorted(Path(folder).glob("*/tools.packages"))]
    return [SCRIPTS / "packages", *([SCRIPTS / "packages.development"] if development else []), *own]


def packages(*, development: bool = False) -> list[str]:
    """Return the Debian packages that a tree is made of; see `package_lists`."""
    lists = package_lists(development=development)
    lines = (line for path in lists for line in path.read_text().splitlines())
    return [line for line in lines if not line.startswith("#")]


def tree_name(*, development: bool = False) -> str:
    """Return the name of the present tree's folder in the cache, as enter.sh computes it; see `package_lists`."""
    digest = hashlib.sha256()
    for path in [*package_lists(development=development), SCRIPTS / "build.sh"]:
        digest.update(path.read_bytes())
    return f"{KIND}-{digest.hexdigest()[:16]}"
