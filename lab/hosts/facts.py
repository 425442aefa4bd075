"""Facts about a machine that runs already: its identity, its kernel, its boot entries."""

import hashlib
import re
from dataclasses import dataclass

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import CLEAN_SHELL, Machine
from lab.images.qemu_command import HARDWARE, SOFTWARE

# One `name=value` a line. CentOS 5.5 has no /etc/machine-id. dmidecode is a fallback for hosts without the DMI in
# /sys; its comments are dropped. {kernels} stands for a line of each hypervisor that is started below the kernel.
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
# The newline before the parenthesis: a plug-in's lines may end with a comment.
_BELOW = """\
said=$({detect}
)
case $? in 0) echo "below={name}";; 1) ;; *) echo "unseen {name}=$said";; esac
"""
_TITLE = re.compile(r"""(?:menuentry\s+(?:'(?P<one>[^']+)'|"(?P<two>[^"]+)")|title\s+(?P<old>.+))""")
# 128 bits, as machine-id(5) and the SMBIOS specification have it.
_NUMBER = re.compile(r"[0-9a-f]{32}")
# AMI's default, in boards of many makers.
_PLACEHOLDERS = {"03000200040005000006000700080009"}
_UNSEEN = "unseen "
_NOT_USUAL = re.compile(r"recovery|rescue|memtest|memory test|firmware|advanced options", re.IGNORECASE)


@dataclass(frozen=True)
class HostFacts:
    """A machine as it was found.

    Attributes:
        root: Whether lines run there as root.
        boot_id: Changes with each start of the machine.
        release: Of its kernel.
        below: Name of the hypervisor that was started below its kernel, and whose guests it may start; "": none.
        unseen: Names of the hypervisors of which that could not be seen, and why.
        guest_of: QEMU's accelerator if it is known to be itself a virtual machine of QEMU's; else "none".
        entries: Titles of its boot entries, as far as they can be read.
        identity: What distinguishes it from other machines. The machine's and the board's numbers are hashed, since
            the first is confidential (machine-id(5)).
    """

    root: bool
    boot_id: str
    release: str
    below: str
    unseen: dict[str, str]
    guest_of: str
    entries: tuple[str, ...]
    identity: dict[str, str]

    @property
    def key(self) -> str:
        """Return a word for the machine with its kernel."""
        parts = [f"{name}={value}" for name, value in sorted(self.identity.items())]
        return f"machine-{hashlib.sha256(chr(10).join([*parts, self.release]).encode()).hexdigest()[:16]}"

    @classmethod
    def gather(cls, machine: Machine) -> "HostFacts":
        """Query a machine, in one session.

        Raises:
            HvlabError: It cannot be reached, or is no Linux.
        """
        return read_facts(machine.check(CLEAN_SHELL, stdin=questions().encode(), timeout=60, what="reading its facts"))


def questions() -> str:
    """Return the shell program that prints the facts of a machine."""
    detect = (
        _BELOW.replace("{detect}", each.boot.detect).replace("{name}", each.name)
        for each in all_hypervisors().values()
        if each.boot.detect
    )
    return _QUESTIONS.replace("{kernels}\n", "".join(detect))


def read_facts(text: str) -> HostFacts:
    """Parse what that program printed.

    Raises:
        HvlabError: It did not run on Linux.
    """
    pairs = [line.partition("=")[::2] for line in text.splitlines()]
    answers = {name: value.strip() for name, value in pairs if name != "entry"}
    if not answers.get("boot"):
        raise HvlabError("the lab host has no boot_id", "it must run Linux, with /proc", code="not-linux")
    numbers = {name: _hashed(answers[name]) for name in ("machine", "board") if _is_number(answers.get(name, ""))}
    return HostFacts(
        root=answers.get("uid") == "0",
        boot_id=answers["boot"],
        release=answers.get("release", ""),
        below=answers.get("below", ""),
        unseen={name.removeprefix(_UNSEEN): why for name, why in answers.items() if name.startswith(_UNSEEN)},
        guest_of=_guest_of(answers),
        entries=tuple(title for name, value in pairs if name == "entry" and (title := _title(value))),
        identity={"hostname": answers.get("hostname", ""), **numbers},
    )


def _is_number(text: str) -> bool:
    """Return whether a machine or board has a number of its own, rather than a maker's placeholder."""
    digits = text.lower().replace("-", "")
    return bool(_NUMBER.fullmatch(digits)) and len(set(digits)) > 1 and digits not in _PLACEHOLDERS


def _hashed(number: str) -> str:
    return hashlib.sha256(f"hvlab {number.lower()}".encode()).hexdigest()[:16]


def _guest_of(answers: dict[str, str]) -> str:
    """Return QEMU's accelerator; with software emulation QEMU reports no name that lscpu knows."""
    if answers.get("under", "").lower() == HARDWARE:
        return HARDWARE
    return SOFTWARE if answers.get("vendor") == "QEMU" else "none"


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
        found: The machine.
        provider: The hypervisor that is wanted.
        called: The machine's name in messages.
    """
    for name, why in found.unseen.items():
        title = get_hypervisor(name).title
        words = f"{called}: whether it runs under {title} was not observed"
        return HvlabError(f"{words}: {why}" if why else words, "./invoke doctor shows more", code="kernel-not-observed")
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
