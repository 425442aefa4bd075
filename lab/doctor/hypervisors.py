"""Whether Xen runs, and whether libvirt answers."""

from lab.doctor.check import Check, Wanted, facts, verdicts
from lab.doctor.finding import Finding

_XEN = "xen"
_LIBVIRT = "libvirt"

_XEN_LINE = """\
echo type=$(cat /sys/hypervisor/type 2>/dev/null)
[ -d /proc/xen ] && echo proc=yes || echo proc=no
echo capabilities=$(cat /proc/xen/capabilities 2>/dev/null)
echo version=$(cat /sys/hypervisor/version/major /sys/hypervisor/version/minor 2>/dev/null | tr '\\n' .)
echo tool=$(command -v xl || command -v xm)
"""


def _xen(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_XEN)
    told = facts(text)
    # EL5's kernels have no /sys/hypervisor/type in every version, but always /proc/xen.
    runs = told.get("type") == "xen" or told.get("proc") == "yes"
    version = f" {told['version'].strip('.')}" if told.get("version") else ""
    if not runs:
        if wanted.provider == "xen" and not wanted.nested:
            return fail("Xen does not run", "boot the entry with Xen")
        return ok("Xen does not run: the plain kernel, for kvm and virtualbox")
    if "control_d" not in told.get("capabilities", ""):
        other = warn if wanted.nested else fail
        return other(
            f"a guest of Xen{version}, not its dom0", "guests can only be started in dom0 or under a plain kernel"
        )
    if wanted.nested:
        return warn(f"dom0 of Xen{version}", "no KVM here, so software emulation; boot the plain kernel")
    if wanted.provider in ("kvm", "virtualbox"):
        return fail(f"dom0 of Xen{version}", f"boot the entry without Xen for {wanted.provider}")
    if not told.get("tool"):
        return fail(f"dom0 of Xen{version}, neither xl nor xm", "install xen-utils")
    return ok(f"dom0 of Xen{version}, {told['tool']}: for xen")


# libvirtd is only asked where it runs: to connect to its socket would start it.
_LIBVIRT_LINE = """\
echo client=$(virsh --version 2>/dev/null)
for s in /run/libvirt/libvirt-sock /var/run/libvirt/libvirt-sock /run/libvirt/virtqemud-sock; do
  [ -S "$s" ] && echo socket=$s
done
d=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -o -m 1 -e '(libvirtd)' -e '(virtqemud)' | tr -d '()')
echo daemon=$d
[ -n "$d" ] && virsh --readonly -c qemu:///system version 2>&1 | sed 's/^/virsh: /'
exit 0
"""


def _libvirt(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_LIBVIRT)
    told = facts(text)
    client = told.get("client")
    if wanted.nested:
        # The lab host has its own; vagrant-libvirt needs the client here.
        if client:
            return ok(f"virsh {client}; the daemon runs in the lab host")
        return warn("no virsh", "lab.up installs it: libvirt-clients")
    needed = fail if wanted.provider == "kvm" else warn
    if wanted.provider in ("xen", "virtualbox"):
        needed = ok
    if not client:
        return needed("no virsh", "install libvirt-clients and libvirt-daemon-system" if needed is not ok else "")
    said = [line.removeprefix("virsh: ") for line in text.splitlines() if line.startswith("virsh: ")]
    running = next((line for line in said if line.startswith("Running hypervisor")), None)
    if running:
        return ok(f"virsh {client}, connected: {running}")
    if told.get("daemon"):
        why = next((line for line in said if line.startswith("error")), "no answer")
        return needed(f"virsh {client}, {told['daemon']} runs, but: {why}", "" if needed is ok else "see its log")
    if told.get("socket"):
        return ok(f"virsh {client}; the daemon is started when its socket is used (not tried)")
    return needed(f"virsh {client}, no daemon", "" if needed is ok else "start libvirtd")


CHECKS = (
    Check(_XEN, lambda wanted: _XEN_LINE, _xen),
    Check(_LIBVIRT, lambda wanted: _LIBVIRT_LINE, _libvirt),
)
