"""The ISO starts on a PC, has a prompt, and holds the program; the RAM disk holds what its script calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.installer.iso import PROGRAM, lay_out, write_iso
from lab.installer.ramdisk import FILES, build_ram_disk


@pytest.fixture(scope="module")
def iso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("iso")
    tree = folder / "tree"
    for name in ("vmlinuz", "initrd", "root.tar"):
        (folder / name).write_text(f"the {name}")
    lay_out(tree, folder / "vmlinuz", folder / "initrd")
    (tree / "stage2/usr").mkdir(parents=True)
    (tree / "stage2/bin").symlink_to("usr/bin")
    write_iso(tree, [folder / "root.tar"], folder / "out.iso")
    return folder / "out.iso"


def xorriso(iso: Path, *words: str) -> str:
    done = subprocess.run(
        ["xorriso", "-indev", iso, *words], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return done.stdout


def test_iso_starts_on_a_pc(iso: Path) -> None:
    report = xorriso(iso, "-report_el_torito", "plain")
    assert "BIOS  y   none" in report
    assert "/isolinux/isolinux.bin" in report


def test_iso_content(iso: Path, tmp_path: Path) -> None:
    files = set(xorriso(iso, "-find", "/", "-exec", "echo", "--").replace("'", "").split())
    assert {
        "/isolinux/isolinux.bin", "/isolinux/ldlinux.c32", "/isolinux/isolinux.cfg", "/isolinux/vmlinuz",
        "/isolinux/initrd.img", "/root.tar",
    } <= files  # fmt: skip
    subprocess.run(
        ["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/", tmp_path / "x"], capture_output=True, check=True
    )
    assert (tmp_path / "x/root.tar").read_text() == "the root.tar"
    assert (tmp_path / "x/stage2/bin").is_symlink()


def test_ram_disk(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "order").write_text("isofs.ko\n")
    (tmp_path / "busybox").write_text("#!/bin/sh\n")
    build_ram_disk(tmp_path / "busybox", modules, tmp_path / "initrd")
    with (tmp_path / "initrd").open("rb") as archive:
        listing = subprocess.run(
            ["cpio", "--list", "--verbose", "--quiet"], stdin=archive, capture_output=True, text=True, check=True
        )
    modes = {line.split()[-1]: line.split()[0] for line in listing.stdout.splitlines()}
    assert {"bin/busybox", "modules/order", "proc", "sys", "dev", "cd"} <= set(modes)
    assert modes["init"] == modes["udhcpc"] == "-rwxr-xr-x"


@pytest.mark.parametrize("name", ["init", "udhcpc"])
def test_scripts_are_valid_for_a_plain_shell(name: str) -> None:
    subprocess.run(["sh", "-n", FILES / name], check=True)


def test_the_program_is_complete(tmp_path: Path) -> None:
    """What is put on the ISO can be imported with nothing of the kit beside it."""
    for name in PROGRAM:
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((PROJECT / name).read_bytes())
    code = (
        f"import sys; sys.path = [p for p in sys.path if p and not p.startswith({str(PROJECT)!r} + '/lab')]; "
        f"sys.path.insert(0, {str(tmp_path)!r}); import lab.installer.main as m; print(m.__file__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "lab/installer/main.py")
