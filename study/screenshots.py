"""Screenshots of the guests and the manager, and pictures of terminal output, made after a run's last readings."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import capture_path, capture_text, check_index, run_name, write_capture
from dataset.files import read_bytes
from dataset.guests import guest_names
from dataset.models import RunInfo, StudyInfo
from dataset.paths import in_study
from dataset.stages import BOOTING, MANAGER, parse_stage, phase_of
from dataset.terminal import PICTURED, printed, svg
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Machine
from lab.desktop.manager_window import picture, picture_command
from lab.desktop.windows import read_look, require_alive
from lab.guests.screenshot import take_picture

FOLDER = "screens"
MANAGER_PICTURE = "manager.png"
# The capture with the lab host's windows and the manager's answer to a ping, from stage `manager` on.
WINDOW_CAPTURE = "manager-window"
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class _Moment:
    """Now, by two clocks: the time of day may be set meanwhile, so durations are of the other one."""

    of_day: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)


def screen_path(provider: str, repeat: int, file: str) -> str:
    """Return a picture's path relative to the study's folder."""
    return f"runs/{run_name(provider, repeat)}/{FOLDER}/{file}"


def take_screens(host: Machine, provider: Hypervisor, guests: list[str], study_dir: Path, repeat: int) -> None:
    """Save a screenshot of each guest in the run's folder, with an entry in the index.json there.

    Raises:
        HvlabError: A screenshot fails, or shows one colour only.
    """
    for guest in guests:
        began = _Moment()
        screen = take_picture(host, provider, guest)
        path = screen_path(provider.name, repeat, f"{guest}.png")
        _keep(study_dir, path, screen, f"guest={guest}; {provider.screenshot_command}", began)


def take_manager(host: Machine, provider: Hypervisor, study_dir: Path, repeat: int) -> None:
    """Save a picture of the manager's window in the same way.

    Raises:
        HvlabError: The picture fails, another window covers this one, or it shows one colour only.
    """
    began = _Moment()
    window = picture(host, provider.manager)
    path = screen_path(provider.name, repeat, MANAGER_PICTURE)
    _keep(study_dir, path, window, picture_command(provider.manager), began)


def draw_terminals(study_dir: Path, provider: Hypervisor, repeat: int, stages: Iterable[str]) -> None:
    """Draw what `free` and `mpstat` printed at each stage without a load from the captures, and keep it likewise.

    Raises:
        HvlabError: A capture cannot be read, or is not there.
    """
    for stage in (each for each in stages if not phase_of(each)):
        for meter in PICTURED:
            began = _Moment()
            capture = capture_path(provider.name, repeat, stage, meter)
            found = printed(in_study(study_dir, capture))
            if found is None:
                raise HvlabError(f"{study_dir / capture}: there is no such capture to draw")
            path = screen_path(provider.name, repeat, terminal_picture(meter, stage))
            _keep(study_dir, path, svg(found, f"{provider.title}, {stage}"), f"drawn from {capture}", began)


def terminal_picture(meter: str, stage: str) -> str:
    """Return the file name of the picture of a meter's output at a stage."""
    return f"{meter}-{stage}.svg"


def _keep(study_dir: Path, path: str, content: bytes, command: str, began: _Moment) -> None:
    seconds = time.monotonic() - began.clock
    write_capture(study_dir, path, content, command=command, exit_status=0, started=began.of_day, seconds=seconds)


def check_screens(study_dir: Path, study: StudyInfo) -> list[str]:
    """List the problems of a study's pictures, one line each.

    Every finished run needs one of each guest, if the guests had an X session, one of the manager, if it was opened,
    and one of each terminal; each must match its index entry.
    """
    stages = study.parameters.stages
    wanted = {terminal_picture(meter, stage) for stage in stages if not phase_of(stage) for meter in PICTURED}
    if study.parameters.topology.get("session") == "x-window":
        most = max((parse_stage(name).guests for name in stages), default=0)
        wanted |= {f"{guest}.png" for guest in guest_names(most)}
    if MANAGER in stages:
        wanted.add(MANAGER_PICTURE)
    return [problem for run in study.runs if run.status == "finished" for problem in _check_run(study_dir, run, wanted)]


def _check_run(study_dir: Path, run: RunInfo, wanted: set[str]) -> list[str]:
    folder = study_dir / "runs" / run.name / FOLDER
    if not os.path.lexists(folder):
        return [f"{folder.relative_to(study_dir)}: no picture of any screen"] if wanted else []
    problems = check_index(study_dir, folder, wanted)
    if problems:
        return problems
    pictures = [folder / name for name in sorted(wanted) if name.endswith(".png")]
    return [
        f"{path.relative_to(study_dir)}: no PNG picture" for path in pictures if not read_bytes(path).startswith(_PNG)
    ]


def check_manager(study_dir: Path, study: StudyInfo) -> list[str]:
    """List at which stages of finished runs the manager was not on the screen, or did not answer, one line each."""
    wanted = [stage for stage in study.parameters.stages if stage != BOOTING]
    if MANAGER not in wanted or study.environment.kind == "published":
        return []
    problems = []
    for run in (run for run in study.runs if run.status == "finished"):
        title = get_hypervisor(run.provider).manager.title
        opened = None
        for stage in wanted:
            try:
                text = capture_text(
                    read_bytes(in_study(study_dir, capture_path(run.provider, run.repeat, stage, WINDOW_CAPTURE)))
                )
                window = require_alive(read_look(text), title, opened)
            except HvlabError as error:
                problems.append(f"{run.name}: manager at {stage}: {error}")
            else:
                opened = opened or window
    return problems
