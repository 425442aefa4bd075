"""What a study consists of, and the parameters that study.json keeps: enough to go on with it on another day."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from dataset.models import Parameters, StudyInfo
from dataset.stages import Stage
from hypervisors.registry import get_hypervisor
from lab.lifecycle import Lab
from lab.settings import Settings

# They may differ between studies whose runs are comparable, and change while a study grows. The lab host's name is no
# mark of the machine: what is, is in the environment.
PLAN_ONLY = frozenset(
    {"providers", "repeats", "seed", "precision_mib", "most_repeats", "lab_host.host", "lab_host.ssh_config"}
)


_OF_ONE_PROVIDER = ("disk_strategy.", "versions.")


@dataclass(frozen=True)
class Plan:
    """What a study consists of.

    Attributes:
        providers: Names; every repeat has them in an order of its own.
        repeats: Boots of the lab host under each provider.
        seed: Of the order.
        precision_mib: Repeats are added until the cost per guest is known this well (study.precision), MiB; None: the
            repeats are as said.
        most_repeats: Then no more than this.
    """

    providers: tuple[str, ...]
    repeats: int
    seed: int
    precision_mib: float | None = None
    most_repeats: int | None = None

    def order(self) -> list[tuple[str, int]]:
        """Return (provider, repeat) in the order in which they are taken; more repeats do not change the first ones."""
        dice = random.Random(self.seed)
        return [
            (provider, repeat)
            for repeat in range(1, self.repeats + 1)
            for provider in dice.sample(self.providers, len(self.providers))
        ]


def parameters(lab: Lab, plan: Plan, wanted: Sequence[Stage]) -> Parameters:
    """Return the parameters of a study as study.json keeps them."""
    settings = lab.settings
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
        "disk_strategy": {
            name: get_hypervisor(name).disk_strategies[settings.factors.disk_strategy] for name in plan.providers
        },
        "lab_host": settings.lab_host.model_dump(mode="json"),
        "topology": settings.topology.model_dump(mode="json"),
        "readings": settings.study.model_dump(mode="json", exclude={"providers", "repeats", "most_repeats"}),
        "settle": settings.settle.model_dump(mode="json"),
        "box": {"name": lab.boxes.name, "version": lab.boxes.version},
    }
    if plan.precision_mib is not None:
        found |= {"precision_mib": plan.precision_mib, "most_repeats": plan.most_repeats}
    return Parameters.model_validate(found)


def require_taken(study: StudyInfo) -> None:
    """Make sure that a study was taken by this kit.

    Raises:
        HvlabError: Its numbers were published; there is nothing to go on with.
    """
    if study.environment.kind == "published":
        raise HvlabError(
            f"study {study.id} was published, it has no runs",
            "./invoke study.all takes a new one",
            code="study-was-published",
        )


def plan_of(study: StudyInfo) -> Plan:
    """Return the plan that a study was begun with.

    Raises:
        HvlabError: Its parameters do not tell.
    """
    kept = study.parameters.as_dict()
    try:
        return Plan(
            tuple(kept["providers"]), kept["repeats"], kept["seed"], kept.get("precision_mib"), kept.get("most_repeats")
        )
    except KeyError as error:
        raise HvlabError(f"study {study.id} does not tell its parameter {error}", "take a new one") from error


def settings_of(study: StudyInfo) -> Settings:
    """Return the settings that a study was begun with, whatever hvlab.toml says today.

    Raises:
        HvlabError: They are not told, or this version does not know one of them.
    """
    require_taken(study)
    kept = study.parameters.as_dict()
    try:
        return Settings.model_validate(
            {
                "lab_host": kept["lab_host"],
                "topology": kept["topology"],
                "study": {**kept["readings"], "providers": kept["providers"], "repeats": kept["repeats"]},
                "settle": kept["settle"],
                "factors": kept["factors"],
            }
        )
    except KeyError as error:
        raise HvlabError(f"study {study.id} does not tell its parameter {error}", "take a new one") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(f"study {study.id}: parameter {where}: {first['msg']}", "take a new one") from error


def unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """List the parameters in which two studies differ, by name with both values; those of the plan alone do not count.

    Of what belongs to one provider (disk strategy, versions) only what both have is compared.
    """
    return [
        f"{name} ({ours} and {theirs})"
        for name, ours, theirs in _pairs("", one, other)
        if ours != theirs
        and name not in PLAN_ONLY
        and not (name.startswith(_OF_ONE_PROVIDER) and None in (ours, theirs))
    ]


def _pairs(prefix: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Walk two mappings at once, down to what is no mapping; what one of them lacks is None."""
    for name in sorted(one.keys() | other.keys()):
        ours, theirs = one.get(name), other.get(name)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            yield from _pairs(f"{prefix}{name}.", ours, theirs)
        else:
            yield f"{prefix}{name}", ours, theirs
