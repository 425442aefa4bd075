"""A disk image has the partitions, labels and content that were asked for."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.images.disk import MIB, Partition, write_disk


def read_part(disk: Path, number: int, out: Path) -> Path:
    table = json.loads(subprocess.run(["sfdisk", "--json", disk], capture_output=True, check=True).stdout)
    part = table["partitiontable"]["partitions"][number]
    with disk.open("rb") as source:
        source.seek(part["start"] * 512)
        out.write_bytes(source.read(part["size"] * 512))
    return out


@pytest.mark.parametrize("table", ["dos", "gpt"])
def test_write_disk(table: str, tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    (content / "hello").write_text("world")
    disk = tmp_path / "disk.raw"
    parts = [
        Partition("root", 16 * MIB, "root", content),
        Partition("swap", 8 * MIB, "swap"),
        Partition("kvm", 16 * MIB, "images"),
    ]
    write_disk(disk, table, parts)  # type: ignore[arg-type]
    root = read_part(disk, 0, tmp_path / "root")
    shown = subprocess.run(["debugfs", "-R", "cat /hello", root], capture_output=True, check=True).stdout
    assert shown == b"world"
    features = subprocess.run(["dumpe2fs", "-h", root], capture_output=True, check=True, text=True).stdout
    assert "has_journal" not in features
    assert "volume name:   root" in features
    swap = read_part(disk, 1, tmp_path / "swap").read_bytes()
    assert swap[4086:4096] == b"SWAPSPACE2"
    # The last page of the area that the header names must lie within the partition.
    assert (int.from_bytes(swap[1028:1032], "little") + 1) * 4096 <= len(swap)
    checked = subprocess.run(["e2fsck", "-fn", read_part(disk, 2, tmp_path / "kvm")], capture_output=True, check=False)
    assert checked.returncode == 0
