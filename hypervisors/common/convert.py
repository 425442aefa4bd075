"""Conversion of disk images."""

from pathlib import Path

from core.process import run

CODE = Path(__file__)


def convert(source: Path, target: Path, form: str) -> None:
    """Write a disk image in another form of qemu-img's: `raw`, `vmdk`.

    Raises:
        HvlabError: qemu-img fails.
    """
    run(["qemu-img", "convert", "-O", form, source, target], what=f"converting the disk to {form}")
