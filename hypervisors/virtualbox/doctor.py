"""Check `kvm-beside-virtualbox`: whether VirtualBox is there, and gets on with KVM in one kernel."""

import re

from core.diagnosis import Finding, facts, verdicts
from hypervisors.doctor import HypervisorCheck, Subject

_NAME = "kvm-beside-virtualbox"
_LINE = """\
echo kernel=$(uname -r)
[ -d /sys/module/kvm ] && echo kvm=loaded || echo kvm=no
echo at_load=$(cat /sys/module/kvm/parameters/enable_virt_at_load 2>/dev/null)
echo tool=$(command -v VBoxManage)
echo virtualbox=$(VBoxManage --version 2>/dev/null | tail -n 1)
[ -e /dev/vboxdrv ] && echo driver=loaded || echo driver=no
"""


def _numbers(text: str, count: int) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:count])


def _judge(text: str, subject: Subject) -> Finding:
    ok, warn, fail = verdicts(_NAME)
    output = facts(text)
    needed = subject.required
    if output.get("tool") and not _numbers(output.get("virtualbox", ""), 3):
        return (fail if needed else warn)(
            f"{output['tool']} does not report a version", "VBoxManage --version says why"
        )
    if not _numbers(output.get("virtualbox", ""), 3):
        return fail("no VirtualBox here", "install it, with its kernel module") if needed else ok("no VirtualBox here")
    seen = f"VirtualBox {output['virtualbox']}, Linux {output.get('kernel', '?')}, kvm {output.get('kvm')}"
    if output.get("driver") != "loaded":
        return (fail if needed else warn)(f"{seen}, no /dev/vboxdrv", "modprobe vboxdrv")
    if output.get("kvm") != "loaded":
        return ok(seen)
    return _both_loaded(output, f"{seen}, enable_virt_at_load={output.get('at_load') or 'unknown'}", subject)


def _both_loaded(output: dict[str, str], seen: str, subject: Subject) -> Finding:
    """Judge both drivers in one kernel by the reports that docs list for `doctor`."""
    ok, warn, fail = verdicts(_NAME)
    version, kernel = _numbers(output["virtualbox"], 3), _numbers(output.get("kernel", ""), 2)
    conflict = warn if subject.provider and not subject.required else fail
    off = output.get("at_load") in ("N", "0")
    needs_off = version < (7, 2, 10) or kernel == (6, 12)
    if kernel < (6, 12) or (needs_off and off):
        return ok(f"{seen}: not at the same time")
    if needs_off:
        return conflict(
            f"{seen}: kvm holds VT-x or AMD-V", "kvm.enable_virt_at_load=0, or modprobe -r kvm_intel kvm_amd kvm"
        )
    if off:
        return conflict(f"{seen}: VirtualBox from 7.2.10 needs it on", "leave out enable_virt_at_load=0, or unload kvm")
    if kernel < (6, 18):
        return warn(f"{seen}: no report for this pair", "if VirtualBox names VMX or SVM in an error: unload kvm")
    return ok(f"{seen}: not at the same time")


CHECK = HypervisorCheck(_NAME, _LINE, _judge, on_nested=False)
