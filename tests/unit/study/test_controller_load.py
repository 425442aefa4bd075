"""The machine's own load over a reading, from recorded forms of the kernel's files."""

from pathlib import Path

import pytest

from report.data.controller import busy_machine
from study.controller_load import ControllerLoad, read_process, read_stat
from study.stage_timer import StageClock
from tests.unit.study.test_status import run, study

# Of one machine, 10 s apart: the lab host's process used 600 ticks of 2000.
STAT = "cpu  {user} 10 200 5000 100 0 5 40 300 0\ncpu0 1 2 3 4 5 6 7 8 9 0\nintr 5\n"
PROCESS = "42 (qemu (x) 86) S 1 42 42 0 -1 4194560 1 0 0 0 {user} 50 7 8 20 0 5 0 100 1 1\n"


def kernel(proc: Path, user: int, idle: int, own: int) -> None:
    (proc / "42").mkdir(exist_ok=True)
    (proc / "stat").write_text(STAT.format(user=user).replace(" 5000 ", f" {idle} "))
    (proc / "42/stat").write_text(PROCESS.format(user=own))
    (proc / "loadavg").write_text("2.50 1.00 0.50 3/200 999\n")


def test_the_kernels_files() -> None:
    assert read_stat(STAT.format(user=1000)) == (1255, 6355)
    assert read_process(PROCESS.format(user=100)) == 150


@pytest.mark.parametrize(("pid", "others"), [(42, 20.0), (None, None)])
def test_the_share_of_others_is_what_the_lab_host_does_not_use(
    tmp_path: Path, pid: int | None, others: float | None
) -> None:
    load = ControllerLoad(pid, tmp_path)
    clock = StageClock()
    clock.load = load
    kernel(tmp_path, 1000, 5000, 100)
    with clock.part("booting"):
        pass
    kernel(tmp_path, 1000, 5000, 100)
    load.begin()
    kernel(tmp_path, 2000, 6000, 700)
    load.end()
    timing = clock.timing("vm-1", settled=True)
    assert (timing.controller_busy, timing.controller_others, timing.controller_load) == (50.0, others, 2.5)


def test_a_reading_that_failed_has_no_load(tmp_path: Path) -> None:
    clock = StageClock()
    clock.load = ControllerLoad(42, tmp_path)
    kernel(tmp_path, 1000, 5000, 100)
    with pytest.raises(ValueError, match="lost"), clock.part("reading"):
        raise ValueError("lost")
    assert clock.timing("vm-1", settled=True).controller_busy is None
    with clock.part("reading"):
        kernel(tmp_path, 2000, 6000, 700)
    assert clock.timing("vm-1", settled=True).controller_others == 20.0


@pytest.mark.parametrize("ends", ["before the reading", "during it"])
def test_a_lab_host_that_ends_has_no_load_and_the_reading_says_why(tmp_path: Path, ends: str) -> None:
    clock = StageClock()
    clock.load = ControllerLoad(42, tmp_path)
    kernel(tmp_path, 1000, 5000, 100)
    process = tmp_path / "42/stat"
    if ends == "before the reading":
        process.unlink()
    with clock.part("reading"):
        process.unlink(missing_ok=True)
    assert clock.load.found == {}


def test_a_busy_machine_is_found_in_the_dataset(tmp_path: Path) -> None:
    info = study(tmp_path / "s", run("kvm-01", "finished", 0, 9), run("kvm-02", "planned"))
    assert busy_machine(info) is None
    stages = [("booting", 3.0), ("vm-1", 45.5), ("vm-2", None)]
    info.runs[0] = info.runs[0].model_validate(
        info.runs[0].model_dump() | {"timings": [{"stage": s, "controller_others": share} for s, share in stages]}
    )
    found = busy_machine(info)
    assert found
    assert (found.readings, found.of, found.most) == (1, 2, 45.5)
