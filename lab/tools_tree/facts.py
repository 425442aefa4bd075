"""What Python code asks about the tools tree: whether this process is in it, and what it is called in the cache."""

import hashlib
from pathlib import Path

import hypervisors

# Only the tools tree has this file, with its key.
MARK = Path("/etc/hvlab-tools")
SCRIPTS = Path(__file__).parent
KIND = "tools"


def in_tools_tree() -> bool:
    """Return whether this process runs in the tools tree."""
    return MARK.is_file()


def package_lists() -> list[Path]:
    """Return the files that list the tree's packages: the kit's, and those of the hypervisors."""
    own = [path for folder in hypervisors.__path__ for path in sorted(Path(folder).glob("*/tools.packages"))]
    return [SCRIPTS / "packages", *own]


def packages() -> list[str]:
    """Return the Debian packages that the tree is made of."""
    lines = (line for path in package_lists() for line in path.read_text().splitlines())
    return [line for line in lines if not line.startswith("#")]


def tree_name() -> str:
    """Return the name of the present tree's folder in the cache, as enter.sh computes it."""
    digest = hashlib.sha256()
    for path in [*package_lists(), SCRIPTS / "build.sh"]:
        digest.update(path.read_bytes())
    return f"{KIND}-{digest.hexdigest()[:16]}"
