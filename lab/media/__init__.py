"""Installation media of guest systems that the kit does not make itself: lists, downloads, checks, a server."""
