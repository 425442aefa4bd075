"""Pictures of screens."""

import io

from PIL import Image


def screen(form: str, dots: int = 1) -> bytes:
    """Return a picture of 800 x 600 black pixels, in one of Pillow's formats, with some white ones."""
    image = Image.new("RGB", (800, 600))
    for at in range(dots):
        image.putpixel((at, at), (255, 255, 255))
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
