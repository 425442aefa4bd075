# shellcheck shell=sh
# Xen: the network, the folder of the guests' disks, and what Xen's backends need; for clones a copy of the box's disk
# that they stand on. Comes after common.sh.
modprobe -a xen-blkback xen-netback loop
# Xen's block script takes its lock through these, which are udev's to make, and waits for ever without them.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s fd/0 /dev/stdin
network xen:///system
link_boxes
mkdir -p "$HVLAB_FOLDER"
if [ "$HVLAB_DISK_STRATEGY" = linked-clone ] && [ ! -e "$HVLAB_FOLDER/box.raw" ]; then
    cp --sparse=always "$HVLAB_BOX/disk.raw" "$HVLAB_FOLDER/.box.raw"
    mv "$HVLAB_FOLDER/.box.raw" "$HVLAB_FOLDER/box.raw"
fi
