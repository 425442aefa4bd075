# shellcheck shell=sh
modprobe pretend
