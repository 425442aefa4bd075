# shellcheck shell=sh
# Removes what is the lab's on a lab host, and nothing else; says what it removes, one a line. Run by lab.purge over SSH,
# after these words:
#   NETWORK, BRIDGE    the guests' network and its bridge
#   POOL               libvirt's storage pool
#   BOXES              the path at which the boxes are linked
#   MACS               of the guests' network cards: what tells the lab's guests from others of the same name
#   NAMES, FOLDERS     of the guests; of their disks
#   BOX_NAMES          as the names of the boxes' volumes begin
export LC_ALL=C
ask() { timeout 30 "$@" 2>/dev/null </dev/null; }

# Whether one of the lab's network cards is in what standard input says of a guest.
is_ours() {
    text=$(tr 'A-F' 'a-f' | tr -d ':')
    for mac in $MACS; do
        case $text in *"$mac"*) return 0;; esac
    done
    return 1
}

of_libvirt() {
    ask virsh -q -c "$1" version >/dev/null || return 0
    for domain in $(ask virsh -q -c "$1" list --all --name); do
        ask virsh -q -c "$1" dumpxml "$domain" | is_ours || continue
        ask virsh -q -c "$1" destroy "$domain" >/dev/null
        ask virsh -q -c "$1" undefine "$domain" >/dev/null
        echo "domain $domain ($1)"
    done
    if ask virsh -q -c "$1" net-list --all --name | grep -qx " *$NETWORK *"; then
        ask virsh -q -c "$1" net-destroy "$NETWORK" >/dev/null
        ask virsh -q -c "$1" net-undefine "$NETWORK" >/dev/null && echo "network $NETWORK ($1)"
    fi
    if ask virsh -q -c "$1" pool-list --all --name | grep -qx " *$POOL *"; then
        ask virsh -q -c "$1" pool-destroy "$POOL" >/dev/null
        ask virsh -q -c "$1" pool-undefine "$POOL" >/dev/null && echo "storage pool $POOL ($1)"
    fi
}

# What libvirt did not know of.
of_xl() {
    [ -e /proc/xen/capabilities ] && command -v xl >/dev/null || return 0
    for domain in $(ask xl list | sed -n '2,$s/ .*//p'); do
        ask xl network-list "$domain" | is_ours || continue
        ask xl destroy "$domain" && echo "domain $domain (xl)"
    done
}

of_virtualbox() {
    [ -e /dev/vboxdrv ] && command -v VBoxManage >/dev/null || return 0
    for machine in $(ask VBoxManage list vms | sed -n 's/.*{\(.*\)}$/\1/p'); do
        told=$(ask VBoxManage showvminfo "$machine" --machinereadable)
        echo "$told" | is_ours || continue
        ask VBoxManage controlvm "$machine" poweroff >/dev/null
        # It can be unregistered once its process has let go of it.
        tries=0
        until ask VBoxManage unregistervm "$machine" --delete >/dev/null || [ $tries -ge 20 ]; do
            tries=$((tries + 1)); sleep 0.5
        done
        [ $tries -lt 20 ] && echo "machine $(echo "$told" | sed -n 's/^name="\(.*\)"$/\1/p') (VBoxManage)"
    done
}

of_kernel() {
    if [ -e "/sys/class/net/$BRIDGE" ]; then
        ip link delete "$BRIDGE" type bridge 2>/dev/null && echo "bridge $BRIDGE"
    fi
    for name in $NAMES; do
        { [ -e "/dev/mapper/$name" ] && command -v dmsetup >/dev/null; } || continue
        ask dmsetup remove --noudevsync --retry "$name" && echo "device /dev/mapper/$name"
    done
}

remove_disk() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    command -v losetup >/dev/null && losetup --noheadings --output NAME --associated "$1" 2>/dev/null |
        xargs -r losetup --detach
    rm -f "$1" && echo "disk $1"
}

of_disk() {
    for folder in $FOLDERS; do
        for name in $NAMES; do
            remove_disk "$folder/$name.img"
            remove_disk "$folder/$name.cow"
        done
        # The box's, which clones stand on: KVM's and Xen's.
        for file in "$folder/$BOX_NAMES"*_vagrant_box_image_* "$folder/box.raw"; do
            remove_disk "$file"
        done
    done
    [ ! -L "$BOXES" ] || { rm -f "$BOXES" && echo "link $BOXES"; }
}

# Under Xen nothing of KVM's runs; libvirt's driver for it, which tries all of QEMU's programs before its first answer,
# is asked only if it has a domain.
of_kvm() {
    [ ! -e /proc/xen/capabilities ] || ls /etc/libvirt/qemu/*.xml >/dev/null 2>&1 || return 0
    of_libvirt qemu:///system
}

of_kvm
of_libvirt xen:///system
of_xl
of_virtualbox
of_kernel
of_disk
