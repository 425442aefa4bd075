os                  = "debian-12"
kernel_command_line = "root=LABEL=root rw quiet net.ifnames=0 mitigations=off"
cpu_model           = "qemu64"
memory              = 512
ssh_username        = "vagrant"
shutdown_command    = "sudo shutdown -h now"
