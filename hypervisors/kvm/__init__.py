"""KVM: Linux's own hypervisor, with QEMU and libvirt."""
