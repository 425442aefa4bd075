"""From captures to rows of the dataset, and the check that the rows still follow from the captures.

This lies beside the meters, not in study.dataset: the report reads datasets and must not need the meters.
"""

import os
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import (
    INDEX_FILE,
    CaptureInfo,
    capture_path,
    capture_text,
    check_index,
    read_index,
    run_name,
)
from dataset.files import read_bytes
from dataset.measurements import Measurement, read_measurements, value_text
from dataset.models import load_study
from dataset.paths import in_study
from dataset.stages import Stage, parse_stage
from study.meters.reading import read
from study.meters.registry import all_meters, meter
from study.meters.samples import is_spread


def measurements(
    provider: str,
    repeat: int,
    stage: Stage,
    meter_name: str,
    text: str,
    *,
    command: str = "",
    lines: int | None = None,
) -> list[Measurement]:
    """Read a capture through its meter.

    Args:
        provider: The run's provider.
        repeat: The run's repeat, 1, 2, ...
        stage: The stage at which it was captured.
        meter_name: The meter that made it.
        text: Its text.
        command: See `study.meters.reading.read`.
        lines: See there.

    Returns:
        A row for each number; `capture` is the path that `study.dataset.capture_path` gives.

    Raises:
        HvlabError: See `study.meters.reading.read`.
    """
    return [
        Measurement(
            provider=provider,
            repeat=repeat,
            stage=stage.name,
            guests=stage.guests,
            meter=meter_name,
            metric=number.metric,
            value=number.value,
            unit=number.unit,
            capture=capture_path(provider, repeat, stage.name, meter_name),
        )
        for number in read(meter(meter_name), text, command=command, lines=lines)
    ]


def rederive(study_dir: Path) -> list[str]:
    """Read every capture of the finished runs again and compare with measurements.csv.

    Checked: each capture's SHA-256 and index entry; each number against its row, in both directions; no
    row of a finished run without a capture. A capture whose command failed (exit status not 0) yields no
    rows. A published study has no captures of the kit's meters; there only the captures' existence is
    checked.

    Returns:
        The disagreements, one line each; none: the dataset follows from its captures.

    Raises:
        HvlabError: study.json or measurements.csv itself cannot be read.
    """
    study = load_study(study_dir)
    rows = read_measurements(study_dir)
    missing = {capture: why for capture in sorted({row.capture for row in rows}) if (why := _lack(study_dir, capture))}
    problems = [f"{capture}: {why}" for capture, why in missing.items()]
    if study.environment.kind == "published":
        return problems
    finished = {(run.provider, run.repeat) for run in study.runs if run.status == "finished"}
    expected: list[Measurement] = []
    for provider, repeat in sorted(finished):
        for folder in _stage_folders(study_dir, provider, repeat):
            problems += check_index(study_dir, folder)
            numbers, unreadable = _read_folder(study_dir, provider, repeat, folder)
            expected += numbers
            problems += unreadable
    found = [row for row in rows if (row.provider, row.repeat) in finished and row.capture not in missing]
    return problems + _compare(expected, found)


def _lack(study_dir: Path, capture: str) -> str:
    """Return why a row has no capture; empty if it has."""
    try:
        return "" if in_study(study_dir, capture).is_file() else "the capture is missing"
    except HvlabError as error:
        return error.message


def _stage_folders(study_dir: Path, provider: str, repeat: int) -> list[Path]:
    """List what lies where a run's stages are; a link there is no stage, `check_index` names it."""
    captures = study_dir / "runs" / run_name(provider, repeat) / "captures"
    return sorted(path for path in captures.glob("*") if path.is_dir() or path.is_symlink())


def _read_folder(study_dir: Path, provider: str, repeat: int, folder: Path) -> tuple[list[Measurement], list[str]]:
    """Read a stage's captures through their meters; returns rows, and what could not be read."""
    try:
        index_file = in_study(study_dir, f"{folder.relative_to(study_dir)}/{INDEX_FILE}")
        stage, index = parse_stage(folder.name), read_index(index_file)
    except HvlabError as error:
        return [], [f"{folder.name}: {error.message}"]
    rows: list[Measurement] = []
    problems = []
    for each in all_meters():
        file = folder / f"{each.name}.txt"
        if not os.path.lexists(file) or not _succeeded(index.get(file.name)):
            continue
        try:
            text = capture_text(read_bytes(file))
            entry = index[file.name]
            rows += measurements(provider, repeat, stage, each.name, text, command=entry.command, lines=entry.lines)
        except HvlabError as error:
            problems.append(f"{capture_path(provider, repeat, stage.name, each.name)}: {error}")
    return rows, problems


def _succeeded(capture: CaptureInfo | None) -> bool:
    return capture is not None and capture.exit_status == 0


def _compare(expected: list[Measurement], found: list[Measurement]) -> list[str]:
    """List numbers that differ, that have no row, and rows that no capture gives."""
    by_key = {row.key: row for row in found}
    # Studies taken before this was read kept no spread; it can be worked out, so nothing is missing.
    with_spread = any(is_spread(row.metric) for row in found)
    problems = []
    for row in expected:
        other = by_key.pop(row.key, None)
        if other is None and is_spread(row.metric) and not with_spread:
            continue
        if other is None:
            problems.append(f"{row.capture}: {row.metric} is not in measurements.csv")
        elif (other.guests, other.unit, other.capture, value_text(other.value)) != (
            row.guests,
            row.unit,
            row.capture,
            value_text(row.value),
        ):
            problems.append(
                f"{row.capture}: {row.metric} is {value_text(row.value)} {row.unit},"
                f" measurements.csv says {value_text(other.value)} {other.unit}"
                f" (guests {other.guests}, capture {other.capture})"
            )
    problems += [f"{row.capture}: does not give {row.metric} of measurements.csv" for row in by_key.values()]
    return problems
