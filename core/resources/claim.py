"""Evaluates a host's answer before a lab is set up on it: foreign resources, and values to remember."""

from collections.abc import Sequence

from core.errors import HvlabError
from core.resources.base import Outcome, Resource, failures


def claimed(resources: Sequence[Resource], outcomes: Sequence[Outcome]) -> list[Resource]:
    """Return those resources that the lab may create and must remove, with their remembered values.

    Args:
        resources: All resources of the lab.
        outcomes: Of `render("claim", resources)`.

    Raises:
        HvlabError: One is not this lab's, could not be probed, or is missing in the answer.
    """
    foreign = [str(one) for one in outcomes if one.result == "foreign"]
    if foreign:
        raise HvlabError(
            f"already on the host, and not this lab's: {', '.join(foreign)}",
            "rename or remove it there, and try again",
            code="foreign-resource",
        )
    if failed := failures(outcomes):
        raise HvlabError(f"the host cannot report its resources: {'; '.join(failed)}", code="probe-failed")
    seen = {(one.kind, one.name) for one in outcomes if one.result in ("absent", "owned")}
    memories = {(one.kind, one.name): one.detail for one in outcomes if one.result == "remembered"}
    found = list[Resource]()
    for resource in resources:
        key = resource.kind, resource.name
        if key in memories:
            found.append(resource.with_memory(memories[key]))
        elif key in seen and resource.remembers != "required":
            found.append(resource)
        elif key not in seen and not resource.shared:
            raise HvlabError(
                f"the host does not report whether it has {resource.kind} {resource.name}", code="probe-failed"
            )
    return found
