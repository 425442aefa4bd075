# CentOS 5.5: what is odd here is explained in docs/how-to/guests.md.
os           = "centos-5.5"
iso_url      = "https://archive.kernel.org/centos-vault/5.5/isos/x86_64/CentOS-5.5-x86_64-netinstall.iso"
iso_checksum = "sha256:298a219be14eb75157f173de25542510eec0682b6f33e67e84a2756ef7fa83ba"
boot_command = ["linux text ksdevice=eth0 ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/centos-5.5.ks<enter>"]

cpu_model = "qemu64"
memory    = 1024
disk_size = "20G"

# What OpenSSH 4.3 and Packer's Go have in common, and a newer way to exchange keys: this file is tried with an installer
# that brings a newer sshd. GNOME over emulation takes hours.
ssh_username                = "vagrant"
ssh_key_exchange_algorithms = ["diffie-hellman-group14-sha1", "curve25519-sha256@libssh.org"]
ssh_ciphers                 = ["aes128-ctr"]
ssh_timeout                 = "6h"
shutdown_command            = "sudo /sbin/halt -h -p"
