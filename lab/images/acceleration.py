"""Whether hardware virtualization really works here: only a guest that boots, and may virtualize in turn, proves it.

/dev/kvm may exist and be accessible, and a stock kernel may still hang under it. A guest without VT-x or AMD-V of its
own could not run the lab host's hypervisors.
"""

import os
import platform
import re
import subprocess
import tempfile
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.paths import cache_root
from lab.images.qemu_command import HARDWARE, SOFTWARE, probe_command

DEVICE = Path("/dev/kvm")
SECONDS = 10
_MARK = "HVLAB-PROBE-OK"
# Prints the mark, and after it the processor's flag of nested virtualization, if there is one.
_INIT = f"""\
#!/bin/busybox sh
/bin/busybox mkdir -p /proc
/bin/busybox mount -t proc proc /proc
echo {_MARK} $(/bin/busybox grep -o -w -m 1 -e vmx -e svm /proc/cpuinfo)
/bin/busybox poweroff -f
"""
_NOTHING = "no hardware virtualization that boots a guest"
_NOT_NESTED = "hardware virtualization boots a guest, but is not nested: set nested=1 of kvm_intel or kvm_amd"


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


def obstacle_in(console: str) -> str:
    """Return why the lab host cannot use hardware virtualization, from the output of a probe; "" if it can."""
    line = re.search(rf"^{_MARK}(.*)$", console, re.MULTILINE)
    if not line:
        return _NOTHING
    return "" if line[1].split() else _NOT_NESTED


def _obstacle(kernel: Path, initrd: Path) -> str:
    """Try a kernel under hardware virtualization for ten seconds; return why it cannot be used, "" if it can."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return _NOTHING
    command = probe_command(kernel, initrd)
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return _NOTHING
    return obstacle_in(done.stdout.decode(errors="replace"))


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
    """Return HARDWARE where a guest boots under it within ten seconds and may virtualize in turn, else SOFTWARE.

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
        obstacle = _obstacle(kernel, initrd)
    answer = SOFTWARE if obstacle else HARDWARE
    say(f"acceleration: {answer}" + (f" ({obstacle})" if obstacle else ""))
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(answer)
    return answer
