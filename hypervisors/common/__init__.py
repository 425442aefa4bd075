"""What several hypervisors share; no hypervisor itself."""
