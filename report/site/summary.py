"""What the site keeps of a study: its facts, and all numbers that can be compared, with what chance leaves open."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.foreign import visible
from dataset import Dataset
from dataset.models import StudyInfo
from report.inference.intervals import Measured
from report.replication.comparison import measured
from report.tables.quantities import UNITS
from report.tools.compare import asked_of, quantities, settings_of
from report.tools.versions import UNKNOWN, versions_of

TRENDS = ("per-guest", "fixed", "machine-idle", "allocated", "boot")
"""The quantities whose course over versions or time is shown."""
# Parameters that do not make a study another experiment: how often, in which order, and what an upgrade changes.
_NOT_THE_EXPERIMENT = (
    "seed", "repeats", "most_repeats", "precision_mib", "providers", "disk_strategy", "box", "images", "left_out",
    "stages",
)  # fmt: skip
_OF_THE_MACHINE = ("CPU", "RAM")


@dataclass(frozen=True)
class Summary:
    """A study as the site's pages need it; it becomes JSON and back.

    Attributes:
        facts: What the list shows.
        numbers: Quantity, hypervisor and stage of each number, with its mean, the variance of the mean, and the number
            of boots: what a comparison needs.
        settings: Parameters and environment by dotted name.
        versions: By hypervisor, component and version.
        trends: By hypervisor and quantity, one value per boot.
        experiment: A word that is the same for studies of one experiment: the same parameters on the same machine.
    """

    facts: Mapping[str, Any]
    numbers: tuple[tuple[str, str, str | None, float, float, int], ...]
    settings: Mapping[str, str]
    versions: Mapping[str, tuple[tuple[str, str], ...]]
    trends: Mapping[str, Mapping[str, tuple[float, ...]]]
    experiment: str


def facts_of(study: StudyInfo) -> dict[str, Any]:
    """Return what the list shows of a study, whether or not anything was read."""
    parameters, environment = study.parameters, study.environment
    return {
        "id": visible(study.id),
        "title": visible(study.title),
        "date": study.dated.isoformat(),
        "finished": study.finished is not None,
        "published": study.published,
        "hypervisors": [[it.name, visible(it.title), it.colour or ""] for it in study.hypervisors],
        "boots": len([run for run in study.runs if run.status == "finished"]),
        "guests": parameters.guests,
        "guest_memory_mib": parameters.guest_memory_mib,
        "guest_os": visible(parameters.guest_os or ""),
        "session": visible(str(parameters.topology.get("session", ""))),
        "lab_host": _lab_host(study),
        "accelerator": visible(environment.accelerator or ""),
        "machine": [visible(it.value) for it in environment.hardware if it.part in _OF_THE_MACHINE],
        "profile": visible(study.profile),
    }


def _lab_host(study: StudyInfo) -> str:
    named = study.environment.host.get("hostname", "")
    return visible(f"{study.environment.kind} {named}".strip())


def summarise(dataset: Dataset) -> Summary:
    """Summarise a study.

    Raises:
        HvlabError: It has no number that the paper uses, or one in an unknown unit.
    """
    study, found = dataset.study, quantities(dataset)
    names = [it.name for it in study.hypervisors]
    read: dict[tuple[str, str, str | None], pd.Series] = {}
    for quantity, stage in asked_of(study.parameters.guests):
        for name in names:
            values = found.values(quantity, name, stage)
            if values is not None and len(values):
                read[quantity, name, stage] = values
    return Summary(
        facts=facts_of(study),
        numbers=tuple(_number(*key, measured(values)) for key, values in read.items()),
        settings={visible(name): visible(value) for name, value in settings_of(study).items()},
        versions={name: _versions(name, study) for name in names},
        trends={
            name: {
                quantity: tuple(float(value) for value in read[quantity, name, None])
                for quantity in TRENDS
                if (quantity, name, None) in read
            }
            for name in names
        },
        experiment=_experiment(study),
    )


def _number(
    quantity: str, name: str, stage: str | None, value: Measured
) -> tuple[str, str, str | None, float, float, int]:
    assert quantity in UNITS
    return quantity, name, stage, value.mean, value.variance, value.n


def _versions(name: str, study: StudyInfo) -> tuple[tuple[str, str], ...]:
    pairs = ((it.component, it.after) for it in versions_of(name, study, study))
    return tuple((visible(part), visible(version)) for part, version in pairs if version != UNKNOWN)


def _experiment(study: StudyInfo) -> str:
    """Return a word for what was done on which machine; a new version of anything does not change it."""
    parameters = {k: v for k, v in study.parameters.as_dict().items() if k not in _NOT_THE_EXPERIMENT}
    # The release is one of the things whose trend is shown; which port or how long a boot may take costs nothing.
    host = {k: v for k, v in study.parameters.lab_host.items() if k in ("memory_mib", "vcpus", "cpu_model", "desktop")}
    environment = study.environment
    machine = [(it.part, it.value) for it in environment.hardware if it.part in _OF_THE_MACHINE]
    where = [environment.kind, environment.host, environment.accelerator, machine]
    text = json.dumps([parameters | {"lab_host": host}, where], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
