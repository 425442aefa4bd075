"""KVM's part of the lab host's image."""

import shutil
from pathlib import Path

from hypervisors.common import libvirt
from hypervisors.host_image import HostSoftware

_HERE = Path(__file__).parent
_QEMU_CONF = _HERE / "files/qemu.conf"


def configure(root: Path) -> None:
    """Let QEMU run as root, without a probe of /dev/kvm at each start."""
    target = root / "etc/libvirt/qemu.conf"
    shutil.copyfile(_QEMU_CONF, target)
    target.chmod(0o600)


SOFTWARE = HostSoftware(
    packages=("qemu-system-x86", "libvirt-daemon-driver-qemu", *libvirt.PACKAGES),
    start=(libvirt.START, _HERE / "start.sh"),
    recorded=libvirt.RECORDED,
    configure=configure,
    code=(Path(__file__), _QEMU_CONF),
)
