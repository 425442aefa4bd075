"""Stage `manager`: opened, alive at every later reading, pictured, checked; or left out."""

import json
from pathlib import Path

import pytest
from PIL import Image

from dataset.measurements import read_measurements
from dataset.models import load_study
from study.meters.registry import meter
from study.plan import Plan, settings_of
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take
from tests.support.errors import raises_code

PLAN = Plan(("kvm",), 1, 7)
WINDOW = "runs/kvm-01/captures/{stage}/manager-window.txt"


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path / "state", fake_settings(2, manager=True))


def test_it_is_a_stage_with_rows_captures_and_a_picture(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, PLAN)
    info = load_study(folder)
    assert info.parameters.stages == ["booting", "manager", "vm-1", "vm-2"]
    assert settings_of(info).study.manager
    rows = {(row.stage, row.guests) for row in read_measurements(folder) if row.meter == "free"}
    assert rows == {("booting", 0), ("manager", 0), ("vm-1", 1), ("vm-2", 2)}
    assert not (folder / WINDOW.format(stage="booting")).exists()
    for stage in ("manager", "vm-1", "vm-2"):
        told = json.loads((folder / WINDOW.format(stage=stage)).read_text())
        assert [window["title"] for window in told["windows"]] == ["Virtual Machine Manager"]
    with Image.open(folder / "runs/kvm-01/screens/manager.png") as picture:
        assert picture.size == (8, 8)
    assert check(folder) == []


def test_without_it_there_is_no_such_stage(tmp_path: Path) -> None:
    folder = take(tmp_path / "studies", FakeLab(tmp_path / "state", fake_settings(1)), PLAN)
    assert load_study(folder).parameters.stages == ["booting", "vm-1"]
    assert not (folder / "runs/kvm-01/screens/manager.png").exists()


def test_a_manager_that_ends_fails_the_run(tmp_path: Path, lab: FakeLab) -> None:
    lab.manager_ends_with = "server2"
    with raises_code("runs-failed", "virt-manager", "vm-2"):
        take(tmp_path / "studies", lab, PLAN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answered_s": None}, "does not answer"),
        ({"wanted": None}, "no window 'Virtual Machine Manager'"),
        ({"windows": [{"id": 9, "title": "x", "pid": 78, "place": [0, 0, 8, 8]}]}, "another than the one"),
    ],
)
def test_the_check_finds_a_manager_that_was_not_alive(
    tmp_path: Path, lab: FakeLab, change: dict[str, object], message: str
) -> None:
    folder = take(tmp_path / "studies", lab, PLAN)
    file = folder / WINDOW.format(stage="vm-1")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert any("manager at vm-1" in problem and message in problem for problem in check(folder))


def test_a_lost_picture_of_the_manager_is_found(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, PLAN)
    (folder / "runs/kvm-01/screens/manager.png").unlink()
    assert "runs/kvm-01/screens/manager.png: missing" in check(folder)


READ = """\
pid=5 group=session comm=Xvfb cmd=Xvfb :0
ffff-ffff ---p 00000000 00:00 0    [rollup]
Rss:   9000 kB
Pss:   7000 kB
pid=9 group=manager comm=virt-manager cmd=/usr/bin/python3 /usr/bin/virt-manager
ffff-ffff ---p 00000000 00:00 0    [rollup]
Rss:   160000 kB
Pss:   120000 kB
matched=2
"""


def test_its_memory_is_told_apart_from_the_sessions() -> None:
    numbers = {it.metric: it.value for it in meter("manager").parse(READ)}
    assert (numbers["pss"], numbers["processes"]) == (120000, 1)
    assert (numbers["session_pss"], numbers["session_processes"]) == (7000, 1)
    before = meter("manager").parse(READ[: READ.index("pid=9")] + "matched=1\n")
    assert {it.metric: it.value for it in before}["processes"] == 0
    assert "pss" not in {it.metric for it in before}
