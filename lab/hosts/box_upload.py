"""Uploads boxes to a lab host that is not the controller: once, and compared by hash."""

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from core.console import step
from core.errors import HvlabError
from lab.connectors.base import Machine
from lab.images.boxes import INITRD, KERNEL, Boxes

# Boxes stay there after the lab was taken down, so that the next lab need not wait for them.
REMOTE_ROOT = "/var/lib/hvlab"
_LIMIT_S = 3600
# The archive's hash was compared before; tar reports what else fails. The note is written last.
_UNPACK = """\
set -e
cd {folder}
tar -xzSf {archive}
rm -f {archive}
: >{note}
"""


def folder_of(boxes: Boxes) -> str:
    """Return where a machine keeps the boxes; another one for each content."""
    return f"{REMOTE_ROOT}/{boxes.folder.parent.name}"


def upload(machine: Machine, boxes: Boxes, *parts: str) -> None:
    """Upload those parts of the boxes' folder that the lab host does not have yet.

    Args:
        machine: The lab host.
        boxes: The boxes on the controller.
        parts: Names below `boxes.folder`; one that is not there is left out.

    Raises:
        HvlabError: They cannot be written there, or do not arrive unchanged.
    """
    folder = folder_of(boxes)
    for part in parts:
        if not (boxes.folder / part).exists():
            continue
        note = f".have-{part.replace('/', '-')}"
        # The guests' emulators read them there, and do not run as root.
        made = f"mkdir -p {shlex.quote(folder)} && chmod 755 {REMOTE_ROOT} {shlex.quote(folder)}"
        there = machine.run(f"{made} && [ -e {shlex.quote(f'{folder}/{note}')} ]", timeout=60)
        if there.status:
            with step(f"{machine.name}: putting {part}"):
                _put(machine, boxes.folder, part, folder)
                words = {"folder": folder, "archive": f"{folder}/.archive", "note": note}
                program = _UNPACK.format(**{name: shlex.quote(word) for name, word in words.items()})
                machine.check("sh -s", stdin=program.encode(), timeout=_LIMIT_S, what=f"unpacking {part}")


def _put(machine: Machine, source: Path, part: str, folder: str) -> None:
    """Send one part as a compressed archive that keeps holes."""
    command = ["tar", "--create", "--sparse", "--use-compress-program=gzip -1", f"--directory={source}", "--", part]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as packing:
        try:
            machine.put(_stream(packing), f"{folder}/.archive", timeout=_LIMIT_S)
        except BaseException:
            packing.kill()
            raise
    if packing.returncode:
        raise HvlabError(f"packing {source / part} failed: {_words(command)} ended with {packing.returncode}")


def _stream(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _words(command: Sequence[str]) -> str:
    return shlex.join(command)


def boot_files() -> tuple[str, ...]:
    """Return the parts that start guests without a boot loader."""
    return tuple(dict.fromkeys(str(Path(name).parent) for name in (KERNEL, INITRD)))
