"""VirtualBox: a hypervisor in a kernel module of its own, with Oracle's manager."""
