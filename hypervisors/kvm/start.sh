# shellcheck shell=sh
# Comes after start_libvirt.sh.
modprobe kvm_amd 2>/dev/null || modprobe kvm_intel
modprobe vhost_net
start_libvirt
