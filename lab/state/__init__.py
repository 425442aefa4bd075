"""The lab's state on the controller: its lock, folder, processes and rollback journal."""
