"""The parameters that a sweep may vary: all settings but those that say where and how often something is run."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from dataset.sweep import PROVIDERS, Level
from hypervisors.registry import all_hypervisors
from lab.factors.registry import all_factors
from lab.settings import Settings

_OWN = "hypervisors"
_FACTORS = "factors"
_NO_AXES = frozenset(
    {"lab_host.host", "lab_host.ssh_config", "lab_host.ssh_port", "study.repeats", "study.most_repeats"}
)
_TITLES = {
    "topology.guests": "Number of guests",
    "topology.memory_mib": "Memory of a guest",
    "topology.memory_load_mib": "Memory load of a guest",
    "topology.vcpus": "Processors of a guest",
    "topology.disk_gib": "Disk of a guest",
    "topology.swap_gib": "Swap of a guest",
    "topology.os": "Guest system",
    "topology.session": "Session of a guest",
    "lab_host.release": "Release of the lab host",
    "lab_host.memory_mib": "Memory of the lab host",
    "lab_host.vcpus": "Processors of the lab host",
    "study.manager": "Stage with the manager's window",
    PROVIDERS: "Hypervisor",
}
_UNITS = {"mib": "MiB", "gib": "GiB", "s": "s"}


@dataclass(frozen=True)
class Parameter:
    """A parameter that may be an axis.

    Attributes:
        name: `TABLE.NAME` as in hvlab.toml.
        title: In print, English.
        unit: Of its values, in print; empty: none.
    """

    name: str
    title: str
    unit: str


def known_parameters() -> dict[str, Parameter]:
    """Return all parameters that a sweep may vary, by name; plug-ins' own among them."""
    return {name: Parameter(name, _title(name), _unit(name)) for name in _names() if name not in _NO_AXES}


def _names() -> Iterable[str]:
    # By the values, since some tables' fields are those of the plug-ins that there are.
    for table, values in Settings.model_validate({}).model_dump(mode="json").items():
        if table != _OWN:
            yield from (f"{table}.{name}" for name, value in values.items() if not isinstance(value, Mapping))
    for hypervisor in all_hypervisors().values():
        yield from (f"{_OWN}.{hypervisor.name}.{name}" for name in hypervisor.parameters.model_fields)


def _title(name: str) -> str:
    table, _, rest = name.partition(".")
    factor = all_factors().get(rest) if table == _FACTORS else None
    return factor.title if factor else _TITLES.get(name, name)


def _unit(name: str) -> str:
    return _UNITS.get(name.rpartition("_")[2], "") if "_" in name.rpartition(".")[2] else ""


def parameter(name: str, where: str) -> Parameter:
    """Return the parameter of a name.

    Args:
        name: `TABLE.NAME`.
        where: The file and the place in it, for the error.

    Raises:
        HvlabError: There is none (code `unknown-parameter`; the hint has a name that is like it), or it says where or
            how often something is run (`no-axis`).
    """
    known = known_parameters()
    if name in known:
        return known[name]
    if name in _NO_AXES:
        raise HvlabError(
            f"{where}: {name} cannot vary", "repeats, seed and precision stand at the file's top", code="no-axis"
        )
    alike = difflib.get_close_matches(name, known, 1, 0.5) or [
        each for each in known if each.rpartition(".")[2] == name.rpartition(".")[2]
    ]
    hint = f"is {alike[0]} meant?" if alike else "the comments in hvlab.toml list what is known"
    raise HvlabError(f"{where}: there is no parameter {name!r}", hint, code="unknown-parameter")


def with_values(settings: Settings, values: Mapping[str, Level], where: str) -> Settings:
    """Return settings in which some parameters have other values.

    Args:
        settings: The settings.
        values: Value by parameter.
        where: The file and the cell, for the error.

    Raises:
        HvlabError: A value is not one of the parameter's, or two do not fit each other (code `bad-sweep-file`).
    """
    table = settings.model_dump(mode="json")
    for name, value in values.items():
        *tables, key = name.split(".")
        place: dict[str, Any] = table
        for each in tables:
            place = place.setdefault(each, {})
        place[key] = [value] if name == PROVIDERS and isinstance(value, str) else value
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place_of = ".".join(str(part) for part in first["loc"])
        words = ": ".join(part for part in (where, place_of, first["msg"].removeprefix("Value error, ")) if part)
        raise HvlabError(words, "the comments in hvlab.toml say what is allowed", code="bad-sweep-file") from error
