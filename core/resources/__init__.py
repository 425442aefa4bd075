"""Resources: what a lab creates on a host, each with a probe that includes its ownership, a creation and a removal."""
