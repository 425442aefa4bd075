"""Evidence: captures without numbers that show what ran on the lab host, and under which hypervisor.

They are collected together with the meters and lie beside the meters' captures, under names of their own.
`running_guests` reads the names of the guests from the captures that list them (also from that of meter `xl-list`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.errors import HvlabError
from hypervisors.xen import xl_list
from study.measure import kernel_log
from study.meters.base import unrecognised

_HOST_DOMAIN = "Domain-0"
_VIRSH_HEADER = re.compile(r"\s*Id\s+Name\s+State\s*")
_VIRSH_ROW = re.compile(
    r"\s*(?:[0-9]+|-)\s+(?P<name>\S.*?)\s+"
    r"(?P<state>running|idle|no state|paused|in shutdown|shut off|crashed|dying|pmsuspended)\s*"
)
_VBOX_ROW = re.compile(r'"(?P<name>.*)" \{[0-9a-f-]{36}\}')
# States of virsh in which the guest's processor is there to run; `idle` is a guest that waits for work.
_UP = ("running", "idle", "no state")


@dataclass(frozen=True)
class Evidence:
    """A command whose output is kept as evidence.

    Attributes:
        name: Its capture's name: `captures/<stage>/<name>.txt`.
        command: The command line that root runs on the lab host.
        providers: The providers it applies to; None: every provider.
    """

    name: str
    command: str
    providers: frozenset[str] | None = None

    def applies_to(self, provider: str) -> bool:
        """Return whether the command applies to this provider."""
        return self.providers is None or provider in self.providers


EVIDENCE = (
    Evidence("uname", "uname -a"),
    # grep's exit status is dropped: a kernel that says nothing about a hypervisor is a result, too.
    Evidence("dmesg-hypervisor", "dmesg | grep -i -E 'hypervisor|xen|kvm|svm|vmx|vbox' | head -n 40"),
    Evidence(kernel_log.EVIDENCE_NAME, kernel_log.COMMAND),
    Evidence("virsh-list", "LC_ALL=C virsh -c qemu:///system list", frozenset({"kvm"})),
    Evidence("virsh-xen-list", "LC_ALL=C virsh -c xen:///system list", frozenset({"xen"})),
    Evidence("xl-dmesg", "xl dmesg | head -n 60", frozenset({"xen"})),
    Evidence("vboxmanage-runningvms", "VBoxManage list runningvms", frozenset({"virtualbox"})),
)

# From inside the newest guest: which hypervisor it sees, how much memory, and who is logged in, with which programs.
GUEST_EVIDENCE = {
    "guest-hypervisor": "sudo dmesg | grep -i -E 'hypervisor|booting paravirtualized' | head -n 5",
    "guest-free": "free -m",
    "guest-who": "who",
    "guest-ps": "ps -e -H -o user,tty,pid,rss,args",
}
# With a memory load: the memory of the process that holds it.
LOAD_EVIDENCE = {"guest-memory-load": "sudo cat /proc/$(pidof -s perl)/smaps_rollup"}


def evidence_for(provider: str) -> list[Evidence]:
    """Return the evidence that applies to a provider."""
    return [evidence for evidence in EVIDENCE if evidence.applies_to(provider)]


def running_guests(name: str, text: str) -> list[str]:
    """Return the names of the running guests, in the order printed, without Xen's Domain-0.

    Args:
        name: The capture's name: `virsh-list`, `virsh-xen-list`, `vboxmanage-runningvms`, or `xl-list`.
        text: The capture.

    Raises:
        HvlabError: The capture lists no guests by its nature, or its layout is not known.
    """
    if name not in _LISTS:
        raise HvlabError(f"capture {name!r} lists no guests", f"these do: {', '.join(sorted(_LISTS))}")
    return [guest for guest in _LISTS[name](text) if guest != _HOST_DOMAIN]


def _xl(text: str) -> list[str]:
    return [domain.name for domain in xl_list.domains(text)]


def _virsh(text: str) -> list[str]:
    """Read virsh's table: a header, a rule of dashes, a row for each domain that is not shut off."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not _VIRSH_HEADER.fullmatch(lines[0]):
        raise unrecognised("virsh-list", text, 'no header "Id Name State"')
    names = []
    for line in lines[1:]:
        if set(line.strip()) == {"-"}:
            continue
        match = _VIRSH_ROW.fullmatch(line)
        if match is None:
            raise unrecognised("virsh-list", text, f"{line!r} is no domain")
        if match["state"] in _UP:
            names.append(match["name"])
    return names


def _vboxmanage(text: str) -> list[str]:
    """Read `"name" {uuid}` lines; VBoxManage may print warnings about its kernel module before them."""
    names = []
    for line in text.splitlines():
        if match := _VBOX_ROW.fullmatch(line):
            names.append(match["name"])
        elif line.strip() and not line.startswith(("WARNING", " ")):
            raise unrecognised("vboxmanage-runningvms", text, f"{line!r} is no virtual machine")
    return names


_LISTS: Mapping[str, Callable[[str], list[str]]] = {
    "virsh-list": _virsh,
    "virsh-xen-list": _virsh,
    "xl-list": _xl,
    "vboxmanage-runningvms": _vboxmanage,
}
