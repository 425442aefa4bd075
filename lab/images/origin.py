"""Which release and mirror the lab host's image is made from, and which hypervisors it can have then."""

from collections.abc import Sequence

from core.errors import HvlabError
from hypervisors.host_image import RELEASES
from hypervisors.registry import get_hypervisor
from lab.connectors.address import parse_host
from lab.images.host import Origin
from lab.settings import Settings


class NotPackagedError(HvlabError):
    """A hypervisor is asked for that the lab host's release has no package of."""

    CODE = "not-packaged"


def origin_of(settings: Settings) -> Origin:
    """Return the origin of the lab host's image that the settings name."""
    return Origin(settings.lab_host.release, settings.images.mirror)


def not_packaged(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """Return those hypervisors, with their titles, that the lab host cannot have: its release has no package of them.

    Only the nested lab host has a release of its own.
    """
    if parse_host(settings.lab_host.host).kind != "nested":
        return {}
    there = {each.name for each in origin_of(settings).hypervisors}
    return {name: get_hypervisor(name).title for name in names if name not in there}


def require_packaged(settings: Settings, names: Sequence[str]) -> None:
    """Check that the lab host's release has all of some hypervisors.

    Raises:
        NotPackagedError: It lacks one; the hint names the releases that have it.
    """
    for name, title in not_packaged(settings, names).items():
        releases = get_hypervisor(name).software.releases
        having = " or ".join(each for each in RELEASES if each in releases)
        raise NotPackagedError(
            absence(title, settings.lab_host.release),
            f"set lab_host.release to {having}" if having else "no release has one: use --host",
        )


def absence(title: str, release: str) -> str:
    """Return the words for a hypervisor that a release has no package of."""
    return f"Debian {release} has no package of {title}"


def chosen(settings: Settings, named: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Choose the hypervisors of a study: those that the user named, else those of the settings that the release has.

    Args:
        settings: All parameters.
        named: Names that were given in the command; they must all be there.

    Returns:
        Their names; and those that are left out, with their titles.

    Raises:
        NotPackagedError: One that was named is not packaged, or none of the settings' is.
    """
    names = tuple(named or settings.study.providers)
    left_out = {} if named else not_packaged(settings, names)
    kept = tuple(name for name in names if name not in left_out)
    require_packaged(settings, kept or names)
    return kept, left_out
