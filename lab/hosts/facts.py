"""What a machine that runs already is: who it is, which kernel it runs, which boot entries it has."""

import hashlib
import re
from dataclasses import dataclass

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import Machine
from lab.images.acceleration import HARDWARE, SOFTWARE

# One `name=value` a line. CentOS 5.5 has no /etc/machine-id. dmidecode is also asked, since a host may lack the DMI in
# /sys; its comments are no answer. {kernels} stands for a line of each hypervisor that is started below the kernel.
_QUESTIONS = """\
LC_ALL=C; export LC_ALL; PATH=$PATH:/usr/sbin:/sbin
dmi() { dmidecode -s "$1" 2>/dev/null | grep -v '^#'; }
echo "uid=$(id -u)"
echo "hostname=$(uname -n)"
echo "release=$(uname -r)"
echo "boot=$(cat /proc/sys/kernel/random/boot_id)"
echo "machine=$(cat /etc/machine-id /var/lib/dbus/machine-id 2>/dev/null | head -n 1)"
echo "board=$(cat /sys/class/dmi/id/product_uuid 2>/dev/null || dmi system-uuid)"
echo "vendor=$(cat /sys/class/dmi/id/sys_vendor 2>/dev/null || dmi system-manufacturer)"
echo "under=$(lscpu 2>/dev/null | sed -n 's/^Hypervisor vendor: *//p')"
{kernels}
cd /boot 2>/dev/null &&
    grep -hE '^[[:space:]]*(menuentry|title)[[:space:]]' grub/grub.cfg grub2/grub.cfg grub/grub.conf grub/menu.lst \\
        loader/entries/*.conf 2>/dev/null | sed 's/^[[:space:]]*/entry=/'
exit 0
"""
_TITLE = re.compile(r"""(?:menuentry\s+(?:'(?P<one>[^']+)'|"(?P<two>[^"]+)")|title\s+(?P<old>.+))""")
# 128 bits, as machine-id(5) and the SMBIOS specification have it.
_NUMBER = re.compile(r"[0-9a-f]{32}")
# AMI's default, in boards of many makers.
_NOBODYS_NUMBER = {"03000200040005000006000700080009"}
_NOT_USUAL = re.compile(r"recovery|rescue|memtest|memory test|firmware|advanced options", re.IGNORECASE)


@dataclass(frozen=True)
class HostFacts:
    """A machine as it was found.

    Attributes:
        root: Whether lines run there as root.
        boot_id: Another one after each start of the machine.
        release: Of its kernel.
        below: Name of the hypervisor that was started below its kernel, and whose guests it may start; "": none.
        guest_of: QEMU's accelerator if it is itself a virtual machine of QEMU's, as far as can be told; else "none".
        entries: Titles of its boot entries, as far as they can be read.
        identity: What tells it from other machines. The machine's and the board's numbers are told as hashes: the
            first is not for strangers (machine-id(5)).
    """

    root: bool
    boot_id: str
    release: str
    below: str
    guest_of: str
    entries: tuple[str, ...]
    identity: dict[str, str]

    @property
    def key(self) -> str:
        """Return a word for the machine with its kernel."""
        told = [f"{name}={value}" for name, value in sorted(self.identity.items())]
        return f"machine-{hashlib.sha256(chr(10).join([*told, self.release]).encode()).hexdigest()[:16]}"

    @classmethod
    def gather(cls, machine: Machine) -> "HostFacts":
        """Ask a machine what it is, in one session.

        Raises:
            HvlabError: It cannot be reached, or is no Linux.
        """
        return read_facts(machine.check("sh -s", stdin=questions().encode(), timeout=60, what="asking what it is"))


def questions() -> str:
    """Return the shell program that asks a machine what it is."""
    detect = (
        f'if {each.boot.detect}; then echo "below={each.name}"; fi\n'
        for each in all_hypervisors().values()
        if each.boot.detect
    )
    return _QUESTIONS.replace("{kernels}\n", "".join(detect))


def read_facts(text: str) -> HostFacts:
    """Read what a machine answered to the questions.

    Raises:
        HvlabError: They do not come from a Linux.
    """
    pairs = [line.partition("=")[::2] for line in text.splitlines()]
    told = {name: value.strip() for name, value in pairs if name != "entry"}
    if not told.get("boot"):
        raise HvlabError("the lab host tells no boot_id", "it must run Linux, with /proc")
    numbers = {name: _hashed(told[name]) for name in ("machine", "board") if _is_number(told.get(name, ""))}
    return HostFacts(
        root=told.get("uid") == "0",
        boot_id=told["boot"],
        release=told.get("release", ""),
        below=told.get("below", ""),
        guest_of=_guest_of(told),
        entries=tuple(title for name, value in pairs if name == "entry" and (title := _title(value))),
        identity={"hostname": told.get("hostname", ""), **numbers},
    )


def _is_number(text: str) -> bool:
    """Return whether a machine or board has a number of its own, rather than a maker's placeholder."""
    digits = text.lower().replace("-", "")
    return bool(_NUMBER.fullmatch(digits)) and len(set(digits)) > 1 and digits not in _NOBODYS_NUMBER


def _hashed(number: str) -> str:
    return hashlib.sha256(f"hvlab {number.lower()}".encode()).hexdigest()[:16]


def _guest_of(told: dict[str, str]) -> str:
    """QEMU with software emulation tells no name that lscpu knows."""
    if told.get("under", "").lower() == HARDWARE:
        return HARDWARE
    return SOFTWARE if told.get("vendor") == "QEMU" else "none"


def _title(line: str) -> str | None:
    match = _TITLE.match(line)
    return next((text.strip() for text in match.groups() if text), None) if match else None


def boot_entry(found: HostFacts, hypervisor: Hypervisor) -> str | None:
    """Return the title of the first usual boot entry that starts what a hypervisor needs."""
    own = [each.boot.entry for each in all_hypervisors().values() if each.boot.entry]
    for title in found.entries:
        started = next((pattern for pattern in own if re.search(pattern, title, re.IGNORECASE)), "")
        if started == hypervisor.boot.entry and not _NOT_USUAL.search(title):
            return title
    return None


def obstacle(found: HostFacts, provider: Hypervisor, called: str) -> HvlabError | None:
    """Return why a machine that runs its present kernel cannot have a provider; None: it can.

    Args:
        called: The machine, in words.
    """
    below = get_hypervisor(found.below) if found.below else None
    wanted = provider.name if provider.boot.detect else ""
    if found.below == wanted:
        return None
    runs = f"under {below.title}" if below else "the plain kernel"
    needs = provider.title if wanted or not below else f"the plain kernel, without {below.title}"
    entry = boot_entry(found, provider)
    if entry:
        where = f"its boot entry {entry!r}"
    elif found.entries:
        where = f"{needs}; it has no boot entry for that: install it there"
    else:
        where = f"the boot entry for {needs}"
    return HvlabError(
        f"{called} runs {runs}, {provider.name} needs {needs}", f"reboot it into {where}", code="wrong-kernel"
    )
