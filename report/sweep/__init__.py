"""The report of a sweep: effects of its axes and their interactions, by hypervisor."""
