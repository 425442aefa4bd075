#!/bin/sh
# machine.sh ROOT USER LINE: as root: runs a shell line as a user of a machine whose root file system is ROOT. Nothing of
# this machine is seen there but its kernel, its devices and its network. In a chroot no user namespace could be made.
set -eu
root=$1 user=$2 line=$3
mount --bind "$root" "$root"
for folder in dev proc sys; do
    mount --rbind "/$folder" "$root/$folder"
done
for folder in run tmp; do
    mount -t tmpfs -o mode=1777 none "$root/$folder"
done
mkdir -p "$root/before"
cd "$root"
pivot_root . before
umount -l /before
exec setpriv --reuid="$user" --regid="$user" --init-groups sh -c "$line"
