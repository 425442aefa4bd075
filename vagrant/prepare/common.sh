# shellcheck shell=sh
# What the providers' scripts share; it comes before each of them in one piece of shell. All of them need
#   HVLAB_BOX          the folder of the provider's box on the lab host
#   HVLAB_STORE        the folder of all boxes on the lab host
#   HVLAB_BOXES        the controller's $VAGRANT_HOME/boxes: Vagrant names the boxes' files below it
#   HVLAB_FOLDER       the folder of the guests' disks
#   HVLAB_DISK_STRATEGY  full-copy, linked-clone or preallocated: how the guests' disks will come from the box
#   HVLAB_NETWORK, HVLAB_BRIDGE, HVLAB_ADDRESS, HVLAB_NETMASK     the guests' network
#   HVLAB_GUESTS       a word for each guest: NAME,MAC,ADDRESS
set -eu
export LC_ALL=C

# Freed pages wait on lists of each CPU, where they count neither as free nor as used; since Linux 6.7 a list grows as it
# is used, to tens of MiB. A fraction so small lets the kernel keep no more than 4 batches (252 pages) on one. Each
# refresh of the statistics brings a list an eighth nearer to that.
short_page_lists() {
    [ -w /proc/sys/vm/percpu_pagelist_high_fraction ] || return 0
    echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24; do
        echo 1 >/proc/sys/vm/stat_refresh
    done
}
short_page_lists

fail() {
    echo "$1" >&2
    exit 1
}

network_xml() {
    echo "<network><name>$HVLAB_NETWORK</name><forward mode='nat'/>"
    echo "<bridge name='$HVLAB_BRIDGE' stp='off' delay='0'/>"
    echo "<ip address='$HVLAB_ADDRESS' netmask='$HVLAB_NETMASK'><dhcp>"
    for guest in $HVLAB_GUESTS; do
        rest=${guest#*,}
        echo "<host mac='${rest%,*}' name='${guest%%,*}' ip='${rest#*,}'/>"
    done
    echo "</dhcp></ip></network>"
}

# Whether the network that is there ($1: its XML) gives every guest its address.
network_fits() {
    echo "$1" | grep -q "<ip address='$HVLAB_ADDRESS' netmask='$HVLAB_NETMASK'>" || return 1
    echo "$1" | grep -q "<bridge name='$HVLAB_BRIDGE'" || return 1
    for line in $(network_xml | grep '<host' | tr ' ' '~'); do
        echo "$1" | grep -qF "$(echo "$line" | tr '~' ' ')" || return 1
    done
}

remove_network() {
    case $1 in
    *" connections="*) fail "The network $HVLAB_NETWORK is not the topology's, and guests are using it: take them down first.";;
    esac
    virsh -q net-destroy "$HVLAB_NETWORK" >/dev/null 2>&1 || true
    virsh -q net-undefine "$HVLAB_NETWORK"
}

# The guests' network in libvirt ($1: its URI): NAT, and an address of its own for each guest's MAC.
network() {
    export LIBVIRT_DEFAULT_URI="$1"
    there=$(virsh -q net-dumpxml "$HVLAB_NETWORK" 2>/dev/null) || there=
    if [ -n "$there" ] && ! network_fits "$there"; then
        remove_network "$there"
        there=
    fi
    if [ -z "$there" ]; then
        network_xml | virsh -q net-define /proc/self/fd/0
        virsh -q net-start "$HVLAB_NETWORK"
    elif ! virsh -q net-list --name | grep -qx "$HVLAB_NETWORK"; then
        virsh -q net-start "$HVLAB_NETWORK"
    fi
}

# The boxes, at the path that Vagrant on the controller knows them by.
link_boxes() {
    [ "$HVLAB_BOXES" = "$HVLAB_STORE" ] && return
    mkdir -p "$(dirname "$HVLAB_BOXES")"
    ln -sfn "$HVLAB_STORE" "$HVLAB_BOXES"
}
