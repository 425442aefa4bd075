"""Images: the nested lab host's disk, the guests' disk, and the boxes made from it."""
