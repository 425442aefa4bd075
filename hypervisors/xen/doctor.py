"""Check `xen`: whether Xen runs, and whether the machine is its dom0."""

from core.diagnosis import Finding, facts, verdicts
from hypervisors.doctor import HypervisorCheck, Subject
from hypervisors.xen.boot import DETECT

_NAME = "xen"
# Exit status of DETECT.
_NOT_OBSERVED = "2"
_LINE = f"""\
echo type=$(cat /sys/hypervisor/type 2>/dev/null)
[ -d /proc/xen ] && echo proc=yes || echo proc=no
echo capabilities=$(cat /proc/xen/capabilities 2>/dev/null)
echo version=$(cat /sys/hypervisor/version/major /sys/hypervisor/version/minor 2>/dev/null | tr '\\n' .)
echo tool=$(command -v xl || command -v xm)
said=$({DETECT}
)
echo dom0=$?
"""


def _judge(text: str, subject: Subject) -> Finding:
    ok, warn, fail = verdicts(_NAME)
    output = facts(text)
    needed = subject.required and not subject.nested
    # Kernels of EL5 do not all have /sys/hypervisor/type, but all have /proc/xen.
    if output.get("type") != "xen" and output.get("proc") != "yes":
        if needed:
            return fail("Xen does not run", "boot the entry with Xen")
        return ok("Xen does not run: the plain kernel, for the other hypervisors")
    version = f"Xen {output['version'].strip('.')}" if output.get("version") else "Xen"
    if "control_d" in output.get("capabilities", "") or output.get("dom0") == "0":
        return _dom0(f"dom0 of {version}", output.get("tool", ""), subject)
    if output.get("dom0") == _NOT_OBSERVED:
        seen = f"{version} runs; whether this is its dom0 was not observed: no /proc/xen/capabilities"
        return (fail if needed else warn)(seen, "mount -t xenfs xenfs /proc/xen")
    todo = "Xen guests can only be started in dom0; Xen's PV guests have no KVM either"
    return (fail if needed else warn)(f"a guest of {version}, not dom0", todo)


def _dom0(seen: str, tool: str, subject: Subject) -> Finding:
    ok, warn, fail = verdicts(_NAME)
    if subject.nested:
        return warn(seen, "no KVM here, so software emulation; boot the plain kernel")
    if subject.provider and not subject.required:
        return fail(seen, f"boot the entry without Xen for {subject.provider}")
    return ok(f"{seen}, {tool}: for xen") if tool else fail(f"{seen}, neither xl nor xm", "install xen-utils")


CHECK = HypervisorCheck(_NAME, _LINE, _judge)
