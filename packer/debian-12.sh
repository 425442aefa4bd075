# shellcheck shell=sh
# Run by Packer in the guest, as root, when it has started from its own disk: identity, free space.

# What the paper prints about the guest.
uname -r; cat /etc/debian_version; free -m; swapon --show
: > /etc/machine-id
fstrim /
