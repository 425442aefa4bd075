"""A sweep of the pretend hypervisor through hvlab's own code: interrupted, continued, checked, and what it finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dataset import load_sweep
from dataset.models import load_study
from dataset.sweep import find_sweep
from lab.settings import Settings
from report.inference.verdicts import Verdict
from report.sweep.effects import analyse
from report.sweep.responses import read_cell
from report.tables.precision import half_widths
from study.sweep.api import SweepRequest, plan_sweep, print_plan, sweep
from study.sweep.check import problems_of
from tests.functional.study.cluster_lab import settings
from tests.functional.study.fakelab import FakeLab, described, make_tools
from tests.functional.study.test_pretend_study import TOOLS
from tests.plugged import FOLDER, PRETEND, plugged_in
from tests.support.errors import raises_code

FILE = """\
repeats = 2
seed = 7
[axes]
"topology.memory_mib" = [256, 512]
"topology.vcpus" = [1, 2]
"""
RUNS = 8
# What a guest of 512 MiB costs more than one of 256, in the stand-in for `free`; a second processor costs nothing.
PLANTED_MIB = 40


@pytest.fixture(scope="module", autouse=True)
def plugins() -> Iterator[None]:
    with plugged_in(FOLDER):
        yield


class PlantedLab(FakeLab):
    """A lab whose guests cost more with more memory; it is interrupted in one of its boots."""

    booted = 0
    interrupted_at = 0

    def boot(self, name: str) -> None:
        PlantedLab.booted += 1
        if PlantedLab.booted == PlantedLab.interrupted_at:
            raise KeyboardInterrupt
        super().boot(name)
        more = PLANTED_MIB * (self.settings.topology.memory_mib == 512)
        (self.state / "run").write_text(f"{self.boots + more}\n")


class Controller:
    """What `study.sweep` is given, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.project, self.file = folder, folder / "sweep.toml"
        self.file.write_text(FILE)
        self.active: Any = SimpleNamespace(
            acquire=_nothing, end_leftover=lambda provider: None, require_off=lambda: None
        )
        self.settings = settings()
        own = self.settings.study.model_copy(update={"providers": ("pretend",)})
        self.settings = self.settings.model_copy(update={"study": own})

    def lab(self, wanted: Settings) -> Any:
        lab = PlantedLab(self.project / "state", wanted)
        make_tools(lab.state / "tools", TOOLS | {"pretendctl": (PRETEND / "tools/pretendctl").read_text()})
        return lab

    def sweep(self, **options: Any) -> Path:
        with pytest.MonkeyPatch.context() as patch, described():
            patch.setattr("study.api.check_room", lambda settings: None)
            request = SweepRequest(self.file, **options)
            return sweep(self.project, self.settings, request, self.active, half_widths, make_lab=self.lab)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@pytest.fixture(scope="module")
def controller(plugins: None, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """A controller whose sweep was interrupted in its fourth run and then continued."""
    found = Controller(tmp_path_factory.mktemp("sweep"))
    PlantedLab.booted, PlantedLab.interrupted_at = 0, 4
    with pytest.raises(KeyboardInterrupt):
        found.sweep()
    before = finished(found)
    found.sweep()
    assert len(before) == 3
    assert {name: content for name, content in finished(found).items() if name in before} == before
    return found


def finished(controller: Controller) -> dict[str, bytes]:
    """Map each finished run to the bytes of its indexes, which tell when each capture was made."""
    return {
        f"{file.parent.name} {run.name}": b"".join(
            path.read_bytes() for path in sorted((file.parent / "runs" / run.name).rglob("index.json"))
        )
        for file in find_sweep(controller.project).glob("studies/*/study.json")
        for run in load_study(file.parent).runs
        if run.status == "finished"
    }


def test_no_run_is_lost_or_repeated(controller: Controller) -> None:
    assert PlantedLab.booted == RUNS + 1
    assert len(finished(controller)) == RUNS
    assert problems_of(find_sweep(controller.project)) == []


def test_repeats_are_blocks(controller: Controller) -> None:
    """Each cell's first repeat is run before any cell's second one: what drifts does not look like an effect."""
    runs = [run for _, it in load_sweep(find_sweep(controller.project)).studies() for run in it.study.runs]
    started = {repeat: [run.started for run in runs if run.repeat == repeat and run.started] for repeat in (1, 2)}
    assert max(started[1]) < min(started[2])


def test_the_planted_effect_is_found_and_no_other(controller: Controller) -> None:
    found = load_sweep(find_sweep(controller.project))
    numbers = {cell.number: read_cell(dataset) for cell, dataset in found.studies()}
    (taken,) = [it for it in analyse(found.info, numbers, ["pretend"]) if it.response.name == "taken"]
    effects = {(it.change.axis.parameter, it.beside is not None): it.decided for it in taken.effects}
    assert {key: it.verdict for key, it in effects.items()} == {
        ("topology.memory_mib", False): Verdict.YES,
        ("topology.vcpus", False): Verdict.NO,
        ("topology.memory_mib", True): Verdict.NO,
    }
    # The lab that went on counts its boots anew: its repeats differ by 1 MiB from the others'.
    assert effects["topology.memory_mib", False].amount.mean == pytest.approx(PLANTED_MIB, abs=2)


def test_a_finished_sweep_is_not_run_again(controller: Controller) -> None:
    with raises_code("sweep-is-finished", find_sweep(controller.project).name, "--again"):
        controller.sweep()


def test_a_changed_study_is_named(controller: Controller) -> None:
    folder = find_sweep(controller.project)
    study = next(iter(sorted((folder / "studies").iterdir())))
    before = (study / "measurements.csv").read_text()
    (study / "measurements.csv").write_text(before.replace(",paper_free,", ",paper_used,", 1))
    try:
        assert any(study.name in problem for problem in problems_of(folder))
    finally:
        (study / "measurements.csv").write_text(before)


def test_its_size_and_duration_are_told(controller: Controller, capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(controller.project, controller.settings, SweepRequest(controller.file))
    said = capsys.readouterr()
    assert "4 cells" in said.err
    assert f"{RUNS} runs" in said.err
    assert "runs before took as long here" in said.err
    planned = plan_sweep(SweepRequest(controller.file, seed=8).read(), controller.settings)
    assert planned.order != plan_sweep(SweepRequest(controller.file).read(), controller.settings).order
