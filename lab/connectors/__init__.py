"""Connections to lab hosts: addresses, OpenSSH, and the local shell."""
