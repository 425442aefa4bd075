"""A host for a lab's resources, whose tools are stand-ins that keep their state in files."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.resources.base import Outcome, Resource, Verb, read_outcomes, render
from hypervisors.layout import BoxPlan, GuestIdentity, LabLayout, NetworkPlan, resources_of

# Domains, networks and pools are files of a folder; what a file holds is its XML. Beside a domain's, NAME.saved is its
# managed save, NAME.nvram its firmware's variables. A file `down` is a daemon that does not run, `broken` one that
# fails.
_VIRSH = r"""#!/bin/sh
for word in "$@"; do
    case $word in -*|*:///*) shift;; *) break;; esac
done
echo "$*" >>"$FAKE/calls"
command=$1; shift
[ ! -e "$FAKE/down" ] || { echo "error: failed to connect to the hypervisor" >&2
    echo "error: Failed to connect socket to '/run/libvirt/libvirt-sock': No such file or directory" >&2; exit 1; }
[ ! -e "$FAKE/broken" ] || { echo "error: End of file while reading data: Input/output error" >&2; exit 1; }
case $command in net-*) at=$FAKE/net;; pool-*) at=$FAKE/pool;; *) at=$FAKE/dom;; esac
name=$1
case $command in
list|net-list|pool-list) case " $* " in
    *" --name "*) [ ! -e "$FAKE/ancient" ] || { echo "error: command '$command' doesn't support option --name" >&2
        exit 1; };;
    esac
    case " $* " in
    " --all ") [ "$command" = list ] && number="- "; ls "$at" | grep -v '\.' | sed "s/.*/ ${number:-}& shut off/";;
    *" --all "*) ls "$at" | grep -v '\.';;
    *) ls "$at" | sed -n 's/\.active$//p';; esac; exit 0;;
net-define|pool-define)
    xml=$(cat "$1"); name=$(echo "$xml" | sed -n 's/.*<name>\(.*\)<\/name>.*/\1/p'); echo "$xml" >"$at/$name"; exit;;
esac
[ -e "$at/$name" ] || { echo "error: failed to get $command $name" >&2; exit 1; }
case $command in
net-uuid|pool-uuid) sed -n 's/.*<uuid>\(.*\)<\/uuid>.*/\1/p' "$at/$name";;
dumpxml|pool-dumpxml|net-dumpxml) cat "$at/$name";;
net-start|pool-start|pool-refresh) : >"$at/$name.active";;
destroy|net-destroy|pool-destroy) rm "$at/$name.active" 2>/dev/null || { echo "error: it is not active" >&2; exit 1; };;
net-undefine|pool-undefine) [ ! -e "$FAKE/stuck" ] || { echo "error: it is busy" >&2; exit 1; }; rm "$at/$name";;
undefine)
    refuse() { echo "error: Refusing to undefine while $1 exists" >&2; exit 1; }
    case $* in *--checkpoints*) [ ! -e "$FAKE/old" ] || { echo "error: unknown option" >&2; exit 1; };; esac
    case $* in *--managed-save*) rm -f "$at/$name.saved";; esac
    [ ! -e "$at/$name.saved" ] || refuse "a managed save"
    case $* in *--nvram*) rm -f "$at/$name.nvram";; esac
    [ ! -e "$at/$name.nvram" ] || refuse "nvram"
    [ ! -e "$FAKE/stuck" ] || refuse "a lock"
    rm "$at/$name";;
*) echo "error: unknown command $command" >&2; exit 1;;
esac
"""
# A machine is a file NAME of the folder `vbox`; what it holds is what `showvminfo --machinereadable` prints, and its id
# is its name.
_VBOXMANAGE = r"""#!/bin/sh
echo "$*" >>"$FAKE/calls"
[ ! -e "$FAKE/broken" ] || {
    echo "VBoxManage: error: Failed to create the VirtualBox object!" >&2
    echo "VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start." >&2; exit 1; }
case "$1 $2" in
"list vms"|"list runningvms")
    for machine in "$FAKE"/vbox/*; do [ ! -e "$machine" ] || echo "\"${machine##*/}\" {${machine##*/}}"; done;;
"list systemproperties") echo "Default machine folder:          $(cat "$FAKE/machinefolder")";;
"setproperty machinefolder") echo "$3" >"$FAKE/machinefolder";;
"getextradata global")
    file="$FAKE/extra/$(echo "$3" | tr / _)"
    if [ -e "$file" ]; then echo "Value: $(cat "$file")"; else echo "No value set!"; fi;;
"setextradata global")
    file="$FAKE/extra/$(echo "$3" | tr / _)"
    if [ $# -eq 4 ]; then echo "$4" >"$file"; else rm -f "$file"; fi;;
*) case $1 in
    showvminfo) cat "$FAKE/vbox/$2";;
    unregistervm) [ ! -e "$FAKE/stuck" ] || { echo "VBoxManage: error: it is locked" >&2; exit 1; }
        rm "$FAKE/vbox/$2";;
    controlvm|discardstate) exit 1;;
    *) echo "VBoxManage: error: unknown command $*" >&2; exit 1;;
    esac;;
esac
"""
# A domain is a file NAME of the folder `xl`, which holds its card's address.
_XL = r"""#!/bin/sh
[ ! -e "$FAKE/broken" ] || { echo "xl: libxl is not there" >&2; exit 1; }
case $1 in
list) echo "Name ID Mem"; for domain in "$FAKE"/xl/*; do [ ! -e "$domain" ] || echo "${domain##*/} 7 512"; done;;
network-list) echo "0 0 $(cat "$FAKE/xl/$2") 0";;
destroy) rm "$FAKE/xl/$2";;
esac
"""
# A mapping is a file NAME of the folder `dm` with its table; a loop device one of the folder `loop`: "MAJ:MIN FILE".
_DMSETUP = r"""#!/bin/sh
case $1 in
info) ls "$FAKE/dm";;
table) cat "$FAKE/dm/$2";;
remove) for name in "$@"; do :; done; rm "$FAKE/dm/$name";;
esac
"""
_LOSETUP = r"""#!/bin/sh
case $1 in
-a) for device in "$FAKE"/loop/*; do
        [ ! -e "$device" ] || sed "s|^7:. \(.*\)|/dev/${device##*/}: [fd00]:131 (\1)|" "$device"
    done;;
--list) [ ! -e "$FAKE/ancient" ] || { echo "losetup: unrecognized option '--list'" >&2; exit 1; }
    for device in "$FAKE"/loop/*; do [ ! -e "$device" ] || echo "/dev/${device##*/}   $(cat "$device")"; done;;
-d) rm "$FAKE/loop/${2##*/}";;
esac
"""
_TOOLS = {"virsh": _VIRSH, "VBoxManage": _VBOXMANAGE, "xl": _XL, "dmsetup": _DMSETUP, "losetup": _LOSETUP,
          "sleep": "#!/bin/sh\n"}  # fmt: skip

# Of this machine, beside its tools.
_PLACES = {
    "/proc/xen/capabilities": "capabilities",
    "/proc/misc": "misc",
    "/dev/vboxdrv": "bin/VBoxManage",
    "/usr/libexec": "libexec",
    "/dev/mapper/$1": "nodes/$1",
}


@dataclass(frozen=True)
class Host:
    """The host, below a folder; `xen` is whether it runs under Xen."""

    root: Path
    xen: bool = False

    @classmethod
    def create(cls, root: Path, *, xen: bool = False) -> "Host":
        for name in ("bin", "dom", "net", "pool", "vbox", "xl", "dm", "loop", "extra", "etc"):
            (root / name).mkdir(parents=True)
        for name, text in _TOOLS.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        (root / "machinefolder").write_text("/root/VirtualBox VMs\n")
        (root / "misc").write_text("252 device-mapper\n")
        if xen:
            (root / "capabilities").write_text("control_d\n")
        return cls(root, xen)

    def path(self, name: str) -> Path:
        return self.root / name

    def layout(self, owner: str = "alice@desk:/lab", strategy: str = "linked-clone") -> LabLayout:
        box = self.path("box")
        box.mkdir(exist_ok=True)
        for name in ("box.img", "disk.raw"):
            (box / name).write_text("box")
        return LabLayout(
            owner=owner,
            folder=str(self.path("disks")),
            volumes="hvlab-VAGRANTSLASH-",
            guests=[GuestIdentity(f"server{n}", f"52:54:00:68:76:0{n}", f"192.168.68.1{n}") for n in (1, 2)],
            network=NetworkPlan("hvlab", "hvlabtest0", "52:54:00:68:76:00", "192.168.68.1", "255.255.255.0"),
            box=BoxPlan(str(box), "hvlab-VAGRANTSLASH-debian-12_vagrant_box_image_1_box.img", strategy),
        )

    def program(self, verb: Verb, resources: Sequence[Resource]) -> str:
        """Return a program with the places of this machine that it looks at replaced by the host's."""
        text = render(verb, resources).replace("etc_libvirt=/etc/libvirt", f"etc_libvirt={self.path('etc')}")
        for place, there in _PLACES.items():
            text = text.replace(place, str(self.path(there)))
        return text

    def run(self, verb: Verb, resources: Sequence[Resource]) -> list[Outcome]:
        environment = {**os.environ, "PATH": f"{self.path('bin')}:{os.environ['PATH']}", "FAKE": str(self.root)}
        done = subprocess.run(
            ["sh", "-s"],
            input=self.program(verb, resources),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr
        outcomes = read_outcomes(done.stdout)
        assert done.returncode == int(any(one.result == "failed" for one in outcomes))
        return outcomes

    def remove(self, name: str, layout: LabLayout | None = None) -> list[str]:
        """Remove what a lab has under a hypervisor, in words; what must be remembered is left out."""
        known = [one for one in resources_of(name, layout or self.layout()) if one.remembers != "required"]
        return [f"{one.result}: {one}" for one in self.run("remove", known)]

    def tree(self) -> dict[str, str]:
        """Return what is there, with what it holds; without the stand-ins' notes."""
        files = {str(path.relative_to(self.root)): path for path in self.root.rglob("*") if not path.is_dir()}
        return {
            name: path.read_text() if path.exists() else "->"
            for name, path in files.items()
            if not name.startswith(("bin/", "box/")) and name not in ("calls", "misc", "capabilities")
        }
