"""Makes a Debian root with mmdebstrap from a mirror of the distribution."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from core.process import run
from lab.images.archive import moved
from lab.images.mirror import Mirror, debian_mirror

# Documentation and translations are never read in an image.
LEAN = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
)
NO_SUCH_HARDWARE = tuple(
    f"/lib/modules/*/kernel/{part}/*"
    for part in (
        "drivers/net/wireless", "drivers/media", "drivers/infiniband", "drivers/staging", "drivers/iio",
        "drivers/isdn", "drivers/bluetooth", "drivers/gpu/drm/amd", "drivers/gpu/drm/nouveau",
        "drivers/gpu/drm/radeon", "drivers/gpu/drm/i915", "drivers/net/ethernet/mellanox", "sound",
        "net/wireless", "net/mac80211", "net/bluetooth",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What a root is made of.

    Attributes:
        suite: Debian release, e.g. "bookworm" or "sid".
        components: Parts of the archive, e.g. ("main", "contrib").
        packages: Names; recommended packages are not added.
        exclude: Path patterns that dpkg leaves out.
        variant: mmdebstrap's word for how far to go: "minbase", or "extract" to unpack only.
        source: Name of a source package that is downloaded to /build in the root, not unpacked; "": none.
        hooks: Shell lines that mmdebstrap runs at the end; "$1" is the root's path.
    """

    suite: str
    components: tuple[str, ...]
    packages: tuple[str, ...]
    exclude: tuple[str, ...] = LEAN
    variant: str = "minbase"
    source: str = ""
    hooks: tuple[str, ...] = ()

    def command(self, target: Path, mirror: Mirror) -> list[str]:
        """Return the mmdebstrap command that fills `target`."""
        apt = (
            'APT::Install-Recommends "false"',
            *(('Acquire::Check-Valid-Until "false"',) if mirror.of_another_day else ()),
            'Acquire::Languages "none"',
        )
        # APT_CONFIG: mmdebstrap's own, which works from outside of the root, as this machine reaches the mirror.
        download = (
            f'mkdir "$1/build" && cd "$1/build" && '
            f'APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --yes source --download-only {self.source}'
        )
        hooks = ((download,) if self.source else ()) + self.hooks
        return [
            "mmdebstrap",
            "--mode=root",
            f"--variant={self.variant}",
            "--skip=check/empty",
            f"--components={','.join(self.components)}",
            f"--include={','.join(self.packages)}",
            "--dpkgopt=force-unsafe-io",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in self.exclude),
            *(f"--aptopt={option}" for option in apt),
            # The packaged initial RAM disk is not used; a list of no modules makes it quickly.
            '--essential-hook=mkdir -p "$1"/etc/initramfs-tools/conf.d; '
            'echo MODULES=list > "$1"/etc/initramfs-tools/conf.d/hvlab',
            *(f"--customize-hook={hook}" for hook in hooks),
            self.suite,
            str(target),
            mirror.address,
            *([f"deb-src {mirror.address} {self.suite} {' '.join(self.components)}"] if self.source else []),
        ]


def make_root(recipe: Recipe, target: Path, log: Path, mirror: str = "") -> None:
    """Install a recipe's packages.

    Args:
        recipe: What is installed.
        target: Folder of the new root.
        log: File that what mmdebstrap says is added to.
        mirror: Address of a mirror of another day; "": the usual one.

    Raises:
        HvlabError: If a package cannot be had (code `archive-moved`, where the archive has it no more) or installed.
    """
    what = f"installing Debian {recipe.suite}"
    with _explained(what, log):
        run(
            recipe.command(target, Mirror(mirror, of_another_day=True) if mirror else debian_mirror()),
            what=what,
            hint=f"see {log}; is the mirror reachable (apt-get update)?",
            log=log,
        )


@contextmanager
def _explained(what: str, log: Path) -> Iterator[None]:
    """Say of a failure which packages the archive has no more, if that is why."""
    begin = log.stat().st_size if log.exists() else 0
    try:
        yield
    except HvlabError as error:
        said = log.read_bytes()[begin:].decode(errors="replace") if log.exists() else ""
        if explained := moved(said, what, log):
            raise explained from error
        raise


def install_files(source: Path, root: Path, placed: Sequence[tuple[str, str, int]]) -> None:
    """Copy files into a root: (name in `source`, absolute path in the root, mode)."""
    for name, path, mode in placed:
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, target)
        target.chmod(mode)


def slim(root: Path) -> None:
    """Remove what only an installer needs: package lists, packages, the packaged initial RAM disk."""
    for pattern in (
        "var/lib/apt/lists/*_*",
        "var/cache/apt/*.bin",
        "var/cache/apt/archives/*.deb",
        "boot/initrd.img-*",
    ):
        for path in root.glob(pattern):
            path.unlink()


def kernel_release(root: Path) -> str:
    """Return the release of the one kernel installed in `root`."""
    (only,) = (path.name for path in (root / "lib" / "modules").iterdir())
    return only


def package_versions(root: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the versions of `names` in `root`, as dpkg tells them."""
    listing = run(
        ["dpkg-query", "--admindir", root / "var/lib/dpkg", "-W", "-f", "${Package} ${Version}\n", *names],
        what="reading package versions",
    )
    return dict(line.split(" ", 1) for line in listing.splitlines())
