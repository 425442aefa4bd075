"""The factors of a study: what was asked for, beside what the lab host shows at a stage."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import HvlabError
from dataset.captures import capture_path
from dataset.files import read_bytes
from dataset.models import RunInfo
from dataset.stages import Stage, parse_stage
from hypervisors.base import Hypervisor
from lab.settings import FactorsSettings
from study.meters.factors import NAME, Seen, seen

# What a factor is where the host has no such thing.
ABSENT = "absent"


def as_told(found: Seen) -> dict[str, str]:
    """Return the factors that a lab host shows, in the words of hvlab.toml; `absent` where it has no such thing."""
    kinds = sorted(set(found.disks.values()))
    told = {
        "ksm": _word(found.ksm),
        "thp": _word(found.thp),
        "swap": _word(found.swap),
        "dom0_memory": _word(found.dom0_memory),
        "page_cache": ABSENT if found.page_cache_drops is None else "dropped" if found.page_cache_drops else "kept",
    }
    return told | ({"disk_strategy": " and ".join(kinds)} if kinds else {})


def _word(value: bool | str | None) -> str:
    return ABSENT if value is None else str(value).lower()


def differences(found: Seen, asked: FactorsSettings, provider: Hypervisor, stage: Stage) -> list[str]:
    """List the factors in which a lab host is not as it was asked to be, with both values.

    What the provider's lab host cannot have (`Hypervisor.without`) may be absent. A disk's kind is told by each guest's
    disk, and a dropped page cache by a drop for each stage so far.
    """
    told = as_told(found)
    problems = []
    for factor, value in asked:
        if factor == "disk_strategy":
            continue
        want, have = _word(value), told[factor]
        if have != want and not (have == ABSENT and factor in provider.without):
            problems.append(f"{factor} is {have}, {want} was asked for")
    drops = found.page_cache_drops or 0
    # Booting is the first stage, and each guest adds one.
    if asked.page_cache == "dropped" and 0 < drops <= stage.guests:
        problems.append(f"page_cache was dropped {drops} times, not at every stage so far")
    return problems + _disk_differences(found.disks, asked, stage)


def _disk_differences(disks: dict[str, str], asked: FactorsSettings, stage: Stage) -> list[str]:
    problems = []
    for number in range(1, stage.guests + 1):
        kind = disks.get(f"server{number}", ABSENT)
        if kind != asked.disk_strategy:
            problems.append(f"disk_strategy of server{number} is {kind}, {asked.disk_strategy} was asked for")
    return problems


def as_asked(parameters: dict[str, Any]) -> FactorsSettings:
    """Return the factors that a study's parameters ask for.

    Raises:
        HvlabError: They are not told, or this version does not know one of them.
    """
    try:
        return FactorsSettings.model_validate(parameters["factors"])
    except KeyError:
        raise HvlabError("study.json: no parameter 'factors'", "it was taken before factors were kept") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise HvlabError(f"study.json: parameter factors.{where}: {first['msg']}") from error


def untrue(study_dir: Path, run: RunInfo, parameters: dict[str, Any], provider: Hypervisor) -> list[str]:
    """Compare what a finished run's captures show of the factors with what was asked for, and with study.json.

    Raises:
        HvlabError: A capture is missing or cannot be read, or the parameters do not tell.
    """
    asked, last = as_asked(parameters), None
    problems = []
    for name in parameters.get("stages", []):
        stage = parse_stage(name)
        capture = study_dir / capture_path(run.provider, run.repeat, name, NAME)
        last = seen(read_bytes(capture).decode(errors="replace"))
        problems += [f"{run.name}, {name}: {each}" for each in differences(last, asked, provider, stage)]
    if last is not None and run.factors != as_told(last):
        problems.append(f"{run.name}: study.json tells other factors than its captures show")
    return problems
