"""The emulator that runs the lab host: QEMU, built from Debian 13's source package with the patches in `qemu/patches`.

The distributions' builds will not do:

- Debian 12's QEMU 7.2 lets one virtual CPU translate code that another is just rewriting, and keeps the stale result;
  Linux rewrites itself whenever a hypervisor's kernel module starts its first guest, and the lab host died of that
  ("Oops: int3"). QEMU 8.1 and later hold the page while they translate it.
- In QEMU 10.0 a virtual CPU may undo what another one changes in a word of flags, and a guest of a hypervisor
  that uses SVM dies or hangs: docs/findings/qemu-svm.md.

It is not installed; it runs with the libraries of that release, whatever this machine's are.
"""

import shlex
import shutil
from pathlib import Path

from core.console import step
from core.process import run
from lab.images.cache import cached, manifest
from lab.images.rootfs import Recipe, make_root, slim

_SOURCES = Path(__file__).parent / "qemu"
# Where it is built, and what it is built by.
BUILD = Recipe(
    suite="trixie",
    components=("main",),
    packages=(
        "dpkg-dev", "gcc", "libc6-dev", "libfdt-dev", "libglib2.0-dev", "libslirp-dev", "meson", "ninja-build", "patch",
        "pkgconf", "python3-venv", "zlib1g-dev",
    ),
    source="qemu",
    hooks=(f'cp -R -- {shlex.quote(str(_SOURCES))}/. "$1/build"', 'chroot "$1" /build/build.sh'),
)  # fmt: skip
# What it needs as it runs: libraries, and the firmware that it loads into its machines.
RUNTIME = Recipe(
    suite="trixie",
    components=("main",),
    packages=("libc6", "libfdt1", "libglib2.0-0t64", "libslirp0", "zlib1g", "qemu-system-data", "seabios"),
    variant="extract",
)
PROGRAM = "qemu-system-x86_64"
# With its own loader and libraries, whatever this machine's are. `exec`, so that the process is QEMU's.
_STARTER = f"""\
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
exec "$root/usr/lib64/ld-linux-x86-64.so.2" --argv0 {PROGRAM} --library-path "$root/usr/lib/x86_64-linux-gnu" \\
    "$root/usr/bin/{PROGRAM}" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
"""


def _compile(folder: Path, program: Path) -> None:
    """Build QEMU in a root of its own, which goes again; put the program to `program`."""
    root = folder / "build"
    with step("Emulator: building QEMU from Debian's source package (about 6 min on 2 cores)"):
        make_root(BUILD, root, folder / "build.log")
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(root / "build" / PROGRAM, program)
    shutil.rmtree(root)


def _build(folder: Path) -> dict[str, object]:
    root = folder / "root"
    with step("Emulator: unpacking QEMU's libraries and firmware"):
        make_root(RUNTIME, root, folder / "runtime.log")
    slim(root)
    for unused in ("usr/share/doc", "usr/share/locale", "usr/share/man"):
        shutil.rmtree(root / unused, ignore_errors=True)
    _compile(folder, root / "usr/bin" / PROGRAM)
    starter = folder / PROGRAM
    starter.write_text(_STARTER)
    starter.chmod(0o755)
    patches = sorted(path.name for path in (_SOURCES / "patches").iterdir())
    version = run([starter, "--version"], what="asking the emulator's version").splitlines()[0]
    return {"version": version, "patches": patches}


def _folder() -> Path:
    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {name: here / name for name in ("emulator.py", "rootfs.py", "qemu")}
    return cached("emulator", inputs, _build)


def emulator() -> Path:
    """Return the program to start; build it (about 8 minutes on 2 cores) if it is not in the cache.

    Raises:
        HvlabError: If it cannot be had.
    """
    return _folder() / PROGRAM


def emulator_version() -> str:
    """Return what the emulator says of its version."""
    return str(manifest(_folder())["version"])
