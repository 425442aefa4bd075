"""What goes into a bundle: all in the cache that the present recipes name, with versions and licences."""

from collections.abc import Callable
from pathlib import Path

from core.errors import HvlabError
from core.paths import cache_root
from lab.bundle.form import Entry
from lab.images.boxes import boxes_for
from lab.images.cache import NotBuiltError, manifest, naming
from lab.images.digest import MANIFEST, computed_digest, content_paths
from lab.images.emulator import emulator
from lab.images.guest import guest_image
from lab.images.host import host_image
from lab.images.inventory import requests, wanted_names
from lab.images.origin import origin_of
from lab.settings import Settings

_DEBIAN = (
    "Debian packages of the sections that the recipe names, each under its own licence; for each,"
    " `apt-get source NAME=VERSION` gets its source and debian/copyright"
)
_LICENCES = {
    "emulator": f"QEMU: GPL-2.0-only and others, patched by lab/images/qemu/patches; its libraries: {_DEBIAN}",
    "wheels": "Python packages, each under its own licence: `licences` in its manifest",
}
# What a later build does not need comes last; who sets up .venv from the file reads the wheels first.
_ORDER = ("wheels", "emulator", "host", "boxes")


def _needed(settings: Settings) -> dict[str, str]:
    """Return the names of what a study with these settings needs and is not in the cache, with what builds each."""
    asked: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: host_image(origin_of(settings)), "image.host"),
        (emulator, "image.guest"),
        (lambda: boxes_for(guest_image(settings.topology), settings.topology), "image.guest"),
    )
    missing = {}
    for request, builder in asked:
        with naming() as names:
            try:
                request()
            except NotBuiltError:
                missing[names[-1]] = builder
    return missing


def require_built(settings: Settings) -> None:
    """Check that all that a study with these settings needs is in the cache.

    Raises:
        HvlabError: Something is not built; the message names it and the command that builds it.
    """
    for name, builder in _needed(settings).items():
        raise HvlabError(f"{name} is not built", f"build it first: ./invoke {builder}", code="not-built")


def not_covered(settings: Settings) -> list[str]:
    """Return the names of what a study with these settings needs and is not in the cache."""
    return list(_needed(settings))


def names_to_export(settings: Settings) -> list[str]:
    """Return the names of the things for a bundle: those of the present recipes that are built, in their order."""
    found = [name for name in wanted_names(requests(settings)) if (cache_root() / name / MANIFEST).is_file()]
    kinds = {name: name.rpartition("-")[0] for name in found}
    rank = {kind: number for number, kind in enumerate(_ORDER)}
    return sorted(found, key=lambda name: (rank.get(kinds[name], len(rank)), name))


def disk_bytes(path: Path) -> int:
    """Return what a file takes on the disk."""
    return path.lstat().st_blocks * 512


def entry_of(name: str) -> Entry:
    """Describe a thing of the cache; its content is read if its digest is not known."""
    folder = cache_root() / name
    paths, facts = content_paths(folder), manifest(folder)
    return Entry(
        name=name,
        files=len(paths),
        bytes=sum(disk_bytes(path) for path in paths),
        digest=str(facts.get("digest") or computed_digest(folder)),
        facts=facts,
        licence=_LICENCES.get(name.rpartition("-")[0], _DEBIAN),
    )
