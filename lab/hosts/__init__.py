"""Lab hosts: the machines whose hypervisor and resources are studied."""
