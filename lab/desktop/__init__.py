"""The lab host's own X session, and a hypervisor's manager in it: started, looked at, pictured."""
