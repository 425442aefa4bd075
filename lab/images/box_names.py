"""How Vagrant names the project's boxes: in its own folders, and as volumes on a lab host."""

# The part of a box's name before the slash.
_NAMESPACE = "hvlab"


def box_name(guest_os: str) -> str:
    """Return Vagrant's name of the box of a guest system."""
    return f"{_NAMESPACE}/{guest_os}"


def file_name(box: str) -> str:
    """Return a box's name as Vagrant writes it in the names of files."""
    return box.replace("/", "-VAGRANTSLASH-")


def volume_name(box: str, version: str) -> str:
    """Return the name of the volume that Vagrant makes of a version of a box."""
    return f"{file_name(box)}_vagrant_box_image_{version}_box.img"


# How the names of all such volumes begin.
VOLUME_PREFIX = file_name(f"{_NAMESPACE}/")
