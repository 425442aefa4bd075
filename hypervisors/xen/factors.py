"""How factors are read back under Xen: dom0's memory, and the clones that the device mapper makes."""

import re

from hypervisors.common import qemu_img
from study.meters.base import Number
from study.meters.readback import Readback, Reading

# dom0's balloon driver.
_BALLOON = "/sys/devices/system/xen_memory/xen_memory0/"
_MEMORY = {f"{_BALLOON}target_kb": "dom0_target", f"{_BALLOON}info/current_kb": "dom0_current"}
_COMMAND_LINE = "xen_commandline"
_DOM0_MEM = re.compile(r"(^| )dom0_mem=")
_CLONE = "clone/"


def _dom0_memory(found: Readback) -> str:
    """Return `fixed` or `ballooned`: libxl's autoballooning is on where Xen's command line has no dom0_mem."""
    line = found.lines.get(_COMMAND_LINE)
    if not line:
        raise found.error("Xen does not report its command line")
    return "fixed" if _DOM0_MEM.search(line) else "ballooned"


def _dom0_numbers(found: Readback) -> list[Number]:
    return found.numbers(_MEMORY, "KiB")


def _disks(found: Readback) -> dict[str, str]:
    """Return guest to how its disk was made; a guest's clone is a snapshot of the device mapper's."""
    clones = {name.removeprefix(_CLONE): "linked-clone" for name in found.lines if name.startswith(_CLONE)}
    return clones | qemu_img.disks(found)


DOM0_MEMORY = Reading(
    _dom0_memory,
    lines=f"grep -sH . {' '.join(_MEMORY)}; echo \"{_COMMAND_LINE}:$(xl info | sed -n 's/^{_COMMAND_LINE} *: *//p')\"",
    numbers=_dom0_numbers,
)
DISKS = Reading(
    _disks,
    lines="[ ! -e /sys/module/dm_snapshot ] ||"
    f" dmsetup table --target snapshot | sed -n 's#^\\(server[0-9]*\\): #{_CLONE}\\1:#p'",
    part=qemu_img.PART,
    part_command=qemu_img.command,
)
