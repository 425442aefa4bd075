# One template for every guest OS: ISO, boot command, kickstart file, SSH, script. What differs is in NAME.pkrvars.hcl and
# in the variables that hvlab passes. Packer 1.6.6 has both builders built in; newer ones read plugins/required.pkr.hcl.

variable "os" {
  type        = string
  description = "Name of the guest OS, e.g. debian-12"
}
variable "iso_url" {
  type        = string
  description = "Installation medium, e.g. file:///path/installer.iso"
}
variable "iso_checksum" {
  type        = string
  description = "With its kind: sha256:..."
}
variable "boot_command" {
  type        = list(string)
  description = "Typed at the medium's prompt; .HTTPIP and .HTTPPort lead to http_directory"
}
variable "boot_wait" {
  type        = string
  description = "From the start of the machine to the prompt; too long only costs time"
  default     = "10s"
}
variable "http_directory" {
  type        = string
  description = "Folder with the kickstart file and what it fetches"
}
variable "accelerator" {
  type        = string
  description = "kvm where a probe shows that it boots a guest, else tcg"
}
variable "cpu_model" {
  type = string
}
variable "machine_type" {
  type    = string
  default = "pc"
}
variable "disk_interface" {
  type    = string
  default = "virtio"
}
variable "cdrom_interface" {
  type        = string
  description = "Empty for the machine type's own (IDE)"
  default     = ""
}
variable "net_device" {
  type    = string
  default = "virtio-net"
}
variable "disk_size" {
  type        = string
  description = "In GiB: 20G"
}
variable "memory" {
  type        = number
  description = "MiB"
}
variable "ssh_username" {
  type = string
}
variable "ssh_private_key_file" {
  type = string
}
variable "ssh_key_exchange_algorithms" {
  type        = list(string)
  description = "For an old sshd; null for Packer's own"
  default     = null
}
variable "ssh_ciphers" {
  type        = list(string)
  description = "For an old sshd; null for Packer's own"
  default     = null
}
variable "ssh_timeout" {
  type        = string
  description = "From the boot command to the first login, the installation within"
}
variable "provision" {
  type        = string
  description = "Shell script run as root in the guest"
}
variable "execute_command" {
  type    = string
  default = "sudo sh -eu '{{ .Path }}'"
}
variable "shutdown_command" {
  type = string
}
variable "virtualbox_os_type" {
  type        = string
  description = "As `VBoxManage list ostypes` has it"
  default     = "Linux26_64"
}
variable "output" {
  type        = string
  description = "Folder for the disk, must not exist"
}
variable "serial_log" {
  type        = string
  description = "File that takes what the machine says on its serial line"
}

source "qemu" "guest" {
  accelerator                 = var.accelerator
  machine_type                = var.machine_type
  headless                    = true
  iso_url                     = var.iso_url
  iso_checksum                = var.iso_checksum
  boot_wait                   = var.boot_wait
  boot_key_interval           = "20ms"
  boot_command                = var.boot_command
  http_bind_address           = "127.0.0.1" # the guest reaches it as 10.0.2.2
  http_directory              = var.http_directory
  output_directory            = var.output
  vm_name                     = "disk.qcow2"
  format                      = "qcow2"
  disk_size                   = var.disk_size
  disk_interface              = var.disk_interface
  disk_cache                  = "unsafe"
  disk_discard                = "unmap"
  cdrom_interface             = var.cdrom_interface
  net_device                  = var.net_device
  memory                      = var.memory
  cpus                        = 2
  communicator                = "ssh"
  ssh_username                = var.ssh_username
  ssh_private_key_file        = var.ssh_private_key_file
  ssh_key_exchange_algorithms = var.ssh_key_exchange_algorithms
  ssh_ciphers                 = var.ssh_ciphers
  ssh_timeout                 = var.ssh_timeout
  ssh_handshake_attempts      = 400
  shutdown_command            = var.shutdown_command
  qemuargs = [
    ["-cpu", var.cpu_model],
    # In place of Packer's own, which forwards from all addresses: a guest that is being installed opens to a known key.
    ["-netdev", "user,id=user.0,hostfwd=tcp:127.0.0.1:{{ .SSHHostPort }}-:22"],
    ["-serial", "file:${var.serial_log}"]
  ]
}

source "virtualbox-iso" "guest" {
  headless                    = true
  guest_os_type               = var.virtualbox_os_type
  guest_additions_mode        = "disable"
  iso_url                     = var.iso_url
  iso_checksum                = var.iso_checksum
  boot_wait                   = var.boot_wait
  boot_command                = var.boot_command
  http_directory              = var.http_directory
  output_directory            = var.output
  vm_name                     = var.os
  disk_size                   = parseint(trimsuffix(var.disk_size, "G"), 10) * 1024
  hard_drive_interface        = "sata"
  memory                      = var.memory
  cpus                        = 1
  communicator                = "ssh"
  ssh_username                = var.ssh_username
  ssh_private_key_file        = var.ssh_private_key_file
  ssh_key_exchange_algorithms = var.ssh_key_exchange_algorithms
  ssh_ciphers                 = var.ssh_ciphers
  ssh_timeout                 = var.ssh_timeout
  ssh_handshake_attempts      = 400
  shutdown_command            = var.shutdown_command
  vboxmanage = [
    # VirtualBox's own paravirtual interface stops old kernels ("Guru Meditation").
    ["modifyvm", "{{ .Name }}", "--paravirtprovider", "none"],
    ["modifyvm", "{{ .Name }}", "--uart1", "0x3F8", "4", "--uartmode1", "file", var.serial_log]
  ]
}

build {
  sources = ["source.qemu.guest", "source.virtualbox-iso.guest"]

  provisioner "shell" {
    script          = var.provision
    execute_command = var.execute_command
  }
}
