"""Pictures of guests' screens: PNG, not blank, and a reason where there is none."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hypervisors.registry import get_hypervisor
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh
from lab.guests.screenshot import take_picture
from tests.support.errors import raises_code
from tests.support.screens import screen


@dataclass(frozen=True)
class Here(Ssh):
    """The lab host is this machine."""

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        done = subprocess.run(["sh", "-c", remote], input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


HERE = Here(Path(), "labhost")


def test_a_picture_is_fetched_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    source = tmp_path / "server 1.ppm"
    source.write_bytes(screen("PPM"))
    provider = replace(get_hypervisor("kvm"), screenshot_command=f'echo noise; cp {tmp_path}/"$guest".ppm "$picture"')
    assert take_picture(HERE, provider, "server 1").startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [source]


def test_the_hypervisors_own_words_are_told() -> None:
    provider = replace(get_hypervisor("xen"), screenshot_command='echo "no device model for $guest" >&2; false')
    with raises_code("no-picture", "server9", "no device model for server9"):
        take_picture(HERE, provider, "server9")
