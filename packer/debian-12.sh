# Run by Packer in the guest, as root: boot loader, identity, free space.
disk=/dev/$(lsblk -no PKNAME "$(findfs LABEL=root)")
grub-install "$disk"

# What the paper prints about the guest.
uname -r; cat /etc/debian_version; free -m; swapon --show
: > /etc/machine-id
fstrim /

