"""Whether a study can go on in a lab: what needs no image is compared first, since building one takes minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import HvlabError
from dataset.models import StudyInfo
from dataset.stages import Stage
from lab.lifecycle import Lab
from study.host_check import require_same
from study.plan import parameter_differences, parameters, plan_of, planned_parameters


def require_same_lab(lab: Lab, study: StudyInfo, stages: Sequence[Stage]) -> None:
    """Check that a study continues in the lab that it was started in.

    Raises:
        HvlabError: A parameter or a property of the lab host differs (codes `other-parameters`, `other-lab-host`); the
            message names it.
    """
    plan, begun = plan_of(study), study.parameters.as_dict()
    box = begun.get("box", {})
    _compare(study, begun | {"box": {}}, planned_parameters(lab.settings, plan, stages).as_dict() | {"box": {}})
    if lab.box_version:
        _compare(study, {"box": {"version": box.get("version")}}, {"box": {"version": lab.box_version}})
    if study.environment.kind != "nested":
        require_same(lab.host, study)
    _compare(study, begun, parameters(lab, plan, stages).as_dict())


def _compare(study: StudyInfo, begun: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    if differences := parameter_differences(begun, here):
        raise HvlabError(
            f"study {study.id} was started with another lab: {', '.join(differences)}",
            "start a new one: study.all",
            code="other-parameters",
        )
