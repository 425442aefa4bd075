# shellcheck shell=sh
start_libvirt() {
    modprobe -a tun bridge
    dbus-daemon --system --fork
    virtlogd -d
    libvirtd -d
}
