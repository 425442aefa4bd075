"""What a lab host is: hardware and partitions for the paper's Tables 1 and 2, and versions."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypervisors.base import Hypervisor
from lab.connectors.base import Machine
from lab.images.host import partitions as image_partitions

_GB = 1 << 30
_COLUMNS = "NAME,TYPE,SIZE,MODEL"
_MARK = "=====hvlab "

# Name to shell line. What a machine does not tell is missing in the answer, not an error.
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
    "mpstat": "mpstat -V | head -n 1",
    "procps": "free --version",
}


@dataclass(frozen=True)
class Description:
    """A lab host in words.

    Attributes:
        hardware: (part, value) in the order of the study's Table 1.
        partitions: (mount, size in GB of 2^30 bytes, purpose) as in its Table 2.
        versions: Component to version.
    """

    hardware: list[tuple[str, str]]
    partitions: list[tuple[str, float, str]]
    versions: dict[str, str]


def describe(ssh: Machine, provider: Hypervisor) -> Description:
    """Ask a lab host what it is, in one session.

    Raises:
        HvlabError: If it cannot be reached.
    """
    questions = _questions() | {f"version {name}": line for name, line in provider.version_commands.items()}
    memory = provider.machine_memory
    if memory:
        questions["machine memory"] = memory.command
    script = "export LC_ALL=C\n" + "".join(
        f"echo '{_MARK}{name}'\n({line}) 2>/dev/null\n" for name, line in questions.items()
    )
    answers = split_answers(ssh.run("sh -s", stdin=script.encode(), timeout=120).text)
    versions = {name.partition(" ")[2]: text.strip() for name, text in answers.items() if name.startswith("version ")}
    for name in ("kernel", "mpstat", "procps"):
        versions[name] = answers.get(name, "").strip()
    total = memory.parse(answers.get("machine memory", ""))[0] if memory else None
    return Description(
        hardware(answers, f"{total} MiB (as {provider.title} reports)" if total else ""),
        partitions(answers.get("disks", ""), answers.get("mounted", "")),
        {name: text for name, text in versions.items() if text},
    )


def _purposes() -> dict[str, str]:
    return {mount: purpose for mount, _, purpose in image_partitions()}


def _questions() -> dict[str, str]:
    mounts = " ".join(mount for mount in _purposes() if mount.startswith("/"))
    return {name: line.replace("{mounts}", mounts) for name, line in _QUESTIONS.items()}


def split_answers(text: str) -> dict[str, str]:
    """Take the session's output apart: question's name to answer."""
    parts = re.split(rf"^{re.escape(_MARK)}(.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _cpu(text: str) -> str:
    facts = {row["field"].rstrip(":"): row["data"] for row in _flat(json.loads(text)["lscpu"])}
    return f"{facts.get('Model name', 'not told')}, {facts.get('CPU(s)', '?')} CPUs, {facts.get('Architecture', '?')}"


def _told(read: Callable[[str], str], text: str) -> str:
    """Return what a tool says. A form that is not known is said so, and is no error: the run has been read by then."""
    try:
        return read(text) if text else "not told"
    except (ValueError, KeyError, TypeError):
        return "told in a form that is not known"


def _old_cpu(text: str) -> str:
    """Read a CPU from a line for each, as /proc/cpuinfo names it, and the architecture in the last."""
    lines = text.split("\n")
    *models, machine = [line for line in lines if line.strip()] or [""]
    return f"{models[0].strip()}, {len(models)} CPUs, {machine}" if models else "not told"


def _flat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for row in rows for found in (row, *_flat(row.get("children", [])))]


def _memory(text: str) -> str:
    if linux := re.search(r"MemTotal:\s*(\d+) kB", text):
        return f"{int(linux[1]) // 1024} MiB usable by Linux"
    return "not told"


def _disks(text: str) -> str:
    found = [row for row in json.loads(text)["blockdevices"] if row["type"] == "disk"]
    return ", ".join(f"{row['name']} {int(row['size']) / _GB:.0f} GB {row['model'] or ''}".strip() for row in found)


def _pci(text: str, kind: str) -> str:
    if not text.strip():
        return "not told"
    found = [line.split(": ", 1)[1] for line in text.splitlines() if kind in line and ": " in line]
    return ", ".join(found) or "none"


def hardware(answers: dict[str, str], machine_memory: str = "") -> list[tuple[str, str]]:
    """Return the rows of Table 1 from the answers.

    Args:
        answers: Question to answer.
        machine_memory: The memory as the hypervisor below the host's kernel reports it; "": the host's kernel has all.
    """
    board = " ".join(dict.fromkeys(line for line in answers.get("board", "").splitlines() if line.strip()))
    pci = answers.get("pci", "")
    return [
        ("CPU", _told(_cpu, answers["cpu"]) if answers.get("cpu") else _old_cpu(answers.get("cpuinfo", ""))),
        ("Main board", board or "not told"),
        ("Memory", machine_memory or _memory(answers.get("memory", ""))),
        ("HDD", _told(_disks, answers.get("disks", ""))),
        ("NIC", _pci(pci, "Ethernet controller")),
        ("VGA", _pci(pci, "VGA compatible controller")),
    ]


def partitions(text: str, mounted: str = "") -> list[tuple[str, float, str]]:
    """Return the rows of Table 2: what is mounted where the study had its partitions.

    Args:
        text: lsblk's JSON; "" where there is no such lsblk.
        mounted: `df -kP` and /proc/swaps; read where lsblk does not tell of `/`, as in containers.
    """
    try:
        rows = _of_lsblk(text) if text else []
    except (ValueError, KeyError, TypeError):
        rows = []
    return rows if any(mount == "/" for mount, _, _ in rows) else _mounted(mounted)


def _of_lsblk(text: str) -> list[tuple[str, float, str]]:
    rows, purposes = [], _purposes()
    for row in _flat(json.loads(text)["blockdevices"]):
        for mount in row.get("mountpoints") or [row.get("mountpoint")]:
            name = "swap" if mount == "[SWAP]" else mount
            if name in purposes:
                rows.append((name, round(int(row["size"]) / _GB, 1), purposes[name]))
    return rows


def _mounted(text: str) -> list[tuple[str, float, str]]:
    """Read df's lines (device, 1024-blocks, ..., mount point) and those of /proc/swaps (area, type, KiB, ...)."""
    rows, purposes = {}, _purposes()
    for words in (line.split() for line in text.splitlines()):
        if len(words) >= 6 and words[1].isdigit() and words[5] in purposes:
            rows[words[5]] = int(words[1])
        elif len(words) == 5 and words[0].startswith("/") and words[2].isdigit():
            rows["swap"] = rows.get("swap", 0) + int(words[2])
    return [(name, round(kib / (1 << 20), 1), purposes[name]) for name, kib in rows.items()]
