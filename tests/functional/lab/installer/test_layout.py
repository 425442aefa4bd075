"""Partitions have the sizes asked for, do not overlap, and fit; sfdisk makes them of the script."""

import json
import subprocess
from pathlib import Path

from lab.installer.partitions import MIB, place, sfdisk_script
from lab.installer.plan import Part

GIB = 1024 * MIB


def part(mount: str, size_mib: int, grow: bool = False, max_mib: int = 0) -> Part:
    kind = "swap" if mount == "swap" else "ext4"
    return Part(mount, kind, size_mib, mount.strip("/") or "root", grow, max_mib)


def test_sfdisk_understands(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with disk.open("wb") as handle:
        handle.truncate(GIB)
    placed = place([part("swap", 100), part("/", 300, grow=True)], GIB)
    subprocess.run(["sfdisk", "--quiet", disk], input=sfdisk_script(placed).encode(), check=True)
    table = json.loads(subprocess.run(["sfdisk", "--json", disk], capture_output=True, check=True).stdout)
    made = table["partitiontable"]["partitions"]
    assert [(entry["start"], entry["size"], entry["type"]) for entry in made] == [
        (placed[0].start, placed[0].sectors, "82"),
        (placed[1].start, placed[1].sectors, "83"),
    ]
    assert [entry.get("bootable", False) for entry in made] == [False, True]
