"""Where a built image comes from: the project's revision, the tools, the inputs' hashes."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from core.paths import PROJECT
from lab.images.cache import fingerprint


def _git(project: Path, *words: str) -> str | None:
    if shutil.which("git") is None:
        return None
    done = subprocess.run(["git", "-C", str(project), *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def revision(project: Path = PROJECT) -> dict[str, object]:
    """Return the project's git revision, and whether files differ from it; both None outside a git work tree."""
    commit = _git(project, "rev-parse", "HEAD")
    changes = _git(project, "status", "--porcelain")
    return {"revision": commit, "dirty": None if changes is None else changes != ""}


def input_hashes(inputs: Mapping[str, str | Path]) -> dict[str, str]:
    """Return a hash of each input by itself (16 hex digits), to see which one made a new image."""
    return {name: fingerprint({name: value}) for name, value in sorted(inputs.items())}
