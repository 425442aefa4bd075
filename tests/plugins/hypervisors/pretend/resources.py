"""What a lab has on its host: the folder of the guests' disks."""

from collections.abc import Sequence

from core.resources.base import Resource
from core.resources.files import marked_folder
from hypervisors.layout import LabLayout


def resources(layout: LabLayout) -> Sequence[Resource]:
    """Return them in the order of their creation."""
    return [marked_folder(layout.folder, layout.owner)]
