"""Xen: a hypervisor of its own below Linux, whose guests are paravirtual."""
