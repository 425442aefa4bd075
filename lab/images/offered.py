"""Which versions of the lab host's packages the mirror offers now, and an image in the cache that has older ones."""

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.process import run
from hypervisors.registry import get_hypervisor
from lab.images.archive import ArchiveMovedError
from lab.images.cache import NotBuiltError, locked, making_name, manifest, naming
from lab.images.host import Origin, host_image, recipe
from lab.images.mirror import Mirror, debian_mirror

KERNEL = "linux-image-amd64"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# apt-cache(8), madison: one version a line, the newest first.
_LINE = re.compile(r"^ *(?P<name>\S+) \| +(?P<version>\S+) \| ", re.MULTILINE)


def packages_behind(origin: Origin, providers: Sequence[str]) -> tuple[str, ...]:
    """Return the packages whose versions are behind some hypervisors' numbers: theirs, and the lab host's kernel.

    Args:
        origin: What the lab host is built from.
        providers: Names of hypervisors that its release has.
    """
    software = [get_hypervisor(name).software for name in providers]
    return tuple(dict.fromkeys((KERNEL, *(name for it in software for name in it.packages_of(origin.release)))))


def offered(origin: Origin, names: Sequence[str], *, trust: str = "") -> dict[str, str]:
    """Return the versions of packages that the archive has now.

    apt reads the archive's lists into a folder of its own, with this machine's proxies; nothing of the machine changes.

    Args:
        origin: The release and the mirror.
        names: The packages.
        trust: apt's option about the signature, as in sources.list(5); "": the archive's keys.

    Raises:
        HvlabError: The mirror cannot be reached, or its signature is not right.
        ArchiveMovedError: It does not have one of the packages.
    """
    mirror = Mirror(origin.mirror, of_another_day=True) if origin.mirror else debian_mirror()
    source = recipe(origin)
    with tempfile.TemporaryDirectory(prefix="hvlab-offered-") as folder:
        options = _apt_in(Path(folder), mirror)
        line = (
            f"deb [{trust or f'signed-by={_KEYRING}'}] {mirror.address} {source.suite} {' '.join(source.components)}\n"
        )
        (Path(folder) / "etc/sources.list").write_text(line)
        what = f"reading what Debian {source.suite} offers"
        hint = f"is {mirror.address} reachable, and is debian-archive-keyring installed?"
        run(["apt-get", "-q", *options, "update"], what=what, hint=hint)
        listing = run(["apt-cache", *options, "madison", *names], what=what, hint=hint)
    found: dict[str, str] = {}
    for match in _LINE.finditer(listing):
        found.setdefault(match["name"], match["version"])
    if missing := [name for name in names if name not in found]:
        raise ArchiveMovedError(
            f"{what}: the archive does not have {', '.join(missing)}",
            "name a mirror of another day (docs/how-to/releases.md)",
        )
    return {name: found[name] for name in names}


def _apt_in(folder: Path, mirror: Mirror) -> list[str]:
    """Return options by which apt has its lists in a folder and knows no installed package."""
    for name in ("etc", "state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    values = {
        "Dir::Etc": folder / "etc",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",  # the folder is this user's only
        "APT::Update::Error-Mode": "any",  # a list that cannot be had is an error
        "Acquire::Languages": "none",
        **({"Acquire::Check-Valid-Until": "false"} if mirror.of_another_day else {}),
    }
    return [word for name, value in values.items() for word in ("-o", f"{name}={value}")]


def forget_older(origin: Origin, versions: Mapping[str, str]) -> bool:
    """Remove the lab host's image from the cache if it has other versions; the next study builds it again.

    Args:
        origin: What it is built from.
        versions: What the archive offers.

    Returns:
        Whether there was one.
    """
    with naming() as names:
        try:
            folder = host_image(origin).disk.parent
        except NotBuiltError:
            return False
    with locked(folder.with_name(f"{names[0]}.lock")):
        known = manifest(folder)["versions"]
        assert isinstance(known, dict)
        if all(known.get(name) == version for name, version in versions.items()):
            return False
        aside = making_name(folder)
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        shutil.rmtree(aside)
    return True
