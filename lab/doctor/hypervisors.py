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
    # Kernels of EL5 do not all have /sys/hypervisor/type, but all have /proc/xen.
    if told.get("type") != "xen" and told.get("proc") != "yes":
        if wanted.provider == "xen" and not wanted.nested:
            return fail("Xen does not run", "boot the entry with Xen")
        return ok("Xen does not run: the plain kernel, for kvm and virtualbox")
    version = f"Xen {told['version'].strip('.')}" if told.get("version") else "Xen"
    if "control_d" in told.get("capabilities", ""):
        return _dom0(f"dom0 of {version}", told.get("tool", ""), wanted)
    todo = "Xen guests can only be started in dom0; Xen's PV guests have no KVM either"
    return (fail if wanted.provider == "xen" and not wanted.nested else warn)(f"a guest of {version}, not dom0", todo)


def _dom0(seen: str, tool: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_XEN)
    if wanted.nested:
        return warn(seen, "no KVM here, so software emulation; boot the plain kernel")
    if wanted.provider in ("kvm", "virtualbox"):
        return fail(seen, f"boot the entry without Xen for {wanted.provider}")
    return ok(f"{seen}, {tool}: for xen") if tool else fail(f"{seen}, neither xl nor xm", "install xen-utils")


# libvirtd is only asked where it runs: to connect to its socket would start it. It is asked for the guests that the
# kernel can have now; those under Xen are its own, too.
_LIBVIRT_LINE = """\
echo client=$(virsh --version 2>/dev/null)
for s in /run/libvirt/libvirt-sock /var/run/libvirt/libvirt-sock /run/libvirt/virtqemud-sock; do
  [ -S "$s" ] && echo socket=$s
done
d=$(cat /proc/[0-9]*/stat 2>/dev/null | grep -o -m 1 -e '(libvirtd)' -e '(virtqemud)' | tr -d '()')
echo daemon=$d
u=qemu:///system
grep -q control_d /proc/xen/capabilities 2>/dev/null && u=xen:///system
[ -n "$d" ] && virsh --readonly -c $u version 2>&1 | sed 's/^/virsh: /'
exit 0
"""


def _libvirt(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_LIBVIRT)
    client = facts(text).get("client")
    if wanted.nested:
        # The lab host has its own; vagrant-libvirt needs the client here.
        if client:
            return ok(f"virsh {client}; the daemon runs in the lab host")
        return warn("no virsh", "lab.up installs it: libvirt-clients")
    connected, seen, todo = _connection(text, client)
    if connected:
        return ok(seen)
    if wanted.provider == "virtualbox":
        return ok(f"{seen}; {wanted.provider} does not need it")
    return (fail if wanted.provider else warn)(seen, todo)


def _connection(text: str, client: str | None) -> tuple[bool, str, str]:
    """Return whether libvirt can be used, what was seen, what to do."""
    if not client:
        return False, "no virsh", "install libvirt-clients and libvirt-daemon-system"
    told = facts(text)
    said = [line.removeprefix("virsh: ") for line in text.splitlines() if line.startswith("virsh: ")]
    if running := next((line for line in said if line.startswith("Running hypervisor")), None):
        return True, f"virsh {client}, connected: {running}", ""
    if daemon := told.get("daemon"):
        why = next((line for line in said if line.startswith("error")), "no answer")
        return (
            False,
            f"virsh {client}, {daemon} runs, but: {why}",
            "may this user connect, and has it the driver? virsh -c qemu:///system version (in dom0: xen:///system)",
        )
    if told.get("socket"):
        return True, f"virsh {client}; the daemon starts when its socket is used (not tried)", ""
    return False, f"virsh {client}, no daemon", "start libvirtd"


CHECKS = (
    Check(_XEN, lambda wanted: _XEN_LINE, _xen),
    Check(_LIBVIRT, lambda wanted: _LIBVIRT_LINE, _libvirt),
)
