"""One disk becomes three boxes, each with the metadata that its provider reads, and where the disk comes from."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.images.boxes import box_formats, boxes_for
from lab.images.digest import MANIFEST
from lab.images.guest import GuestImage
from lab.settings import TopologySettings


def test_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache"))
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "disk.qcow2", "8M"], check=True)
    for name in ("vmlinux", "initrd"):
        (tmp_path / name).write_text(name)
    (tmp_path / MANIFEST).write_text(json.dumps({"revision": "abc", "dirty": False, "packer": "1.6.6"}))
    guest = GuestImage(tmp_path / "disk.qcow2", tmp_path / "vmlinux", tmp_path / "initrd", "1f", {})
    boxes = boxes_for(guest, TopologySettings())
    folders = {form.name: boxes.folder / boxes.path(form) for form in box_formats()}
    assert set(folders) == {"libvirt", "xen", "virtualbox"}
    for name, folder in folders.items():
        assert json.loads((folder / "metadata.json").read_text())["provider"] == name
        about = json.loads((folder / "info.json").read_text())
        assert (about["revision"], about["dirty"], about["packer"]) == ("abc", False, "1.6.6")
    assert (folders["libvirt"] / "box.img").read_bytes()[:4] == b"QFI\xfb"
    assert (folders["xen"] / "disk.raw").stat().st_size == 8 << 20
    assert (folders["virtualbox"] / "disk.vmdk").is_file()
    assert boxes.store.is_file()
