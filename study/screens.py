"""Pictures of the guests' screens, taken once in a run, after the last readings."""

from datetime import UTC, datetime
from pathlib import Path

from lab.errors import HvlabError
from lab.machine import Machine
from lab.providers.base import Provider
from lab.screenshot import take_picture
from study.captures import INDEX_FILE, read_index, run_name, write_capture
from study.dataset import RunInfo, StudyInfo
from study.files import sha256_of
from study.stages import parse_stage

FOLDER = "screens"


def screen_path(provider: str, repeat: int, name: str) -> str:
    """Give a picture's path relative to the study's folder."""
    return f"runs/{run_name(provider, repeat)}/{FOLDER}/{name}.png"


def take_screens(host: Machine, provider: Provider, guests: list[str], study_dir: Path, repeat: int) -> None:
    """Keep a picture of each guest's screen in the run's folder, entered into the index.json there.

    Raises:
        HvlabError: One cannot be had, or nothing is on it.
    """
    for guest in guests:
        began = datetime.now(UTC)
        picture = take_picture(host, provider, guest)
        write_capture(
            study_dir,
            screen_path(provider.name, repeat, guest),
            picture,
            command=f"guest={guest}; {provider.screenshot_command}",
            exit_status=0,
            started=began,
            seconds=(datetime.now(UTC) - began).total_seconds(),
        )


def check_screens(study_dir: Path, study: StudyInfo) -> list[str]:
    """List what is wrong with a study's pictures, one line each.

    Wanted is one of each guest in every finished run, if the guests had an X session; each as its index tells it.
    """
    wanted: set[str] = set()
    if study.parameters.get("topology", {}).get("session") == "x-window":
        most = max((parse_stage(name).guests for name in study.parameters.get("stages", [])), default=0)
        wanted = {f"server{number}.png" for number in range(1, most + 1)}
    return [
        problem
        for run in study.runs
        if run.status == "finished"
        for problem in _check_run(study_dir / "runs" / run.name / FOLDER, run, wanted)
    ]


def _check_run(folder: Path, run: RunInfo, wanted: set[str]) -> list[str]:
    name = f"runs/{run.name}/{FOLDER}"
    if not folder.exists():
        return [f"{name}: no picture of any guest's screen"] if wanted else []
    try:
        index = read_index(folder / INDEX_FILE)
    except HvlabError as error:
        return [f"{name}: {error.message}"]
    # Hidden files are writes that were cut off.
    files = {path.name for path in folder.iterdir() if path.name != INDEX_FILE and path.name[0] != "."}
    problems = [f"{name}/{extra}: not in {INDEX_FILE}" for extra in sorted(files - index.keys())]
    problems += [f"{name}/{lost}: missing" for lost in sorted((wanted | index.keys()) - files)]
    for file in sorted(files & index.keys()):
        if sha256_of(folder / file) != index[file].sha256:
            problems.append(f"{name}/{file}: changed since it was taken (SHA-256)")
    return problems
