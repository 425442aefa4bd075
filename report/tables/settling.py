"""How the host came to rest before each reading: the curves that the study's journal keeps."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from dataset.journal import NAME, read_journal
from dataset.models import StudyInfo
from dataset.stages import stage_position

_Sample = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)], float]


class Curve(BaseModel):
    """One settling: samples of seconds, free memory that the host's kernel has in KiB, and busy CPU in percent."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    provider: str
    repeat: int
    stage: str
    state: str
    seconds: float
    curve: tuple[_Sample, ...]


@dataclass(frozen=True)
class Settled:
    """How long the host took at one stage under one hypervisor: median over repeats in s, and how often it did not."""

    seconds: float
    n: int
    gave_up: int


def read_curves(folder: Path, study: StudyInfo) -> list[Curve]:
    """Read the curves of a study's finished runs.

    Args:
        folder: The study's folder; one without a journal has no curves.
        study: Its `study.json`.

    Returns:
        One curve a stage of a run, the last where a run was begun again, in the paper's order.

    Raises:
        HvlabError: The journal is not in the form of docs/reference/dataset.md; names the file.
    """
    order = [it.name for it in study.hypervisors]
    finished = {(run.provider, run.repeat) for run in study.runs if run.status == "finished"}
    found: dict[tuple[str, int, str], Curve] = {}
    for event in read_journal(folder / NAME):
        if event.get("event") != "settling" or not event.get("curve"):
            continue
        try:
            curve = Curve.model_validate(event)
            stage_position(curve.stage)
            order.index(curve.provider)
        except (ValidationError, ValueError, HvlabError) as error:
            what = f"settling at {event.get('time')} is not as docs/reference/dataset.md says"
            raise HvlabError(f"{folder / NAME}: {what}", "./invoke study.check lists what is wrong") from error
        if (curve.provider, curve.repeat) in finished:
            found[curve.provider, curve.repeat, curve.stage] = curve
    return sorted(found.values(), key=lambda it: (order.index(it.provider), it.repeat, stage_position(it.stage)))


def settling_times(curves: Iterable[Curve]) -> dict[tuple[str, str], Settled]:
    """Return how long settling took, by hypervisor and stage."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.provider, curve.stage), []).append(curve)
    return {
        key: Settled(median(it.seconds for it in group), len(group), sum(it.state != "settled" for it in group))
        for key, group in groups.items()
    }
