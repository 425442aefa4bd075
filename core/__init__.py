"""What every part may use and what knows nothing of hypervisors: errors, files, processes, signals, output."""
