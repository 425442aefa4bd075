"""How disks of guests were made, as `VBoxManage list --long hdds` describes them."""

import re
from collections.abc import Iterator

from study.meters.readback import Readback, Reading

_PART = "disks"
_KINDS = {"fixed": "preallocated", "dynamic": "full-copy"}
_USER = re.compile(r"(?P<guest>server[0-9]+) \(UUID: [0-9a-f-]{36}\)( .*)?")


def _disks(found: Readback) -> dict[str, str]:
    return dict(sorted(_each(found)))


def _each(found: Readback) -> Iterator[tuple[str, str]]:
    """Read the descriptions, divided by empty lines; a disk that no guest uses is what clones stand on."""
    for block in filter(None, re.split(r"\n\s*\n", found.part(_PART))):
        fields = dict(re.findall(r"^([A-Z][A-Za-z /]+):\s+(.+)$", block, re.MULTILINE))
        variant, user = fields.get("Format variant"), fields.get("In use by VMs", "")
        if variant is None or "Parent UUID" not in fields:
            raise found.error(f"{block.splitlines()[0]!r} begins no hard disk of VBoxManage's")
        guest = _USER.fullmatch(user)
        if guest is None:
            continue
        # VirtualBox reports the variant of a disk that depends on another's as dynamic while it is in use.
        kind = _KINDS.get(variant.split()[0]) if fields["Parent UUID"] == "base" else "linked-clone"
        if kind is None:
            raise found.error(f"unknown variant {variant!r}")
        yield guest["guest"], kind


READING = Reading(_disks, part=_PART, part_command=lambda _: "VBoxManage list --long hdds")
