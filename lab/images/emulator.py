"""The emulator that runs the lab host: QEMU of Debian 13, unpacked, not installed, whatever this machine's release is.

Neither an older nor a newer one will do:

- Debian 12's QEMU 7.2 lets one virtual CPU translate code that another is just rewriting, and keeps the stale result;
  Linux rewrites itself whenever a hypervisor's kernel module starts its first guest, and the lab host died of that
  ("Oops: int3"). QEMU 8.1 and later hold the page while they translate it.
- Under QEMU 11.1 3 of 11 guests of one hypervisor hung or died as they started, under Debian 13's 10.0 none of 29:
  docs/design/lab.md tells more.
"""

import shutil
from pathlib import Path

from core.console import step
from core.process import run
from lab.images.cache import cached, manifest
from lab.images.rootfs import Recipe, make_root, slim

RECIPE = Recipe(suite="trixie", components=("main",), packages=("qemu-system-x86", "seabios"), variant="extract")
PROGRAM = "qemu-system-x86_64"
# With its own loader and libraries, whatever this machine's are. `exec`, so that the process is QEMU's.
_STARTER = f"""\
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
export QEMU_MODULE_DIR="$root/usr/lib/x86_64-linux-gnu/qemu"
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --argv0 {PROGRAM} --library-path "$root/usr/lib/x86_64-linux-gnu" \\
    "$root/usr/bin/{PROGRAM}" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
"""


def _build(folder: Path) -> dict[str, object]:
    root = folder / "root"
    with step("Emulator: unpacking QEMU"):
        make_root(RECIPE, root, folder / "build.log")
    slim(root)
    for unused in ("usr/share/doc", "usr/share/locale", "usr/share/man"):
        shutil.rmtree(root / unused, ignore_errors=True)
    starter = folder / PROGRAM
    starter.write_text(_STARTER)
    starter.chmod(0o755)
    return {"version": run([starter, "--version"], what="asking the emulator's version").splitlines()[0]}


def _folder() -> Path:
    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {name: here / name for name in ("emulator.py", "rootfs.py")}
    return cached("emulator", inputs, _build)


def emulator() -> Path:
    """Return the program to start, unpacking it (some seconds) if it is not in the cache.

    Raises:
        HvlabError: If it cannot be had.
    """
    return _folder() / PROGRAM


def emulator_version() -> str:
    """Return what the emulator says of its version."""
    return str(manifest(_folder())["version"])
