"""Built things, and what they are built from."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.images import inventory
from lab.images.cache import cached, fingerprint
from lab.images.guest import guest_inputs, kickstart_text
from lab.images.install_source import source_for
from lab.media.manifest import KICKSTARTS
from lab.settings import Settings, TopologySettings

ELF = b"\x7fELF" + bytes(range(256)) * 40


def bzimage(packed: bytes) -> bytes:
    """Lay out a bzImage: two setup sectors, then 64 bytes of stub, then the payload."""
    image = bytearray(3 * 512 + 64) + packed + b"tail"
    image[0x1F1] = 2
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x248:0x250] = struct.pack("<II", 64, len(packed))
    return bytes(image)


def thing(kind: str, version: str) -> Path:
    """Build something, or find it in the cache."""

    def build(folder: Path) -> dict[str, object]:
        (folder / "file").write_text(version * 5000)
        return {}

    return cached(kind, {"version": version}, build)


def request_only(monkeypatch: pytest.MonkeyPatch, *requests: Callable[[], object]) -> None:
    """Let these functions be all that the project requests from the cache."""

    def requested(settings: Settings) -> Iterator[Callable[[], object]]:
        yield from requests

    monkeypatch.setattr(inventory, "requests", requested)


def copy_kickstart(folder: Path) -> Path:
    """Return a copy of the guest's kickstart file that a test may change."""
    copy = folder / "debian-12.ks"
    copy.write_bytes((KICKSTARTS / copy.name).read_bytes())
    return copy


def disk_key(topology: TopologySettings, kickstarts: Path = KICKSTARTS) -> str:
    """Return the cache's key of the guest's disk."""
    text = kickstart_text(topology, kickstarts)
    return fingerprint(guest_inputs(topology, source_for(topology.os, text, kickstarts), text))
