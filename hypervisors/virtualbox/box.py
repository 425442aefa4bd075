"""VirtualBox's box: an OVF (DSP0243) with a VMDK."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hypervisors.boxes import BoxFormat, GuestDisk
from hypervisors.common import convert

_OVF = Path(__file__).with_name("box.ovf.xml")


def _write(folder: Path, disk: GuestDisk) -> Mapping[str, object]:
    convert.convert(disk.path, folder / "disk.vmdk", "vmdk")
    templates = Environment(loader=FileSystemLoader(_OVF.parent), undefined=StrictUndefined, autoescape=True)
    text = templates.get_template(_OVF.name).render(
        name=disk.os, memory_mib=disk.memory_mib, vcpus=disk.vcpus, disk_bytes=disk.disk_gib << 30
    )
    (folder / "box.ovf").write_text(text)
    return {}


BOX = BoxFormat("virtualbox", _write, code=(Path(__file__), convert.CODE, _OVF))
