"""The commands, one module per group; a command imports what it needs when it is called."""
