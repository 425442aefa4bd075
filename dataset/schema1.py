"""Reads studies of schema 1, which did not describe themselves: their descriptors come from reference/schema-1.json."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from core.paths import PROJECT
from dataset.descriptors import Descriptors, HypervisorInfo
from dataset.files import invalid, parse_json

PATH = PROJECT / "reference" / "schema-1.json"
"""The hypervisors, meters, factors and derived numbers of the time of schema 1."""


def upgrade(data: Any, file: Path) -> Any:
    """Bring what a study.json holds to schema 2.

    Args:
        data: The parsed JSON, which has not been checked yet.
        file: The file, for the error.

    Returns:
        A study of schema 1 with schema 2 and descriptors: of the hypervisors that its parameters and runs name (of
        all three where it names none), of all meters, and of the factors that it set. Anything else unchanged.

    Raises:
        HvlabError: The study has a hypervisor that no version with schema 1 knew.
    """
    if not isinstance(data, dict) or data.get("schema") != 1:
        return data
    known = _descriptors()
    names = _hypervisors(data)
    titles = {it.name: it for it in known.hypervisors}
    if unknown := [name for name in names if name not in titles]:
        raise HvlabError(
            f"{file}: unknown hypervisor {unknown[0]!r} in a study of schema 1",
            f"one of {', '.join(titles)}",
            code="invalid-dataset",
        )
    wanted = names or list(titles)
    hypervisors = tuple(it for it in known.hypervisors if it.name in wanted)
    values = _mapping(_mapping(data.get("parameters")).get("factors"))
    described = known.model_copy(
        update={
            "hypervisors": hypervisors,
            "factors": tuple(
                it.model_copy(update={"value": values[it.name], "applies": _applies(it.name, hypervisors)})
                for it in known.factors
                if it.name in values
            ),
            "derived": tuple(it for it in known.derived if it.hypervisor in wanted),
        }
    )
    return {**data, **described.model_dump(mode="json"), "schema": 2}


def _applies(factor: str, hypervisors: tuple[HypervisorInfo, ...]) -> dict[str, bool]:
    return {it.name: False for it in hypervisors if factor in it.without_factors}


def _hypervisors(data: Mapping[str, Any]) -> list[str]:
    """List the hypervisors that a study names; what is of the wrong form is left to the check that follows."""
    runs = data.get("runs")
    found = [_mapping(run).get("provider") for run in (runs if isinstance(runs, list) else [])]
    named = _mapping(data.get("parameters")).get("providers")
    found += named if isinstance(named, list) else []
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


@cache
def _descriptors() -> Descriptors:
    try:
        return Descriptors.model_validate(parse_json(PATH))
    except ValidationError as error:
        raise invalid(PATH, error) from error
