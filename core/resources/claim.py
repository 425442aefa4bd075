"""What a host answered before a lab was set up on it: whether something is in the way, and what to remember."""

from collections.abc import Sequence

from core.errors import HvlabError
from core.resources.base import Outcome, Resource, failures


def claimed(resources: Sequence[Resource], outcomes: Sequence[Outcome]) -> list[Resource]:
    """Return those resources that the lab may create and must remove, with what they remember.

    Args:
        resources: Those that were asked for.
        outcomes: Of `render("claim", resources)`.

    Raises:
        HvlabError: One belongs to somebody else, could not be seen, or was not answered for.
    """
    foreign = [str(one) for one in outcomes if one.result == "foreign"]
    if foreign:
        raise HvlabError(
            f"already on the host, and not this lab's: {', '.join(foreign)}", "rename or remove it there, and try again"
        )
    if failed := failures(outcomes):
        raise HvlabError(f"the host cannot report its resources: {'; '.join(failed)}")
    seen = {(one.kind, one.name) for one in outcomes if one.result in ("absent", "ours")}
    memories = {(one.kind, one.name): one.detail for one in outcomes if one.result == "remembered"}
    found = list[Resource]()
    for resource in resources:
        key = resource.kind, resource.name
        if key in memories:
            found.append(resource.with_memory(memories[key]))
        elif key in seen and resource.remembers != "required":
            found.append(resource)
        elif key not in seen and not resource.shared:
            raise HvlabError(f"the host does not say whether it has {resource.kind} {resource.name}")
    return found
