# Packer's own SSH against the test's sshd, with the variables of a guest OS.
variable "ssh_username" {
  type = string
}
variable "ssh_key_exchange_algorithms" {
  type = list(string)
}
variable "ssh_ciphers" {
  type = list(string)
}
variable "ssh_private_key_file" {
  type = string
}
variable "ssh_timeout" {
  type = string
}
variable "port" {
  type = number
}

source "null" "old" {
  communicator                = "ssh"
  ssh_host                    = "127.0.0.1"
  ssh_port                    = var.port
  ssh_username                = var.ssh_username
  ssh_private_key_file        = var.ssh_private_key_file
  ssh_key_exchange_algorithms = var.ssh_key_exchange_algorithms
  ssh_ciphers                 = var.ssh_ciphers
  ssh_timeout                 = var.ssh_timeout
}

build {
  sources = ["source.null.old"]

  provisioner "shell" {
    inline = ["echo provisioned:$(echo $SSH_CONNECTION | cut -d ' ' -f 4)"]
  }
}
