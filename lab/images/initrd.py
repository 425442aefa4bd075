"""A small initial RAM disk: busybox, the few modules that reach the root file system, and one script.

The distribution's own is 12 to 37 MB and starts udev; this one is about 2 MB, which counts under emulation.
"""

import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

from core.errors import HvlabError

INIT = """\
#!/bin/busybox sh
# Made by hvlab: loads the modules in /m/order, mounts the root given as root=, and hands over to its init.
B=/bin/busybox
$B mount -t proc p /proc; $B mount -t sysfs s /sys; $B mount -t devtmpfs d /dev
# One disk serves several hypervisors: a driver of another one's devices does not load, and need not.
for m in $($B cat /m/order); do $B insmod /m/$m 2>/dev/null; done
ROOT= INIT=/sbin/init
for a in $($B cat /proc/cmdline); do
    case $a in root=*) ROOT=${a#root=};; init=*) INIT=${a#init=};; esac
done
n=0
while :; do
    case $ROOT in LABEL=*) DEV=$($B findfs $ROOT 2>/dev/null);; *) DEV=$ROOT;; esac
    [ -n "$DEV" ] && [ -b "$DEV" ] && break
    n=$((n+1)); [ $n -gt 300 ] && { echo "initrd: no root file system $ROOT"; $B poweroff -f; }
    $B usleep 100000
done
$B mount -t ext4 -o rw,noatime $DEV /mnt || $B poweroff -f
$B umount /proc; $B umount /sys; $B mount -o move /dev /mnt/dev
exec $B switch_root /mnt $INIT
"""


def module_files(root: Path, release: str, modules: tuple[str, ...]) -> list[Path]:
    """Return the files of `modules` and what they depend on, in loading order.

    Args:
        root: Root of the installed system.
        release: Kernel release, the name of a folder in lib/modules.
        modules: Names; one that is built into the kernel yields no file.

    Raises:
        HvlabError: If a module is not there.
    """
    ordered: dict[Path, None] = {}
    for module in modules:
        command = ["chroot", str(root), "/sbin/modprobe", "-S", release, "--show-depends", module]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise HvlabError(f"kernel {release} has no module {module}: {done.stderr.strip()}")
        for line in done.stdout.splitlines():
            kind, _, path = line.strip().partition(" ")
            if kind == "insmod":
                ordered[root / path.strip().lstrip("/")] = None
    return list(ordered)


def _copy_module(source: Path, folder: Path) -> str:
    """Copy one module, unpacked since busybox's insmod reads no compressed ones; return its name."""
    if source.suffix == ".xz":
        target = folder / source.stem
        target.write_bytes(lzma.decompress(source.read_bytes()))
    else:
        target = folder / source.name
        shutil.copyfile(source, target)
    return target.name


def copy_modules(root: Path, release: str, modules: tuple[str, ...], folder: Path) -> None:
    """Copy `modules` of `root` and what they depend on into a new folder, and write their loading order to `order`."""
    folder.mkdir()
    names = [_copy_module(path, folder) for path in module_files(root, release, modules)]
    (folder / "order").write_text("".join(f"{name}\n" for name in names))


def write_cpio(tree: Path, out: Path) -> None:
    """Write a folder as the kernel's archive of a RAM disk (not compressed), everything owned by root."""
    listing = "\n".join(sorted(str(p.relative_to(tree)) for p in tree.rglob("*")))
    with out.open("wb") as archive:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet", "--owner=0:0", "--reproducible"],
            input=listing.encode(), stdout=archive, cwd=tree, check=True,
        )  # fmt: skip


def build_initrd(root: Path, release: str, modules: tuple[str, ...], out: Path) -> None:
    """Write a cpio archive with busybox of `root`, `modules`, and the init script to `out` (not compressed)."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        for name in ("bin", "proc", "sys", "dev", "mnt"):
            (tree / name).mkdir()
        shutil.copy2(root / "bin" / "busybox", tree / "bin" / "busybox")
        copy_modules(root, release, modules, tree / "m")
        (tree / "init").write_text(INIT)
        (tree / "init").chmod(0o755)
        write_cpio(tree, out)
