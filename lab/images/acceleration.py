"""Whether hardware virtualization really works here: only a guest that boots proves it.

/dev/kvm may exist and be accessible, and a stock kernel may still hang under it.
"""

import os
import platform
import subprocess
import tempfile
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.paths import cache_root

# QEMU's accelerators, as study.json has them: hardware virtualization, and software emulation.
HARDWARE, SOFTWARE = "kvm", "tcg"
DEVICE = Path("/dev/kvm")
SECONDS = 10
_MARK = "HVLAB-PROBE-OK"
_INIT = f"#!/bin/busybox sh\necho {_MARK}\n/bin/busybox poweroff -f\n"


def _probe_initrd(busybox: Path, out: Path) -> None:
    """Write a RAM disk whose only program prints that it runs."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        (tree / "bin").mkdir()
        (tree / "bin/busybox").write_bytes(busybox.read_bytes())
        (tree / "bin/busybox").chmod(0o755)
        (tree / "init").write_text(_INIT)
        (tree / "init").chmod(0o755)
        with out.open("wb") as archive:
            subprocess.run(
                ["cpio", "--create", "--format=newc", "--quiet"],
                input=b"bin\nbin/busybox\ninit\n", stdout=archive, cwd=tree, check=True,
            )  # fmt: skip


def _boots(kernel: Path, initrd: Path) -> bool:
    """Return whether a kernel reaches its first program under hardware virtualization within ten seconds."""
    command = [
        "qemu-system-x86_64", "-M", "q35", "-accel", HARDWARE, "-cpu", "host", "-m", "512", "-nodefaults",
        "-display", "none", "-serial", "stdio", "-no-reboot",
        "-kernel", str(kernel), "-initrd", str(initrd), "-append", "console=ttyS0 quiet panic=-1",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return False
    return _MARK.encode() in done.stdout


def remembered_answer() -> Path:
    """Return the file that keeps the probe's answer for this machine until it is booted again."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return cache_root() / f"accelerator-{platform.node()}-{boot}"


def settled_accelerator() -> str:
    """Return the accelerator without a new probe: HVLAB_ACCEL or the remembered answer; "" if there is neither.

    Raises:
        HvlabError: HVLAB_ACCEL has another value.
    """
    if wanted := os.environ.get("HVLAB_ACCEL"):
        if wanted not in (HARDWARE, SOFTWARE):
            raise HvlabError(f"HVLAB_ACCEL={wanted} is not an acceleration", f"set it to {HARDWARE} or {SOFTWARE}")
        return wanted
    remembered = remembered_answer()
    return remembered.read_text() if remembered.is_file() else ""


def probe_accelerator(kernel: Path, busybox: Path) -> str:
    """Return HARDWARE where a guest boots under hardware virtualization within ten seconds, else SOFTWARE.

    The answer is remembered until this machine is booted again. HVLAB_ACCEL overrides it.

    Args:
        kernel: A packaged Linux kernel to try with.
        busybox: A static busybox.
    """
    if settled := settled_accelerator():
        return settled
    remembered = remembered_answer()
    with tempfile.TemporaryDirectory() as scratch:
        initrd = Path(scratch) / "initrd"
        _probe_initrd(busybox, initrd)
        answer = HARDWARE if os.access(DEVICE, os.R_OK | os.W_OK) and _boots(kernel, initrd) else SOFTWARE
    say(f"acceleration: {answer}" + ("" if answer == HARDWARE else " (no hardware virtualization that boots a guest)"))
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(answer)
    return answer
