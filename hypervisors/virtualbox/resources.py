"""What a lab has on its host under VirtualBox."""

from collections.abc import Sequence
from pathlib import Path

from core.resources.base import Resource
from core.resources.files import marked_folder
from core.resources.setting import Setting
from hypervisors.layout import GuestIdentity, LabLayout

_LIBRARY = Path(__file__).with_name("resources.sh").read_text()
_MACHINE_FOLDER = Setting(
    "VirtualBox's machine folder",
    "command -v VBoxManage >/dev/null || return 3\n"
    "said=$(within 120 VBoxManage list systemproperties </dev/null) || return 1\n"
    "echo \"$said\" | sed -n 's/^Default machine folder: *//p'",
    'within 120 VBoxManage setproperty machinefolder "$1"',
)
# What is set before its manager is opened (hypervisor.py).
_MANAGER_KEYS = ("UpdateDate", "SuppressMessages", "Settings/ExpertMode", "Tools/LastItemsSelected")


def _manager_key(key: str) -> Setting:
    """Return one of the manager's settings; "" is that it is not set."""
    return Setting(
        f"GUI/{key}",
        "command -v VBoxManage >/dev/null || return 3\n"
        f"said=$(within 120 VBoxManage getextradata global GUI/{key} </dev/null) || return 1\n"
        'echo "$said" | sed -n "s/^Value: //p"',
        f'within 120 VBoxManage setextradata global GUI/{key} ${{1:+"$1"}}',
    )


def _machine(layout: LabLayout, guest: GuestIdentity) -> Resource:
    card = guest.mac.replace(":", "")
    return Resource("machine", guest.name, "machine", (guest.name, card, layout.folder), (_LIBRARY,))


def resources(layout: LabLayout) -> Sequence[Resource]:
    """Return them in the order of their creation."""
    return [
        *(_manager_key(key).resource for key in _MANAGER_KEYS),
        marked_folder(layout.folder, layout.owner),
        _MACHINE_FOLDER.resource,
        Resource("machines", f"imported into {layout.folder}", "imports", (layout.folder,), (_LIBRARY,)),
        *(_machine(layout, guest) for guest in layout.guests),
    ]
