# shellcheck shell=sh
# Xen: what its backends need.
modprobe -a xen-blkback xen-netback loop
# Xen's block script takes its lock through these, which are udev's to make, and waits for ever without them.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
[ -e /dev/stdin ] || ln -s fd/0 /dev/stdin
