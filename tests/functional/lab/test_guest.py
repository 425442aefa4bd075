"""The guest's build: what it depends on, what Packer is told, and that a failed installation ends it at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images import guest
from lab.images.cache import cached
from lab.images.packer import PACKER, build_command, watched_build
from lab.images.provenance import revision
from tests.support.errors import raises_code


def test_packer_accepts_the_template(tmp_path: Path) -> None:
    for name in ("out.iso", "key"):
        (tmp_path / name).write_text("x")
    variables: dict[str, object] = {
        "iso_url": f"file://{tmp_path}/out.iso",
        "iso_checksum": f"sha256:{'0' * 64}",
        "http_directory": tmp_path,
        "accelerator": "tcg",
        "disk_size": "20G",
        "ssh_private_key_file": guest.vagrant_keys() / "vagrant",
        "provision": PACKER / "debian-12.sh",
        "output": tmp_path / "out",
        "serial_log": tmp_path / "serial.log",
    }
    command = build_command("debian-12", variables)
    assert command[:2] == ["packer", "build"]
    words = [word for word in command[2:] if not word.startswith(("-color", "-only"))]
    done = subprocess.run(["packer", "validate", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert subprocess.run(["packer", "fmt", "-check", PACKER], capture_output=True, check=False).returncode == 0


def stand_in(tmp_path: Path, then: str) -> list[str]:
    """Return a command that stands for Packer: writes its number, and on the machine's serial line; then `then`."""
    code = (
        f"import os, sys, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()));"
        f"serial = open({str(tmp_path / 'serial')!r}, 'w'); {then}"
    )
    return [sys.executable, "-c", code]


def build(tmp_path: Path, then: str, timeout: float = 60) -> None:
    watched_build(stand_in(tmp_path, then), tmp_path / "log", tmp_path / "serial", tmp_path / "cache", timeout)


def test_a_failed_installation_ends_packer_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(HvlabError, match="the installation of the guest stopped: no disk"):
        build(tmp_path, "serial.write('hvlab-installer: failed: no disk\\n'); serial.flush(); time.sleep(300)")
    assert time.monotonic() - begun < 30
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_a_full_disk_of_the_controller_ends_packer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 3 * 1024**2

    monkeypatch.setattr("lab.images.packer.shutil.disk_usage", lambda path: Usage)
    with pytest.raises(HvlabError, match=r"the disk with \S+ is full \(3 MiB are left\)"):
        build(tmp_path, "time.sleep(300)")
    pid = tmp_path / "pid"
    assert not pid.exists() or not Path("/proc", pid.read_text()).exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 100 MiB, mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_really_fills_up_ends_packer_at_once(small_disk: Path) -> None:
    begun = time.monotonic()
    disk = str(small_disk / "disk.qcow2")
    with pytest.raises(HvlabError, match=r"the disk with \S+ is full"):
        build(small_disk, f"open({disk!r}, 'wb').write(bytes(50 << 20)); time.sleep(300)")
    assert time.monotonic() - begun < 30
    assert not Path("/proc", (small_disk / "pid").read_text()).exists()


def test_nothing_is_left_of_a_build_that_filled_the_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HVLAB_CACHE", str(small_disk))

    def fill(folder: Path) -> dict[str, object]:
        with (folder / "disk.qcow2").open("wb") as disk:
            while True:
                disk.write(bytes(1 << 20))

    with raises_code("build-failed", "No space left on device"):
        cached("guest", {"a": "b"}, fill)
    assert [path.name for path in small_disk.iterdir() if path.suffix != ".lock"] == []


def test_packers_own_failure(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="Packer's build of the guest failed: wrong checksum"):
        build(tmp_path, "print('wrong checksum'); sys.exit(1)")


def test_packer_takes_too_long(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="did not end within 1 s"):
        build(tmp_path, "time.sleep(300)", timeout=1)
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


def test_the_installers_steps_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    build(tmp_path, "serial.write('hvlab-installer: [1.0] unpacking\\n')")
    assert "installer: [1.0] unpacking" in capfd.readouterr().err


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


def test_revision(tmp_path: Path) -> None:
    assert revision(tmp_path) == {"revision": None, "dirty": None}
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    clean = revision(tmp_path)
    assert len(str(clean["revision"])) == 40
    assert clean["dirty"] is False
    (tmp_path / "file").write_text("2")
    assert revision(tmp_path) == {**clean, "dirty": True}
