# shellcheck shell=sh
# What a lab has under Xen besides libvirt's. Comes after core/resources/files.sh.
# shellcheck disable=SC2034,SC2154  # state and reason are for the loop, owner is of files.sh
capabilities=/proc/xen/capabilities
# What xl and losetup said last; asked anew after a change.
xl_said=
loops_said=

# PATH OWNER: what serves a PV guest's screen. QEMU (seen: 11.1) has Xen's framebuffer only with "-vga xenfb", which
# libxl (4.20) does not pass: the guest then waits half a minute for its screen at each start, and draws on one that
# nobody sees.
model_wrapper_probe() {
    state=absent
    [ ! -e "$1.real" ] || case $(sed -n 2p "$1") in
    "# hvlab: $2") state=owned;;
    *) state=foreign reason="$1.real is not this lab's";;
    esac
    # Without a model there is nothing to wrap.
    [ -e "$1" ] || state=foreign reason="there is none"
}

model_wrapper_create() {
    [ "$state" = absent ] || return 0
    mv "$1" "$1.real" && printf '#!/bin/sh\n# hvlab: %s\nexec %s.real "$@" -vga xenfb\n' "$2" "$1" >"$1" && chmod 755 "$1"
}

model_wrapper_remove() { mv -f "$1.real" "$1"; }

# FILE FOLDER OWNER SOURCE
base_disk_probe() { file_probe "$1" "$2" "$3"; }
base_disk_create() { [ -e "$1" ] || { cp --sparse=always "$4" "$1.part" && mv "$1.part" "$1"; }; }
base_disk_remove() { rm -f "$1" "$1.part"; }

# The same of a losetup without these options (CentOS 5): "/dev/loop0: [fd00]:131 (/xen/box.raw)".
old_loops() { losetup -a | sed 's/^\(\/dev\/loop\([0-9]*\)\): [^(]*(\(.*\))$/\1 7:\2 \3/'; }

# Sets `loops_said`: NAME MAJOR:MINOR FILE a line.
list_loops() {
    if [ -z "$loops_said" ] && command -v losetup >/dev/null; then
        loops_said=$(losetup --list --noheadings --output NAME,MAJ:MIN,BACK-FILE || old_loops) ||
            { loops_said=; return 1; }
        loops_said="
$loops_said"
    fi
}

# Prints the loop devices of a file, each as NAME MAJOR:MINOR; also of one that was deleted meanwhile.
loops_of() {
    case $loops_said in *" $1"*) ;; *) return 0;; esac
    echo "$loops_said" | while read -r device number file; do
        case $file in "$1"|"$1 (deleted)") echo "$device $number";; esac
    done
}

# FILE FOLDER OWNER
loop_device_probe() {
    list_loops || return
    devices=$(loops_of "$1")
    [ "$devices" ] || { state=absent; return; }
    folder_owner "$2" || return
    if [ "$owner" = "$3" ]; then state=owned; else state=foreign reason="$2 is not marked as this lab's"; fi
}

loop_device_remove() {
    loops_said=
    echo "$devices" | while read -r device _; do losetup -d "$device"; done
}

# NAME FILE: device mapper's snapshot that writes to a file
mapping_probe() {
    if ! command -v dmsetup >/dev/null || ! grep -q device-mapper /proc/misc; then state=absent; return; fi
    [ -e "/dev/mapper/$1" ] || dmsetup info -c --noheadings -o name | grep -qx "$1" || {
        dmsetup version >/dev/null && state=absent
        return
    }
    table=$(dmsetup table "$1") && list_loops || return
    state=foreign reason="it does not write to $2"
    for number in $(loops_of "$2" | cut -d ' ' -f 2); do
        case " $table " in *" $number "*) state=owned reason=;; esac
    done
}

mapping_remove() { dmsetup remove --noudevsync --retry "$1"; }

# NAME MAC: what libvirt does not know of
xl_domain_probe() {
    if [ ! -e "$capabilities" ] || ! command -v xl >/dev/null; then state=absent; return; fi
    [ "$xl_said" ] || xl_said=$(within 60 xl list 2>&1) || xl_said="failed: $xl_said"
    case "
$xl_said" in
    "
failed: "*) reason=${xl_said#failed: }; return;;
    *"
$1 "*) ;; *) state=absent; return;; esac
    cards=$(within 60 xl network-list "$1") || return
    case $(echo "$cards" | tr 'A-F' 'a-f') in
    *"$2"*) state=owned;;
    *) state=foreign reason="its network card is not this lab's";;
    esac
}

xl_domain_remove() {
    xl_said=
    within 60 xl destroy "$1"
}
