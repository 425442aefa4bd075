"""The factors of a study: what was asked for, beside what the lab host shows at a stage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from dataset.captures import capture_path, capture_text
from dataset.files import read_bytes
from dataset.models import RunInfo
from dataset.paths import in_study
from dataset.stages import Stage, parse_stage
from hypervisors.base import Hypervisor
from lab.factors.registry import get_factor
from lab.factors.settings import FactorsSettings
from study.meters.factors import shown
from study.meters.readback import NAME


def as_declared(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what a lab host shows as hvlab.toml writes it; `absent` where it has no such thing."""
    return {name: get_factor(name).as_declared(value) for name, value in found.items()}


def mismatches(found: Mapping[str, Any], asked: Mapping[str, Any], hypervisor: Hypervisor, stage: Stage) -> list[str]:
    """List the factors in which a lab host is not as it was asked to be, with both values.

    Args:
        found: What the lab host shows of each factor (study.meters.factors.shown).
        asked: Name to value. A factor that is not named is not compared: the study is older than it.
        hypervisor: Where a factor has no effect under it, it may be absent.
        stage: The stage at which the factors were read.
    """
    info = hypervisor.describe()
    return [
        problem
        for name, value in asked.items()
        for problem in get_factor(name).mismatches(found[name], value, stage, info)
    ]


def as_asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the factors that a study's parameters name, with their values.

    Raises:
        HvlabError: There are none, or this version does not know one of them.
    """
    try:
        kept = parameters["factors"]
        checked = FactorsSettings.model_validate(kept)
    except KeyError:
        raise HvlabError("study.json: no parameter 'factors'", "the study is older than factors") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(f"study.json: parameter factors.{where}: {first['msg']}") from error
    return {name: value for name, value in checked if name in kept}


def factor_mismatches(
    study_dir: Path, run: RunInfo, parameters: Mapping[str, Any], hypervisor: Hypervisor
) -> list[str]:
    """List how a finished run's captures differ from the factors that were asked for, and from study.json.

    Raises:
        HvlabError: A capture is missing or cannot be read, or the parameters do not name the factors.
    """
    asked = as_asked(parameters)
    last: dict[str, str] | None = None
    problems = []
    for name in parameters.get("stages", []):
        stage = parse_stage(name)
        capture = in_study(study_dir, capture_path(run.provider, run.repeat, name, NAME))
        found = shown(capture_text(read_bytes(capture)), hypervisor)
        last = as_declared({factor: found[factor] for factor in asked})
        problems += [f"{run.name}, {name}: {each}" for each in mismatches(found, asked, hypervisor, stage)]
    if last is not None and run.factors != last:
        problems.append(f"{run.name}: study.json has other factors than its captures show")
    return problems
