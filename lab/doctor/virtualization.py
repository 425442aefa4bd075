"""Hardware virtualization: whether QEMU boots a guest with it, and whether it may be nested."""

import re
import shlex

from core.diagnosis import Finding, facts, verdicts
from hypervisors.registry import get_hypervisor
from lab.doctor.check import EVERYWHERE, Check, Wanted
from lab.images.acceleration import SECONDS
from lab.images.qemu_command import HARDWARE, SOFTWARE

_PROBE = "hardware-virtualization"
_NESTED = "nested-virtualization"
# What a kernel without a RAM disk prints when its own start is complete.
_BOOTED = re.compile(r"Unable to mount root fs|VFS: Cannot open root device")
# The first also comes from an old QEMU that goes on without KVM: what boots then proves nothing.
_REFUSED = re.compile(
    r"(?im)^.*(?:could not (?:access|initialize) KVM|failed to initialize kvm).*$|^\S*qemu\S*: error: .*$"
)
_KILLED = "137"

# No file is written; QEMU is ended by its own watchdog, also when the connection has gone.
_PROBE_LINE = """\
[ -e /dev/kvm ] && echo device=yes || echo device=no
[ -r /dev/kvm ] && [ -w /dev/kvm ] && echo access=yes || echo access=no
q=$(command -v qemu-system-x86_64 || command -v qemu-kvm || ls /usr/libexec/qemu-kvm 2>/dev/null)
for k in {cache}/host-*/vmlinuz "/boot/vmlinuz-$(uname -r)" /boot/vmlinuz-*; do [ -r "$k" ] && break; done
[ -r "$k" ] || k=
echo "qemu=$q"; echo "kernel=$k"
[ -n "$q" ] && [ -n "$k" ] && [ -w /dev/kvm ] || exit 0
a="-enable-kvm -cpu host"
[ "$q" = /usr/libexec/qemu-kvm ] && ! "$q" -cpu '?' 2>/dev/null | grep -q -w host && a=
echo probe=begun
"$q" $a -m 512 -nographic -no-reboot -kernel "$k" -append "console=ttyS0 panic=1" </dev/null 2>&1 &
p=$!
(n=0; while [ $n -lt {seconds} ]; do sleep 1; n=$((n+1)); done; kill -9 $p) </dev/null >/dev/null 2>&1 &
w=$!
wait $p 2>/dev/null; s=$?
kill $w 2>/dev/null; wait $w 2>/dev/null
echo; echo status=$s
exit 0
"""


def _probe_line(wanted: Wanted) -> str:
    return _PROBE_LINE.format(cache=shlex.quote(wanted.cache), seconds=SECONDS)


def _probe(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_PROBE)
    # The nested lab host also runs without, and so do paravirtual guests; nothing else does.
    emulated = "the nested lab host runs under software emulation: slower, and CPU figures are not those of this CPU"
    if wanted.nested and wanted.accelerator == HARDWARE:
        bad, todo = fail, f"the lab would use it: unset HVLAB_ACCEL, or set it to {SOFTWARE}"
    elif wanted.nested:
        bad, todo = warn, emulated
    elif wanted.provider and not (hypervisor := get_hypervisor(wanted.provider)).needs_hardware:
        bad, todo = warn, f"{hypervisor.title}'s paravirtual guests do not need it"
    else:
        bad, todo = fail, "turn on VT-x or AMD-V (firmware, or the outer hypervisor's nesting), or use --host=nested"
    output = facts(text)
    if output.get("device") != "yes":
        return bad("no /dev/kvm", todo)
    if output.get("access") != "yes":
        return bad("/dev/kvm is there but may not be opened by this user", f"join its group, or be root; else: {todo}")
    if lacking := [what for what in ("qemu", "kernel") if not output.get(what)]:
        return warn(
            f"/dev/kvm is there, but not tried: no {' and no '.join(lacking)} that can be used",
            "install qemu-system-x86; a kernel is taken from /boot (root reads it) or from the image cache; ask again",
        )
    if refused := _REFUSED.search(text):
        return bad(f"/dev/kvm is there, but QEMU cannot use it: {refused[0].strip()}", todo)
    if _BOOTED.search(text):
        return ok("a kernel boots under KVM")
    ended = f"within {SECONDS} s" if output.get("status") == _KILLED else f"(QEMU ended with {output.get('status')})"
    return bad(f"/dev/kvm is there, but a kernel does not boot under it {ended}", todo)


_NESTED_LINE = """\
for m in kvm_intel kvm_amd; do
  [ -r /sys/module/$m/parameters/nested ] && echo $m=$(cat /sys/module/$m/parameters/nested)
done
echo flags=$(grep -o -w -m 1 -e vmx -e svm /proc/cpuinfo | sort -u)
exit 0
"""


def _nested(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts(_NESTED)
    output = facts(text)
    flag = f"CPU flag {output['flags']}" if output.get("flags") else "CPU flag neither vmx nor svm"
    modules = [name for name in ("kvm_intel", "kvm_amd") if name in output]
    seen = ", ".join([flag, *(f"{name} nested={output[name]}" for name in modules)])
    if not wanted.nested:
        return ok(seen, "")
    if not modules:
        return warn(f"{seen}; no parameter of kvm_intel or kvm_amd", "matters only where hardware virtualization works")
    if any(output[name] in ("Y", "1") for name in modules):
        return ok(seen)
    needed = not wanted.provider or get_hypervisor(wanted.provider).needs_hardware
    # Software emulation brings its own; the probe falls back to it unless HVLAB_ACCEL says otherwise.
    bad = fail if needed and wanted.accelerator == HARDWARE else warn
    return bad(
        seen,
        f"options {modules[0]} nested=1 in /etc/modprobe.d, and load {modules[0]} again: without it the lab host has no"
        " hardware virtualization, and runs under software emulation",
    )


CHECKS = (
    Check(_PROBE, _probe_line, _probe, EVERYWHERE, timeout=SECONDS + 20),
    Check(_NESTED, lambda wanted: _NESTED_LINE, _nested),
)
