"""Check `libvirt`: whether libvirt answers on a machine."""

from core.diagnosis import Finding, facts, verdicts
from hypervisors.doctor import HypervisorCheck, Subject

_NAME = "libvirt"
# libvirtd is only asked where it runs: to connect to its socket would start it. It is asked for the guests that the
# kernel can have now; those under Xen are its own, too.
_LINE = """\
echo tool=$(command -v virsh)
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


# In place of a version of virsh, which is there.
_NO_VERSION = "(it does not report a version)"


def _judge(text: str, subject: Subject) -> Finding:
    ok, warn, fail = verdicts(_NAME)
    output = facts(text)
    client = output.get("client") or (output.get("tool") and _NO_VERSION)
    if subject.nested:
        # The lab host has its own; Vagrant's plugin needs the client here.
        if client:
            return ok(f"virsh {client}; the daemon runs in the lab host")
        return warn("no virsh", "lab.up installs it: libvirt-clients")
    connected, seen, todo = _connection(text, client)
    if connected:
        return ok(seen)
    if subject.provider and not subject.required:
        return ok(f"{seen}; {subject.provider} does not need it")
    return (fail if subject.provider else warn)(seen, todo)


def _connection(text: str, client: str | None) -> tuple[bool, str, str]:
    """Return whether libvirt can be used, what was seen, what to do."""
    if not client:
        return False, "no virsh", "install libvirt-clients and libvirt-daemon-system"
    output = facts(text)
    lines = [line.removeprefix("virsh: ") for line in text.splitlines() if line.startswith("virsh: ")]
    if running := next((line for line in lines if line.startswith("Running hypervisor")), None):
        return True, f"virsh {client}, connected: {running}", ""
    if daemon := output.get("daemon"):
        why = next((line for line in lines if line.startswith("error")), "no answer")
        return (
            False,
            f"virsh {client}, {daemon} runs, but: {why}",
            "may this user connect, and has it the driver? virsh -c qemu:///system version (in dom0: xen:///system)",
        )
    if output.get("socket"):
        return True, f"virsh {client}; the daemon starts when its socket is used (not tried)", ""
    return False, f"virsh {client}, no daemon", "start libvirtd"


CHECK = HypervisorCheck(_NAME, _LINE, _judge)
