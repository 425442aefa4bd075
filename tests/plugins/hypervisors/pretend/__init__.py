"""Pretend: a hypervisor for the tests, as a plug-in outside the project; it runs no guests."""
