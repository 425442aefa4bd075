# shellcheck shell=sh
modprobe vboxdrv
chmod 600 /dev/vboxdrv
