"""Pictures of guests' screens, as their hypervisors show them."""

import io
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile, UnidentifiedImageError

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine, last_line

_PROGRAM = """\
guest={guest}
folder=$(mktemp -d) || exit 1
picture=$folder/picture
{{ {command}; }} >&2 && cat "$picture"
status=$?
rm -rf "$folder"
exit $status
"""


@contextmanager
def _whole_only() -> Iterator[None]:
    """Let Pillow refuse half a picture, also where a library has changed that for the process, as WeasyPrint does."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def as_png(picture: bytes, subject: str) -> bytes:
    """Return a picture of a screen as PNG.

    Args:
        picture: In any form that Pillow reads.
        subject: For errors: "server1's screen".

    Raises:
        HvlabError: It is no picture, or is blank: it has one colour only.
    """
    try:
        with _whole_only():
            image = Image.open(io.BytesIO(picture)).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise HvlabError(f"the picture of {subject} cannot be read: {error}", code="no-picture") from error
    # None if there are more colours than asked for.
    if image.getcolors(1) is not None:
        size = f"{image.width} x {image.height}"
        raise HvlabError(
            f"{subject} is blank: {size} pixels of one colour",
            "check with ./invoke lab.ssh whether its session runs",
            code="blank-picture",
        )
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    return png.getvalue()


def take_picture(host: Machine, provider: Hypervisor, guest: str) -> bytes:
    """Return a picture of a running guest's screen, PNG.

    Args:
        host: The lab host.
        provider: The hypervisor.
        guest: Its name.

    Raises:
        HvlabError: The hypervisor gives none, or it is blank.
    """
    program = _PROGRAM.format(guest=shlex.quote(guest), command=provider.screenshot_command)
    done = host.run("sh -s", stdin=program.encode(), timeout=120)
    if done.status:
        why = last_line(done.stderr) or f"exit {done.status}"
        raise HvlabError(
            f"{provider.title} gives no picture of {guest}'s screen: {why}",
            'does the guest have one? Under some hypervisors only with topology.session = "x-window"',
            code="no-picture",
        )
    return as_png(done.stdout, f"{guest}'s screen")
