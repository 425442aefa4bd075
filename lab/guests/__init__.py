"""The guests: their topology, Vagrant, boot progress, sessions, screens, consoles, loads."""
