"""What a machine that runs already is: who it is, which kernel it runs, which boot entries it has."""

import hashlib
import re
from dataclasses import dataclass

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine

# One `name=value` a line. CentOS 5.5 has no /etc/machine-id. dmidecode is also asked, since dom0 may lack the DMI in
# /sys. Kernels of EL5 do not all have /sys/hypervisor/type, but all have /proc/xen.
_QUESTIONS = """\
LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin
echo "uid=$(id -u)"
echo "hostname=$(uname -n)"
echo "release=$(uname -r)"
echo "boot=$(cat /proc/sys/kernel/random/boot_id)"
echo "machine=$(cat /etc/machine-id /var/lib/dbus/machine-id 2>/dev/null | head -n 1)"
echo "board=$(cat /sys/class/dmi/id/product_uuid 2>/dev/null || dmidecode -s system-uuid 2>/dev/null)"
echo "vendor=$(cat /sys/class/dmi/id/sys_vendor 2>/dev/null || dmidecode -s system-manufacturer 2>/dev/null)"
echo "under=$(lscpu 2>/dev/null | sed -n 's/^Hypervisor vendor: *//p')"
echo "capabilities=$(cat /proc/xen/capabilities 2>/dev/null)"
[ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ] || [ -d /proc/xen ] && echo xen=yes
cd /boot 2>/dev/null &&
    grep -hE '^[[:space:]]*(menuentry|title)[[:space:]]' grub/grub.cfg grub2/grub.cfg grub/grub.conf grub/menu.lst \\
        loader/entries/*.conf 2>/dev/null | sed 's/^[[:space:]]*/entry=/'
exit 0
"""
_TITLE = re.compile(r"""(?:menuentry\s+(?:'(?P<one>[^']+)'|"(?P<two>[^"]+)")|title\s+(?P<old>.+))""")
_NOT_USUAL = re.compile(r"recovery|rescue|memtest|memory test|firmware|advanced options", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A machine as it was found.

    Attributes:
        root: Whether lines run there as root.
        boot_id: Another one after each start of the machine.
        release: Of its kernel.
        dom0: It runs under Xen, and may start guests.
        guest_of: What it is itself a virtual machine of: "kvm", "tcg", "none" as far as can be told.
        entries: Titles of its boot entries, as far as they can be read.
        identity: What tells it from other machines. The machine's and the board's numbers are told as hashes: the
            first is not for strangers (machine-id(5)).
    """

    root: bool
    boot_id: str
    release: str
    dom0: bool
    guest_of: str
    entries: tuple[str, ...]
    identity: dict[str, str]

    @property
    def key(self) -> str:
        """Return a word for the machine with its kernel."""
        told = [f"{name}={value}" for name, value in sorted(self.identity.items())]
        return f"machine-{hashlib.sha256(chr(10).join([*told, self.release]).encode()).hexdigest()[:16]}"


def find_out(machine: Machine) -> Found:
    """Ask a machine what it is, in one session.

    Raises:
        HvlabError: It cannot be reached, or is no Linux.
    """
    return read_found(machine.check("sh -s", stdin=_QUESTIONS.encode(), timeout=60, what="asking what it is"))


def read_found(text: str) -> Found:
    """Read the answers.

    Raises:
        HvlabError: They do not come from a Linux.
    """
    pairs = [line.partition("=")[::2] for line in text.splitlines()]
    told = {name: value.strip() for name, value in pairs if name != "entry"}
    if not told.get("boot"):
        raise HvlabError("the lab host tells no boot_id", "it must run Linux, with /proc")
    numbers = {name: _hashed(told[name]) for name in ("machine", "board") if told.get(name)}
    return Found(
        root=told.get("uid") == "0",
        boot_id=told["boot"],
        release=told.get("release", ""),
        dom0="control_d" in told.get("capabilities", ""),
        guest_of=_guest_of(told),
        entries=tuple(title for name, value in pairs if name == "entry" and (title := _title(value))),
        identity={"hostname": told.get("hostname", ""), **numbers},
    )


def _hashed(number: str) -> str:
    return hashlib.sha256(f"hvlab {number.lower()}".encode()).hexdigest()[:16]


def _guest_of(told: dict[str, str]) -> str:
    """QEMU without KVM tells no hypervisor's name that lscpu knows."""
    under = told.get("under", "").lower()
    if under == "kvm":
        return "kvm"
    return "tcg" if told.get("vendor") == "QEMU" else "none"


def _title(line: str) -> str | None:
    match = _TITLE.match(line)
    return next((text.strip() for text in match.groups() if text), None) if match else None


def boot_entry(found: Found, xen: bool) -> str | None:
    """Return the title of the first usual boot entry with Xen, or without."""
    for title in found.entries:
        if ("xen" in title.lower()) == xen and not _NOT_USUAL.search(title):
            return title
    return None


def obstacle(found: Found, provider: Hypervisor, called: str) -> HvlabError | None:
    """Return why a machine that runs its present kernel cannot have a provider; None: it can.

    Args:
        called: The machine, in words.
    """
    if found.dom0 == provider.boots_xen:
        return None
    runs = "under Xen" if found.dom0 else "the plain kernel"
    needs = "Xen" if provider.boots_xen else "the plain kernel, without Xen"
    entry = boot_entry(found, provider.boots_xen)
    if entry:
        where = f"its boot entry {entry!r}"
    elif found.entries:
        where = f"{needs}; it has no boot entry for that: install it there"
    else:
        where = f"the boot entry for {needs}"
    return HvlabError(
        f"{called} runs {runs}, {provider.name} needs {needs}", f"reboot it into {where}", code="wrong-kernel"
    )
