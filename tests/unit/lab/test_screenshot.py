"""Pictures of guests' screens: PNG, not blank, and a reason where there is none."""

import io

import pytest
from PIL import Image, ImageFile

from hypervisors.registry import all_hypervisors
from lab.guests.screenshot import as_png
from tests.support.errors import raises_code
from tests.support.screens import screen


@pytest.mark.parametrize("form", ["PPM", "PNG"])
def test_what_hypervisors_give_becomes_png(form: str) -> None:
    png = as_png(screen(form), "server1's screen")
    assert png.startswith(b"\x89PNG")
    image = Image.open(io.BytesIO(png))
    assert image.size == (800, 600)
    assert image.getpixel((0, 0)) == (255, 255, 255)


def test_a_blank_screen_is_an_error() -> None:
    with raises_code("blank-picture", "server1's screen", "800 x 600 pixels"):
        as_png(screen("PPM", dots=0), "server1's screen")


@pytest.mark.parametrize("cut", [0, 5, 1000])
def test_half_a_picture_is_an_error(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # As WeasyPrint sets it for the whole process.
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with raises_code("no-picture", "server1's screen"):
        as_png(screen("PPM")[:cut], "server1's screen")
    # The library that wants it so has it still.
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_every_provider_can_take_one() -> None:
    for provider in all_hypervisors().values():
        assert "$guest" in provider.screenshot_command
        assert "$picture" in provider.screenshot_command
