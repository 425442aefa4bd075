"""How the host came to rest before each reading: the curves that a study's journal keeps."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core.errors import HvlabError
from dataset.journal import NAME, read_journal
from dataset.models import StudyInfo
from dataset.paths import in_study
from dataset.stages import StageName, stage_position

_Sample = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)], float]


class Curve(BaseModel):
    """One settling: samples of seconds, free memory that the host's kernel has in KiB, and busy CPU in percent."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    provider: str
    repeat: int
    stage: StageName
    state: str
    seconds: float
    curve: tuple[_Sample, ...]


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
    for event in read_journal(in_study(folder, NAME)):
        if event["event"] != "settling" or not event.get("curve"):
            continue
        try:
            curve = Curve.model_validate(event)
            order.index(curve.provider)
        except ValueError as error:
            what = f"settling at {event['time']} is not as docs/reference/dataset.md says"
            raise HvlabError(f"{folder / NAME}: {what}", "./invoke study.check lists what is wrong") from error
        if (curve.provider, curve.repeat) in finished:
            found[curve.provider, curve.repeat, curve.stage] = curve
    return sorted(found.values(), key=lambda it: (order.index(it.provider), it.repeat, stage_position(it.stage)))
