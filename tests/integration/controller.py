"""A machine that is controller and lab host at once, while it runs: hvlab is called on it with --host=local.

It is started as the nested lab host is, with another disk (debian_host.py). The guests' boxes are this controller's, on
the disk of boxes, at the place in the machine's cache where hvlab looks for them.
"""

import io
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.paths import PROJECT
from core.process import run
from lab.connectors.base import Completed, Machine
from lab.guests.topology import STORE
from lab.images.boxes import Boxes
from lab.images.cache import manifest
from lab.images.digest import MANIFEST

from .debian_host import PLACE

CACHE = Path("/root/.cache/hvlab")
# Of a command there: under emulation Python and Vagrant take ten times as long.
LIMIT_S = 900


def _archive(boxes: Boxes) -> bytes:
    """Return, as a tar archive for the machine's root, this work tree and the notes on the boxes in the cache."""
    listed = run(["git", "-C", PROJECT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"], what="listing")
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name in filter(None, listed.split("\0")):
            if (PROJECT / name).exists():
                tar.add(PROJECT / name, str((PLACE / name).relative_to("/")))
        for folder in _built(boxes):
            tar.add(folder / MANIFEST, str((CACHE / folder.name / MANIFEST).relative_to("/")))
        link = tarfile.TarInfo(str((CACHE / boxes.folder.parent.name / boxes.folder.name).relative_to("/")))
        link.type, link.linkname = tarfile.SYMTYPE, STORE
        tar.addfile(link)
    return whole.getvalue()


def _built(boxes: Boxes) -> Iterator[Path]:
    """Yield the folders in the cache that the boxes were made from, and their own."""
    folder = boxes.folder.parent
    yield folder
    yield folder.with_name(f"guest-{manifest(folder)['guest']}")


@dataclass(frozen=True)
class Controller:
    """The machine while it runs.

    Attributes:
        machine: Leads to it.
    """

    machine: Machine

    def supply(self, boxes: Boxes) -> None:
        """Put this work tree and the boxes there."""
        program = f"rm -rf {PLACE}/[!.]* && tar -x -C / -f -"
        self.machine.check(program, stdin=_archive(boxes), timeout=300, what="putting hvlab there")

    def line(self, *words: str, **environ: str) -> str:
        """Return the shell line that calls `./invoke` there."""
        setting = [f"{name}={value}" for name, value in environ.items()]
        return f"cd {PLACE} && env LANG=C.UTF-8 {shlex.join([*setting, './invoke', *words])}"

    def invoke(self, *words: str, **environ: str) -> Completed:
        """Call `./invoke` there; show its progress as it comes."""
        command = self.machine.command(self.line(*words, **environ))
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
        sys.stderr.write(done.stderr.decode(errors="replace"))
        return Completed(done.returncode, done.stdout, done.stderr)
