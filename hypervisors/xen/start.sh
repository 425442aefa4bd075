# shellcheck shell=sh
# Comes after start_libvirt.sh. What the guests write to their consoles is kept in /var/log/xen/console.
modprobe -a xen-blkback xen-netback loop
mkdir -p /var/log/xen/console
XENCONSOLED_ARGS=--log=guest /etc/init.d/xen start
start_libvirt
