"""What the paper's tables hold."""
