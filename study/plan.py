"""The plan of a study, and the parameters that study.json keeps: enough to continue it later."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from dataset.models import StudyInfo
from dataset.parameters import Parameters
from dataset.stages import Stage
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.lifecycle import Lab
from lab.settings import ImagesSettings, Settings

# These may differ between studies whose runs are comparable, and change while a study grows. The lab host's name does
# not identify the machine; the environment does.
PLAN_ONLY = frozenset(
    {"providers", "repeats", "seed", "precision_mib", "most_repeats", "lab_host.host", "lab_host.ssh_config"}
)


# Of studies that do not name the lab host's release.
_FIRST_RELEASE = "sid"
_OF_ONE_PROVIDER = ("disk_strategy.", "hypervisors.", "versions.", "left_out.")


@dataclass(frozen=True)
class Plan:
    """The runs of a study.

    Attributes:
        providers: Names of the hypervisors; every repeat has them in an order of its own.
        repeats: Boots of the lab host under each hypervisor.
        seed: Seed of the order.
        precision_mib: Repeats are added until the cost per guest is known to this half-width
            (study.stopping_rule), MiB; None: the number of repeats is fixed.
        most_repeats: The largest number of repeats in that case.
        left_out: Hypervisors of the settings that the lab host's release has no package of: name to title.
    """

    providers: tuple[str, ...]
    repeats: int
    seed: int
    precision_mib: float | None = None
    most_repeats: int | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def order(self) -> list[tuple[str, int]]:
        """Return (provider, repeat) in the order in which they run; more repeats do not change the first ones."""
        dice = random.Random(self.seed)
        return [
            (provider, repeat)
            for repeat in range(1, self.repeats + 1)
            for provider in dice.sample(self.providers, len(self.providers))
        ]


def parameters(lab: Lab, plan: Plan, wanted: Sequence[Stage]) -> Parameters:
    """Return the parameters of a study as study.json keeps them; the guest's box is built if it is missing."""
    known = planned_parameters(lab.settings, plan, wanted)
    return known.model_copy(update={"box": {"name": lab.boxes.name, "version": lab.boxes.version}})


def planned_parameters(settings: Settings, plan: Plan, wanted: Sequence[Stage]) -> Parameters:
    """Return the parameters of a study without its guest's box."""
    found: dict[str, Any] = {
        "guests": settings.topology.guests,
        "guest_memory_mib": settings.topology.memory_mib,
        "guest_disk_gib": settings.topology.disk_gib,
        "guest_os": settings.topology.os,
        "providers": list(plan.providers),
        "repeats": plan.repeats,
        "seed": plan.seed,
        "stages": [stage.name for stage in wanted],
        "factors": settings.factors.model_dump(mode="json"),
        "hypervisors": {name: settings.parameters_of(name) for name in plan.providers},
        "disk_strategy": {
            name: get_hypervisor(name).disk_strategies[settings.factors.disk_strategy] for name in plan.providers
        },
        "lab_host": settings.lab_host.model_dump(mode="json"),
        "topology": settings.topology.model_dump(mode="json"),
        "readings": settings.study.model_dump(mode="json", exclude={"providers", "repeats", "most_repeats"}),
        "settle": settings.settle.model_dump(mode="json"),
        "images": settings.images.model_dump(mode="json"),
    }
    if not settings.load.idle:
        found |= {"load": settings.load.described()}
    if plan.left_out:
        found |= {"left_out": dict(plan.left_out)}
    if plan.precision_mib is not None:
        found |= {"precision_mib": plan.precision_mib, "most_repeats": plan.most_repeats}
    return Parameters.model_validate(found)


def require_measured(study: StudyInfo) -> None:
    """Check that a study was measured by hvlab.

    Raises:
        HvlabError: Its numbers are published ones; it has no runs.
    """
    if study.environment.kind == "published":
        raise HvlabError(
            f"study {study.id} was published, it has no runs",
            "./invoke study.all runs a new one",
            code="study-was-published",
        )


def plan_of(study: StudyInfo) -> Plan:
    """Return the plan that a study was started with.

    Raises:
        HvlabError: A parameter is missing.
    """
    kept = study.parameters.as_dict()
    try:
        return Plan(
            tuple(kept["providers"]), kept["repeats"], kept["seed"], kept.get("precision_mib"),
            kept.get("most_repeats"), kept.get("left_out", {}),
        )  # fmt: skip
    except KeyError as error:
        raise HvlabError(
            f"study {study.id} lacks parameter {error}", "start a new one", code="missing-parameter"
        ) from error


def settings_of(study: StudyInfo) -> Settings:
    """Return the settings that a study was started with, whatever hvlab.toml says now.

    Raises:
        HvlabError: One is missing, or this version does not know one of them.
    """
    require_measured(study)
    kept = _with_own_tables(study.parameters.as_dict())
    try:
        return Settings.model_validate(
            {
                "lab_host": kept["lab_host"],
                "topology": kept["topology"],
                "study": {**kept["readings"], "providers": kept["providers"], "repeats": kept["repeats"]},
                "settle": kept["settle"],
                "factors": kept["factors"],
                "load": kept.get("load", {}),
                "images": kept.get("images", {}),
                "hypervisors": kept["hypervisors"],
            }
        )
    except KeyError as error:
        raise HvlabError(
            f"study {study.id} lacks parameter {error}", "start a new one", code="missing-parameter"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(
            f"study {study.id}: parameter {where}: {first['msg']}", "start a new one", code="bad-parameter"
        ) from error


def parameter_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """List the parameters in which two studies differ, by name with both values, without those of the plan alone.

    Parameters of one hypervisor (disk strategy, versions) are compared only where both studies have them.
    """
    return [
        f"{name} ({ours} and {theirs})"
        for name, ours, theirs in _pairs("", *(_with_release(_with_own_tables(each)) for each in (one, other)))
        if ours != theirs
        and name not in PLAN_ONLY
        and not (name.startswith(_OF_ONE_PROVIDER) and None in (ours, theirs))
    ]


def _with_own_tables(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a study's parameters with each hypervisor's own in a table of its name.

    Studies of schema 1 have them among the lab host's and the readings'.
    """
    if "hypervisors" in parameters or not {"lab_host", "readings"} <= parameters.keys():
        return dict(parameters)
    kept = {**parameters, "lab_host": dict(parameters["lab_host"]), "readings": dict(parameters["readings"])}
    own: dict[str, dict[str, Any]] = {}
    for hypervisor in all_hypervisors().values():
        for name in hypervisor.parameters.model_fields:
            for table in (kept["lab_host"], kept["readings"]):
                if name in table:
                    own.setdefault(hypervisor.name, {})[name] = table.pop(name)
    return kept | {"hypervisors": {name: own.get(name, {}) for name in parameters.get("providers", [])}}


def _with_release(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return a study's parameters with its image's origin, which was always the same before it was a setting."""
    if not parameters.get("lab_host"):
        return parameters
    before = {"images": ImagesSettings().model_dump(), **parameters}
    return before | {"lab_host": {"release": _FIRST_RELEASE, **parameters["lab_host"]}}


def _pairs(prefix: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Walk two mappings in parallel, down to values that are no mappings; a missing value is None."""
    for name in sorted(one.keys() | other.keys()):
        ours, theirs = one.get(name), other.get(name)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from _pairs(f"{prefix}{name}.", ours, theirs)
        else:
            yield f"{prefix}{name}", ours, theirs
