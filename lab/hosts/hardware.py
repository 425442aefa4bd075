"""Describes a lab host: hardware and partitions for the paper's Tables 1 and 2, and versions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.parsing import json_value
from hypervisors.base import Hypervisor
from lab.connectors.base import CLEAN_SHELL, Machine
from lab.hosts.block_devices import drives, mount_points, partitions

_COLUMNS = "NAME,TYPE,SIZE,MODEL"
_MARK = "=====hvlab "

# Name to shell line. What a machine does not report is missing in the answer, not an error.
_QUESTIONS = {
    "cpu": "lscpu -J",
    # What CentOS 5.5 has instead of that, and of lsblk.
    "cpuinfo": "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo; uname -m",
    "mounted": "df -kP {mounts}; cat /proc/swaps",
    "board": "dmidecode -s baseboard-product-name; dmidecode -s system-manufacturer; dmidecode -s system-product-name",
    "memory": "grep MemTotal /proc/meminfo",
    # Before util-linux 2.37 there was one mount point a device, before 2.33 sizes were texts.
    "disks": f"lsblk -Jbo {_COLUMNS},MOUNTPOINTS || lsblk -Jbo {_COLUMNS},MOUNTPOINT",
    "pci": "lspci",
    "kernel": "uname -r",
    # sysstat 7 prints it to the standard error, sysstat 12.7 its environment variables first.
    "mpstat": "mpstat -V 2>&1",
    "procps": "free --version",
}
_VERSIONS = {
    "kernel": re.compile(r"\S.*"),
    "mpstat": re.compile(r"sysstat version .*"),
    "procps": re.compile(r".*procps.*"),
}
# A line of `lspci`: address, class, card. The class is a name, or a number where lspci has no file of names.
_CARD = re.compile(r"\S+ (?:Class (?P<number>[0-9a-f]{4})|(?P<name>[^:]+)): (?P<card>\S.*)")
_NETWORK = re.compile(r"(Ethernet|.*\bnetwork|Infiniband|Fabric) controller|02[0-9a-f]{2}", re.IGNORECASE)
_GRAPHICS = re.compile(r"((VGA|XGA) compatible|3D|Display) controller|03[0-9a-f]{2}", re.IGNORECASE)
# Placeholders of makers, in lower case.
_NO_NAME = re.compile(
    r"to be filled by o\.?e\.?m\.?|default string|not (specified|available|applicable|present|settable)|n/a|none"
    r"|unknown|empty|undefined|o\.e\.m\.|oem|invalid|system (product name|manufacturer|version)"
    r"|base ?board( product name| manufacturer| version)?|type2 - .*"
    r"|(board|product) name|x\.x|[0x .-]+|123456789|0123456789"
)


@dataclass(frozen=True)
class Description:
    """Description of a lab host.

    Attributes:
        hardware: (part, value) in the order of the study's Table 1.
        partitions: (mount, size in GB of 2^30 bytes, purpose) as in its Table 2.
        versions: Component to version.
    """

    hardware: list[tuple[str, str]]
    partitions: list[tuple[str, float, str]]
    versions: dict[str, str]


def describe(ssh: Machine, provider: Hypervisor) -> Description:
    """Query a lab host, in one session.

    Raises:
        HvlabError: It cannot be reached.
    """
    questions = _questions() | {f"version {name}": line for name, line in provider.version_commands.items()}
    memory = provider.machine_memory
    if memory:
        questions["machine memory"] = memory.command
    script = "export LC_ALL=C\n" + "".join(
        f"echo '{_MARK}{name}'\n({line}) 2>/dev/null\n" for name, line in questions.items()
    )
    answers = split_answers(ssh.run(CLEAN_SHELL, stdin=script.encode(), timeout=120).text)
    versions = {name.partition(" ")[2]: text.strip() for name, text in answers.items() if name.startswith("version ")}
    versions |= {name: version(name, answers.get(name, "")) for name in _VERSIONS}
    total = memory.parse(answers.get("machine memory", ""))[0] if memory else None
    return Description(
        hardware(answers, f"{total} MiB (as {provider.title} reports)" if total else ""),
        partitions(answers.get("disks", ""), answers.get("mounted", "")),
        {name: text for name, text in versions.items() if text},
    )


def _questions() -> dict[str, str]:
    mounts = " ".join(mount_points())
    return {name: line.replace("{mounts}", mounts) for name, line in _QUESTIONS.items()}


def version(name: str, text: str) -> str:
    """Return the line of a tool's output that holds its version; "" if there is none.

    Args:
        name: `kernel`, `mpstat` or `procps`.
        text: What the tool printed.
    """
    return next((line.strip() for line in text.splitlines() if _VERSIONS[name].fullmatch(line.strip())), "")


def split_answers(text: str) -> dict[str, str]:
    """Split the session's output: question's name to answer."""
    parts = re.split(rf"^{re.escape(_MARK)}(.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _cpu(text: str) -> str:
    facts = {row["field"].rstrip(":"): row["data"] for row in _flat(json_value(text)["lscpu"])}
    return f"{facts.get('Model name', 'unknown')}, {facts.get('CPU(s)', '?')} CPUs, {facts.get('Architecture', '?')}"


def _parsed(read: Callable[[str], str], text: str) -> str:
    """Parse a tool's output. An unknown format is no error: the run has been read by then."""
    try:
        return read(text) if text else "unknown"
    except (ValueError, KeyError, TypeError, AttributeError):
        return "not recognised"


def _old_cpu(text: str) -> str:
    """Read a CPU from a line for each, as /proc/cpuinfo names it, and the architecture in the last."""
    lines = text.split("\n")
    *models, machine = [line for line in lines if line.strip()] or [""]
    return f"{models[0].strip()}, {len(models)} CPUs, {machine}" if models else "unknown"


def _flat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for row in rows for found in (row, *_flat(row.get("children", [])))]


def _memory(text: str) -> str:
    if linux := re.search(r"MemTotal:\s*(\d+) kB", text):
        return f"{int(linux[1]) // 1024} MiB usable by Linux"
    return "unknown"


def _cards(kind: re.Pattern[str], text: str) -> str:
    """Return the cards of a kind as text; `none` only if lspci reports the class of some card.

    Raises:
        ValueError: No line is one of lspci's.
    """
    found = [match for line in text.splitlines() if (match := _CARD.fullmatch(line.strip()))]
    if not found:
        raise ValueError("no line of lspci")
    cards = [each["card"] for each in found if kind.fullmatch(each["number"] or each["name"])]
    return ", ".join(cards) or "none"


def _board(text: str) -> str:
    """Return the names that dmidecode prints, each once, without its comments and placeholders."""
    lines = [line.strip() for line in text.splitlines()]
    names = [line for line in lines if line and not line.startswith("#") and not _NO_NAME.fullmatch(line.lower())]
    return " ".join(dict.fromkeys(names)) or "unknown"


def hardware(answers: dict[str, str], machine_memory: str = "") -> list[tuple[str, str]]:
    """Return the rows of Table 1 from the answers.

    Args:
        answers: Question to answer.
        machine_memory: The memory as the hypervisor below the host's kernel reports it; "": the host's kernel has all.
    """
    pci = answers.get("pci", "").strip()
    return [
        ("CPU", _parsed(_cpu, answers["cpu"]) if answers.get("cpu") else _old_cpu(answers.get("cpuinfo", ""))),
        ("Main board", _board(answers.get("board", ""))),
        ("Memory", machine_memory or _memory(answers.get("memory", ""))),
        ("HDD", _parsed(drives, answers.get("disks", ""))),
        ("NIC", _parsed(partial(_cards, _NETWORK), pci)),
        ("VGA", _parsed(partial(_cards, _GRAPHICS), pci)),
    ]
