"""Checks that a study has all metadata that a reader needs: parameters, environment, and what happened."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from core.errors import HvlabError
from dataset.captures import INDEX_FILE, read_index, run_name
from dataset.derived import check_derived
from dataset.journal import NAME, read_journal
from dataset.measurements import read_measurements
from dataset.models import RunInfo, StudyInfo
from dataset.paths import in_study
from dataset.stages import parse_stage
from hypervisors.registry import get_hypervisor

_PARAMETERS = (
    ["guests", "guest_memory_mib", "guest_disk_gib", "guest_os", "providers", "repeats", "stages", "disk_strategy"],
    ["seed", "lab_host", "topology", "readings", "settle", "box", "factors"],
)

_UNFINISHED = "not a finished run"


def missing_metadata(study_dir: Path, study: StudyInfo) -> list[str]:
    """List the metadata that a study lacks, one line each.

    Wanted are: every parameter; descriptors of all meters and factors; hardware, partitions, accelerator and versions;
    of each planned run that it finished, when, and at each stage how long it took and whether the host had settled,
    with the curve in the journal; the same captures at every stage; no rows and no captures of runs that study.json
    does not name. A published study has no runs; it must name its source.

    Raises:
        HvlabError: measurements.csv or the journal cannot be read.
    """
    if study.environment.kind == "published":
        source = [] if study.source else ["study.json: no source"]
        return [*_parameters(study, _PARAMETERS[0]), *source, *_descriptors(study_dir, study)]
    return [
        *_parameters(study, _PARAMETERS[0] + _PARAMETERS[1]),
        *_descriptors(study_dir, study),
        *_environment(study),
        *_runs(study),
        *_events(study_dir, study),
        *_same_captures(study_dir, study),
        *_unknown_runs(study_dir, study),
    ]


def _parameters(study: StudyInfo, wanted: list[str]) -> list[str]:
    recorded = study.parameters.as_dict()
    return [f"study.json: no parameter {name!r}" for name in wanted if recorded.get(name) in (None, "", [], {})]


def _descriptors(study_dir: Path, study: StudyInfo) -> list[str]:
    """List meters and factors that the study has and does not describe, and derived numbers that cannot be computed."""
    meters = {row.meter for row in read_measurements(study_dir)} - {it.name for it in study.meters}
    factors = study.parameters.factors.keys() - {it.name for it in study.factors}
    problems = [f"study.json: meter {name} is not described" for name in sorted(meters)]
    problems += [f"study.json: factor {name} is not described" for name in sorted(factors)]
    try:
        check_derived(study)
    except HvlabError as error:
        problems.append(f"study.json: {error.message}")
    return problems


def _environment(study: StudyInfo) -> list[str]:
    seen = study.environment
    parts: dict[str, Any] = {
        "controller": seen.controller,
        "hardware": seen.hardware,
        "partitions": seen.partitions,
        "accelerator": seen.accelerator,
    }
    problems = [f"study.json: environment: {name} is missing" for name, value in parts.items() if not value]
    wanted = {"kernel"} | {name for run in study.runs for name in get_hypervisor(run.provider).version_commands}
    missing = sorted(name for name in wanted if not seen.versions.get(name))
    return problems + [f"study.json: environment: version of {name} is missing" for name in missing]


def _runs(study: StudyInfo) -> list[str]:
    problems = [] if study.finished else ["study.json: the study is not finished"]
    stages = study.parameters.stages
    for run in study.runs:
        if run.status != "finished":
            problems.append(f"{run.name}: {run.status}, not finished")
            continue
        if not (run.started and run.ended):
            problems.append(f"{run.name}: start or end is missing")
        missing = [name for name in study.parameters.factors if not run.factors.get(name)]
        problems += [f"{run.name}: the reading of factor {name} is missing" for name in missing]
        known = [timing.stage for timing in run.timings if timing.settled is not None]
        problems += [f"{run.name}: whether it settled at {stage} is missing" for stage in stages if stage not in known]
    return problems


def _events(study_dir: Path, study: StudyInfo) -> list[str]:
    """Check the journal for each finished run's events."""
    events = read_journal(study_dir / NAME)
    ended = {event.get("run") for event in events if event["event"] == "run ends" and event.get("status") == "finished"}
    curves = {
        (event.get("provider"), event.get("repeat"), event.get("stage"))
        for event in events
        if event["event"] == "settling" and event.get("curve")
    }
    problems = []
    for run in _finished(study):
        if run.name not in ended:
            problems.append(f"{run.name}: its end is missing in the journal")
        for stage in study.parameters.stages:
            if (run.provider, run.repeat, stage) not in curves:
                problems.append(f"{run.name}: the journal has no curve of the host settling at {stage}")
    return problems


def _same_captures(study_dir: Path, study: StudyInfo) -> list[str]:
    """Compare each stage's captures with those of other stages of its kind (`Stage.kind`)."""
    found: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(dict)
    problems = []
    for run in _finished(study):
        for stage in study.parameters.stages:
            folder = f"runs/{run.name}/captures/{stage}"
            try:
                names = set(read_index(in_study(study_dir, f"{folder}/{INDEX_FILE}")))
            except HvlabError as error:
                problems.append(f"{run.name}: no captures at {stage} ({error.message})")
            else:
                found[run.provider, parse_stage(stage).kind][folder] = names
    for folders in found.values():
        every = set[str]().union(*folders.values())
        for folder, names in folders.items():
            problems += [f"{folder}/{name}: was captured at other stages, not here" for name in sorted(every - names)]
    return problems


def _unknown_runs(study_dir: Path, study: StudyInfo) -> list[str]:
    """Find rows and folders of runs that are not finished, or not in study.json."""
    finished = {run.name for run in _finished(study)}
    rows = {run_name(row.provider, row.repeat) for row in read_measurements(study_dir)}
    problems = [f"measurements.csv: rows of {name}, which is {_UNFINISHED}" for name in sorted(rows - finished)]
    folders = {path.name for path in (study_dir / "runs").glob("*")}
    return problems + [f"runs/{name}: {_UNFINISHED}" for name in sorted(folders - finished)]


def _finished(study: StudyInfo) -> list[RunInfo]:
    return [run for run in study.runs if run.status == "finished"]
