"""Commands image.*: the lab host's and the guests' images."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import command, settings, the_lab
from lab import packages


@command(*packages.IMAGES)
def image_host(c: Context) -> None:
    """Build the nested lab host's image."""
    from lab.images.host import host_image

    the_lab()
    print(host_image().disk.parent)


@command(*packages.LAB, help={"os": "guest OS, e.g. debian-12; topology.os of hvlab.toml without"})
def image_guest(c: Context, os: str = "") -> None:
    """Install the guest's disk with Packer; make its boxes."""
    print(the_lab(os).boxes.folder.parent)


@command(help={"os": "guest OS whose media are listed in guest-kickstart/, e.g. centos-5.5"})
def image_fetch(c: Context, os: str) -> None:
    """Download and verify a guest OS's installation media."""
    from lab.media.fetch import fetch

    print(fetch(os).folder)


@command("packer", "openssh-client")
def image_check(c: Context) -> None:
    """Check kickstart files and Packer's files."""
    from lab.lint.run import check_project

    count, findings = check_project()
    for finding in findings:
        print(finding)
    if findings:
        raise Exit(code=1)
    print(f"{count} files, nothing found")


@command()
def image_list(c: Context) -> None:
    """Tell what is in the cache of images."""
    from lab.images.inventory import print_items

    print_items(settings())


@command(help={"dry_run": "only tell what would go"})
def image_prune(c: Context, dry_run: bool = False) -> None:
    """Remove images that the present inputs do not name."""
    from lab.images.inventory import prune

    for name, kept in prune(settings(), dry_run=dry_run).items():
        print(f"left {name}: {kept}" if kept else f"{'would remove' if dry_run else 'removed'} {name}")
