"""Commands image.*: the lab host's and the guests' images."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import command, settings, the_lab
from core.console import result
from lab import packages


@command(packages.image_packages)
def image_host(c: Context) -> None:
    """Build the nested lab host's image."""
    from lab.images.host import host_image
    from lab.images.origin import origin_of

    the_lab()
    result(host_image(origin_of(settings())).disk.parent)


@command(packages.lab_packages, help={"os": "guest system, e.g. debian-12; default: topology.os of hvlab.toml"})
def image_guest(c: Context, os: str = "") -> None:
    """Install the guest's disk with Packer and make its boxes."""
    result(the_lab(os).boxes.folder.parent)


@command(help={"os": "guest system with a media list in guest-kickstart/, e.g. centos-5.5"})
def image_fetch(c: Context, os: str) -> None:
    """Download and verify a guest system's installation media."""
    from lab.media.fetch import fetch

    result(fetch(os).folder)


@command("packer", "openssh-client")
def image_check(c: Context) -> None:
    """Check the kickstart and Packer files."""
    from lab.lint.run import check_project

    count, findings = check_project()
    for finding in findings:
        result(finding)
    if findings:
        raise Exit(code=1)
    result(f"{count} files, no findings")


@command()
def image_list(c: Context) -> None:
    """List the images in the cache."""
    from lab.images.inventory import print_items

    print_items(settings())


@command(help={"dry_run": "only print what would be removed"})
def image_prune(c: Context, dry_run: bool = False) -> None:
    """Remove images that the present inputs do not use."""
    from lab.images.inventory import prune

    for name, kept in prune(settings(), dry_run=dry_run).items():
        result(f"left {name}: {kept}" if kept else f"{'would remove' if dry_run else 'removed'} {name}")


@command(positional=["file"], help={"file": "the archive to write"})
def image_export(c: Context, file: str) -> None:
    """Write the images of the present recipes to one file."""
    from core.paths import called_from
    from lab.bundle.export import export

    made = export(settings(), called_from() / file)
    for entry in made.head.entries:
        result(f"{entry.name}: {entry.bytes / 1e6:.0f} MB, content {entry.digest}")
    result(f"{made.file}: {made.size / 1e9:.2f} GB, SHA-256 {made.sha256}")


@command(positional=["file"], help={"file": "a bundle", "sha256": "what the file must have; default: not compared"})
def image_import(c: Context, file: str, sha256: str = "") -> None:
    """Take a bundle of image.export up into the cache."""
    from core.paths import called_from
    from lab.bundle.contents import not_covered
    from lab.bundle.take_up import take_up

    found = take_up(called_from() / file, sha256)
    for entry in found.head.entries:
        result(f"{entry.name}: {'new' if entry.name in found.new else 'was there'}")
    result(f"{file}: SHA-256 {found.sha256}")
    if missing := not_covered(settings()):
        result(f"not in the cache, built or downloaded when needed: {', '.join(missing)};"
              f" the bundle was made by revision {found.head.revision}")  # fmt: skip
