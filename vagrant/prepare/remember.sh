# shellcheck shell=sh
# Prints a piece of shell that sets a lab host which is not ours back to what it is now: what the factors and the
# preparation change. Changes nothing itself. Fails where somebody else has what the lab would make, and take down. Needs
#   HVLAB_PROVIDER     kvm, xen or virtualbox
#   HVLAB_FOLDER       the folder of the guests' disks
#   HVLAB_NETWORK      the guests' network
#   HVLAB_GUESTS       a word for each guest: NAME,MAC,ADDRESS
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

taken() {
    echo "$1 is there already, and is not this lab's" >&2
    exit 1
}

guest_there() {
    case $HVLAB_PROVIDER in
    kvm) virsh -q -c qemu:///system dominfo "$1";;
    xen) virsh -q -c xen:///system dominfo "$1";;
    virtualbox) VBoxManage showvminfo "$1";;
    esac >/dev/null 2>&1
}

# What Xen's linked clones stand on: another one's would be taken for the box's, and taken down.
[ "$HVLAB_PROVIDER" != xen ] || [ ! -e "$HVLAB_FOLDER/box.raw" ] || taken "$HVLAB_FOLDER/box.raw"
for guest in $HVLAB_GUESTS; do
    ! guest_there "${guest%%,*}" || taken "a guest ${guest%%,*}"
    for file in "$HVLAB_FOLDER/${guest%%,*}.img" "$HVLAB_FOLDER/${guest%%,*}.cow"; do
        [ ! -e "$file" ] || taken "$file"
    done
done

# They would be used as if they were the lab's, and taken down. The pool is KVM's only: vagrant/prepare/kvm.sh.
of_libvirt() {
    ! virsh -q -c "$1" net-dumpxml "$HVLAB_NETWORK" >/dev/null 2>&1 || taken "libvirt's network $HVLAB_NETWORK ($1)"
    [ "$HVLAB_PROVIDER" != kvm ] || ! virsh -q -c "$1" pool-dumpxml hvlab >/dev/null 2>&1 ||
        taken "libvirt's storage pool hvlab ($1)"
}
case $HVLAB_PROVIDER in
kvm) of_libvirt qemu:///system;;
xen) of_libvirt xen:///system;;
esac

# A word for a shell that reads the piece.
quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# A file of the kernel's whose words in brackets, or whole content, is its value.
value() {
    [ -w "$1" ] || return 0
    now=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$1")
    [ "$now" ] || now=$(head -n 1 "$1")
    echo "echo '$now' >'$1'"
}

value /sys/kernel/mm/ksm/run
value /sys/kernel/mm/transparent_hugepage/enabled
value /proc/sys/vm/percpu_pagelist_high_fraction

sed -n '2,$s/^\(\/[^ ]*\) .*/\1/p' /proc/swaps | while read -r area; do
    echo "grep -q '^$area ' /proc/swaps || swapon '$area'"
done
[ "$(sed -n '2,$p' /proc/swaps)" ] || echo "swapoff -a"

model=/usr/libexec/xen-qemu-system-i386
[ -e "$model.real" ] || echo "[ ! -e $model.real ] || mv -f $model.real $model"

# virt-manager makes libvirt's pool "default" where there is none. Its files are not touched.
default_pool() {
    pools=$(virsh -q -c "$1" pool-list --all --name 2>/dev/null) || return 0
    ! echo "$pools" | grep -qx ' *default *' || return 0
    echo "if virsh -q -c $1 pool-dumpxml default 2>/dev/null | grep -q '<path>/var/lib/libvirt/images</path>'; then"
    echo "virsh -q -c $1 pool-destroy default; virsh -q -c $1 pool-undefine default; fi >/dev/null 2>&1"
}

case $HVLAB_PROVIDER in
kvm) default_pool qemu:///system;;
xen) default_pool xen:///system;;
esac

if [ "$HVLAB_PROVIDER" = virtualbox ]; then
    folder=$(VBoxManage list systemproperties | sed -n 's/^Default machine folder: *//p')
    [ ! "$folder" ] || echo "VBoxManage setproperty machinefolder $(quoted "$folder")"
    # What opening its manager sets (hypervisors/virtualbox/hypervisor.py); without a value a key goes.
    told=$(VBoxManage getextradata global enumerate)
    for key in GUI/UpdateDate GUI/SuppressMessages GUI/Settings/ExpertMode GUI/Tools/LastItemsSelected; do
        now=$(echo "$told" | sed -n "s|^Key: $key, Value: ||p")
        echo "VBoxManage setextradata global $key${now:+ $(quoted "$now")}"
    done
fi
[ -d "$HVLAB_FOLDER" ] || echo "[ ! -d '$HVLAB_FOLDER' ] || rmdir '$HVLAB_FOLDER'"
