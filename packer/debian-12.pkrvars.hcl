os                 = "debian-12"
boot_wait          = "10s"
boot_command       = ["linux ks=http://{{ .HTTPIP }}:{{ .HTTPPort }}/debian-12.ks<enter>"]
cpu_model          = "qemu64"
memory             = 512
ssh_username       = "vagrant"
ssh_timeout        = "15m"
shutdown_command   = "sudo shutdown -h now"
virtualbox_os_type = "Debian_64"
