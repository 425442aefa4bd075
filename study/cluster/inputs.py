"""What a run depends on beside its parameters: hvlab's own code, and the images. Workers are compared by its digest."""

import functools
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from core.paths import PROJECT
from core.plugins import VARIABLE
from lab.lifecycle import Lab

# What takes part in a run; the report and the tests do not.
_FOLDERS = ("core", "dataset", "factors", "guest-kickstart", "hypervisors", "lab", "packer", "study", "vagrant")
_SHOWN = 12


@dataclass(frozen=True)
class Inputs:
    """Digests of what a run depends on.

    Attributes:
        code: SHA-256 of hvlab's code and of the plug-ins.
        images: SHA-256 of the names and versions of the lab host's and the guests' images.
        accelerator: QEMU's accelerator, or `none`.
    """

    code: str
    images: str
    accelerator: str

    def differences(self, other: "Inputs") -> str:
        """Return in what this machine's inputs differ from others, with both digests; empty: in nothing."""
        mine, theirs = asdict(self), asdict(other)
        return ", ".join(
            f"other {name} ({mine[name][:_SHOWN]}, not {theirs[name][:_SHOWN]})"
            for name in mine
            if mine[name] != theirs[name]
        )


def inputs_of(lab: Lab) -> Inputs:
    """Return the inputs of runs in a lab on this machine.

    Raises:
        HvlabError: An image is missing and cannot be built.
    """
    host, box = lab.host, lab.boxes
    names = [host.key, dict(host.versions), box.name, box.version, dict(lab.guest.versions)]
    images = hashlib.sha256(json.dumps(names, sort_keys=True).encode()).hexdigest()
    return Inputs(_code(), images, host.accelerator)


@functools.cache
def _code() -> str:
    digest = hashlib.sha256()
    plugins = [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    for root in [*(PROJECT / name for name in _FOLDERS), *plugins]:
        for path in _files(root):
            # With the length of each part: no two trees have the same stream of bytes.
            for part in (str(path.relative_to(root.parent)).encode(), path.read_bytes()):
                digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path
