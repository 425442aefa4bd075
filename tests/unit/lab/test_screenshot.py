"""Pictures of guests' screens: PNG, not blank, and a reason where there is none."""

import io
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh
from lab.guests.screenshot import as_png, take_picture


def picture(form: str, dots: int = 1) -> bytes:
    image = Image.new("RGB", (800, 600))
    for at in range(dots):
        image.putpixel((at, at), (255, 255, 255))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


@pytest.mark.parametrize("form", ["PPM", "PNG"])
def test_what_hypervisors_give_becomes_png(form: str) -> None:
    png = as_png(picture(form), "server1's screen")
    assert png.startswith(b"\x89PNG")
    image = Image.open(io.BytesIO(png))
    assert image.size == (800, 600)
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_a_blank_screen_is_an_error() -> None:
    with pytest.raises(HvlabError, match="server1's screen is blank: 800 x 600 pixels of one colour"):
        as_png(picture("PPM", dots=0), "server1's screen")


@pytest.mark.parametrize("cut", [0, 5, 1000])
def test_half_a_picture_is_an_error(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # As WeasyPrint sets it for the whole process.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(HvlabError, match="the picture of server1's screen cannot be read"):
        as_png(picture("PPM")[:cut], "server1's screen")
    # The library that wants it so has it still.
    assert ImageFile.LOAD_TRUNCATED_IMAGES


@dataclass(frozen=True)
class Here(Ssh):
    """The lab host is this machine."""

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"") -> Completed:
        done = subprocess.run(["sh", "-c", remote], input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


HERE = Here(Path(), "labhost")


def test_a_picture_is_fetched_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    source = tmp_path / "server 1.ppm"
    source.write_bytes(picture("PPM"))
    provider = replace(get_hypervisor("kvm"), screenshot_command=f'echo noise; cp {tmp_path}/"$guest".ppm "$picture"')
    assert take_picture(HERE, provider, "server 1").startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [source]


def test_the_hypervisors_own_words_are_told() -> None:
    provider = replace(get_hypervisor("xen"), screenshot_command='echo "no device model for $guest" >&2; false')
    with pytest.raises(HvlabError, match="Xen gives no picture of server9's screen: no device model for server9"):
        take_picture(HERE, provider, "server9")


def test_every_provider_can_take_one() -> None:
    for provider in all_hypervisors().values():
        assert "$guest" in provider.screenshot_command
        assert "$picture" in provider.screenshot_command
