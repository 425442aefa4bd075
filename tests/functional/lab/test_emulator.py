"""The emulator: started with its own loader, libraries and files, from wherever its folder is."""

import subprocess
from pathlib import Path

import pytest

from lab.images import emulator
from lab.images.rootfs import Recipe


def made(recipe: Recipe, root: Path, log: Path) -> None:
    """Stand in for the archive: a program, where it is built; else a loader that tells how it was called."""
    if recipe.source:
        (root / "build").mkdir(parents=True)
        (root / "build/qemu-system-x86_64").write_text("QEMU")
        return
    loader = root / "usr/lib64/ld-linux-x86-64.so.2"
    loader.parent.mkdir(parents=True)
    loader.write_text(
        '#!/bin/sh\nfor last; do :; done; [ "$last" = --version ] && echo QEMU 11.1 && exit\nprintf "%s\\n" "$$" "$@"\n'
    )
    loader.chmod(0o755)


def test_it_runs_with_what_it_came_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(tmp_path / "cache+folder"))
    monkeypatch.setattr(emulator, "make_root", made)
    program = emulator.emulator()
    assert emulator.emulator_version() == "QEMU 11.1"
    with subprocess.Popen([program, "-M", "q35 x"], stdout=subprocess.PIPE, text=True) as process:
        said = process.communicate()[0].splitlines()
    root = program.parent / "root"
    assert said[0] == str(process.pid)
    assert (root / "usr/bin/qemu-system-x86_64").read_text() == "QEMU"
    assert said[-2:] == ["-M", "q35 x"]
    assert f"{root}/usr/share/seabios" in said
    assert f"{root}/usr/bin/qemu-system-x86_64" in said
