# shellcheck shell=sh
# Xen: the network, the folder of the guests' disks, and what Xen's backends need; for clones a copy of the box's disk
# that they stand on. Comes after common.sh.
modprobe -a xen-blkback xen-netback loop
# Xen's block script takes its lock through these, which are udev's to make, and waits for ever without them.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s fd/0 /dev/stdin
# What serves a PV guest's screen. QEMU (seen: 11.1) has Xen's framebuffer only with "-vga xenfb", which libxl (4.20)
# does not say: the guest then waits half a minute for its screen at each start, and draws on one that nobody sees.
model=/usr/libexec/xen-qemu-system-i386
if [ -x "$model" ] && [ ! -e "$model.real" ]; then
    mv "$model" "$model.real"
    printf '#!/bin/sh\nexec %s.real "$@" -vga xenfb\n' "$model" >"$model"
    chmod 755 "$model"
fi
network xen:///system
link_boxes
mkdir -p "$HVLAB_FOLDER"
if [ "$HVLAB_DISK_STRATEGY" = linked-clone ] && [ ! -e "$HVLAB_FOLDER/box.raw" ]; then
    cp --sparse=always "$HVLAB_BOX/disk.raw" "$HVLAB_FOLDER/.box.raw"
    mv "$HVLAB_FOLDER/.box.raw" "$HVLAB_FOLDER/box.raw"
fi
