# One template for every guest OS; what differs is in NAME.pkrvars.hcl and in the variables that hvlab passes.
# Packer 1.6.6 has the builder and the post-processor built in; newer ones read plugins/required.pkr.hcl beside it.

variable "os" {
  type        = string
  description = "Name of the guest OS, e.g. debian-12"
}
variable "disk" {
  type        = string
  description = "Disk image with the installed system, raw or qcow2"
}
variable "disk_sha256" {
  type = string
}
variable "kernel" {
  type        = string
  description = "Kernel that starts the disk before it has a boot loader"
}
variable "initrd" {
  type = string
}
variable "kernel_command_line" {
  type = string
}
variable "accelerator" {
  type        = string
  description = "kvm where a probe shows that it boots a guest, else tcg"
}
variable "cpu_model" {
  type = string
}
variable "disk_size" {
  type        = string
  description = "With unit: 20G"
}
variable "memory" {
  type        = number
  description = "MiB, for the build only"
}
variable "ssh_username" {
  type = string
}
variable "ssh_private_key_file" {
  type = string
}
variable "ssh_timeout" {
  type    = string
  default = "10m"
}
variable "provision" {
  type        = string
  description = "Shell script run as root in the guest"
}
variable "shutdown_command" {
  type = string
}
variable "output" {
  type        = string
  description = "Folder for the disk, must not exist"
}
variable "serial_log" {
  type = string
}

source "qemu" "guest" {
  accelerator            = var.accelerator
  headless               = true
  disk_image             = true
  iso_url                = "file://${var.disk}"
  iso_checksum           = "sha256:${var.disk_sha256}"
  output_directory       = var.output
  vm_name                = "disk.qcow2"
  format                 = "qcow2"
  disk_size              = var.disk_size
  disk_interface         = "virtio"
  disk_cache             = "unsafe"
  disk_discard           = "unmap"
  net_device             = "virtio-net"
  memory                 = var.memory
  cpus                   = 2
  boot_wait              = "1s"
  communicator           = "ssh"
  ssh_username           = var.ssh_username
  ssh_private_key_file   = var.ssh_private_key_file
  ssh_timeout            = var.ssh_timeout
  ssh_handshake_attempts = 200
  shutdown_command       = var.shutdown_command
  qemuargs = [
    ["-cpu", var.cpu_model],
    ["-kernel", var.kernel],
    ["-initrd", var.initrd],
    ["-append", "${var.kernel_command_line} console=ttyS0"],
    ["-serial", "file:${var.serial_log}"]
  ]
}

build {
  sources = ["source.qemu.guest"]

  provisioner "shell" {
    script          = var.provision
    execute_command = "sudo sh -eu '{{ .Path }}'"
  }
}
