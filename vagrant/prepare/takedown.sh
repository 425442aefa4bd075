# shellcheck shell=sh
# Takes down what a lab made on a lab host that is not ours, and says each thing on a line. What does not carry the lab's
# names and its guests' network cards stays. Running it again finds nothing. Needs
#   HVLAB_PROVIDER     kvm, xen or virtualbox
#   HVLAB_MARK         the variable that marks the environment of the lab's X session
#   HVLAB_SESSION      the folder of that session
#   HVLAB_FOLDER       the folder of the guests' disks
#   HVLAB_NETWORK      the guests' network
#   HVLAB_BOX_NAME     the box, as vagrant-libvirt's volumes begin
#   HVLAB_STORE, HVLAB_BOXES   the boxes there; the controller's name for them
#   HVLAB_OWN_LINK     whether that name is the controller's own: yes or no
#   HVLAB_MASTER       of VirtualBox's linked clones: the id of the machine that they stand on, or empty
#   HVLAB_GUESTS       a word for each guest: NAME,MAC,ADDRESS
set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
failed=

removed() { echo "removed $1"; }
problem() { failed="$failed $1;"; }

# Ends and forgets a guest of libvirt's ($1), if its card ($2) is the lab's.
libvirt_guest() {
    xml=$(virsh -q dumpxml "$1" 2>/dev/null) || return 0
    case $xml in
    *"$2"*) ;;
    *) return 0;;
    esac
    virsh -q destroy "$1" >/dev/null 2>&1
    virsh -q undefine "$1" >/dev/null 2>&1
    if virsh -q dominfo "$1" >/dev/null 2>&1; then problem "guest $1 does not go"; else removed "guest $1"; fi
}

remove_file() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    if rm -f "$1"; then removed "$1"; else problem "$1 cannot be removed"; fi
}

# Whether libvirt answers. If not, nothing of the lab's may be defined ($1: its driver's folder in /etc/libvirt).
libvirt_answers() {
    command -v virsh >/dev/null || return 1
    virsh -q uri >/dev/null 2>&1 && return 0
    for guest in $HVLAB_GUESTS; do
        [ ! -e "/etc/libvirt/$1/${guest%%,*}.xml" ] || problem "libvirt does not answer, and has a guest ${guest%%,*}"
    done
    return 1
}

libvirt_guests() {
    for guest in $HVLAB_GUESTS; do
        rest=${guest#*,}
        libvirt_guest "${guest%%,*}" "${rest%,*}"
    done
}

libvirt_network() {
    virsh -q net-dumpxml "$HVLAB_NETWORK" >/dev/null 2>&1 || return 0
    virsh -q net-destroy "$HVLAB_NETWORK" >/dev/null 2>&1
    if virsh -q net-undefine "$HVLAB_NETWORK"; then removed "network $HVLAB_NETWORK"; else problem "network $HVLAB_NETWORK"; fi
}

# A linked clone under Xen is a mapped device on two loop devices.
unmap() {
    if command -v dmsetup >/dev/null && dmsetup info "$1" >/dev/null 2>&1; then
        if dmsetup remove --noudevsync --retry "$1"; then removed "device $1"; else problem "device $1"; fi
    fi
    detach "$HVLAB_FOLDER/$1.cow"
}

detach() {
    [ ! -e "$1" ] || losetup --noheadings --output NAME --associated "$1" | xargs -r losetup --detach
}

kvm() {
    export LIBVIRT_DEFAULT_URI=qemu:///system
    if libvirt_answers qemu; then
        libvirt_guests
        kvm_pool
        libvirt_network
    fi
    for guest in $HVLAB_GUESTS; do remove_file "$HVLAB_FOLDER/${guest%%,*}.img"; done
    for volume in "$HVLAB_FOLDER/$HVLAB_BOX_NAME"_vagrant_box_image_*; do remove_file "$volume"; done
}

kvm_pool() {
    if virsh -q pool-dumpxml hvlab 2>/dev/null | grep -q "<path>$HVLAB_FOLDER</path>"; then
        virsh -q pool-destroy hvlab >/dev/null 2>&1
        if virsh -q pool-undefine hvlab >/dev/null; then removed "pool hvlab"; else problem "pool hvlab"; fi
    fi
}

xen() {
    export LIBVIRT_DEFAULT_URI=xen:///system
    if libvirt_answers libxl; then
        libvirt_guests
        libvirt_network
    fi
    for guest in $HVLAB_GUESTS; do
        unmap "${guest%%,*}"
        remove_file "$HVLAB_FOLDER/${guest%%,*}.img"
        remove_file "$HVLAB_FOLDER/${guest%%,*}.cow"
    done
    detach "$HVLAB_FOLDER/box.raw"
    remove_file "$HVLAB_FOLDER/box.raw"
}

virtualbox_machine() {
    VBoxManage controlvm "$1" poweroff >/dev/null 2>&1
    # VirtualBox holds a machine's session for a moment after its end.
    n=0
    until VBoxManage unregistervm "$1" --delete >/dev/null 2>&1; do
        n=$((n + 1))
        [ $n -lt 20 ] || { problem "machine $1 does not go"; return; }
        sleep 1
    done
    removed "machine $1"
}

virtualbox() {
    command -v VBoxManage >/dev/null || return 0
    for guest in $HVLAB_GUESTS; do
        rest=${guest#*,}
        card=$(echo "${rest%,*}" | tr -d : | tr '[:lower:]' '[:upper:]')
        VBoxManage showvminfo "${guest%%,*}" --machinereadable 2>/dev/null | grep -q "^macaddress1=\"$card\"" &&
            virtualbox_machine "${guest%%,*}"
    done
    if [ "$HVLAB_MASTER" ] && VBoxManage showvminfo "$HVLAB_MASTER" >/dev/null 2>&1; then
        virtualbox_machine "$HVLAB_MASTER"
    fi
}

# The lab's X session, with the manager in it: all that was started with its environment, but for VirtualBox's server,
# if the manager was the first to need it, and the machines that it started after that, whoever asked for them. The
# lab's are known by their network cards; the server ends with its last client.
of_session() {
    grep -lsz "^$HVLAB_MARK=" /proc/[0-9]*/environ | sed 's/[^0-9]//g' | while read -r process; do
        case $(cat "/proc/$process/comm" 2>/dev/null) in
        VBoxSVC|VBoxXPCOMIPCD|VBoxHeadless|VBoxNet*|VirtualBoxVM) ;;
        *) echo "$process";;
        esac
    done
}

session() {
    for process in $(of_session); do
        name=$(cat "/proc/$process/comm" 2>/dev/null) && kill "$process" 2>/dev/null && removed "process $process ($name)"
    done
    # X removes its lock and its socket at its end.
    n=0
    while [ "$(of_session)" ] && [ $n -lt 40 ]; do
        n=$((n + 1))
        sleep 0.25
    done
    for process in $(of_session); do kill -9 "$process" 2>/dev/null; done
    rm -rf "$HVLAB_SESSION"
}

session
"$HVLAB_PROVIDER"
# The controller's own link to the boxes has the same name where the lab host is the controller; that one stays.
if [ "$HVLAB_OWN_LINK" = no ] && [ "$(readlink "$HVLAB_BOXES")" = "$HVLAB_STORE" ]; then
    remove_file "$HVLAB_BOXES"
    rmdir -p "$(dirname "$HVLAB_BOXES")" 2>/dev/null
fi
[ ! "$failed" ] || { echo "left:$failed" >&2; exit 1; }
