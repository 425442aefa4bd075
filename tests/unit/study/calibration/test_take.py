"""A whole calibration on this machine, with stand-ins for the lab and its tools; the loads are real."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from dataset.calibration import Calibration, Row, load, newest, save
from dataset.captures import read_index
from lab.settings import Settings
from study.calibration import calibration as calibrating
from study.calibration import runner
from tests.unit.study.fakelab import FakeLab, fake_settings

# Waits as mpstat does between its samples, then prints what the stand-in of the other tests prints.
MPSTAT = """\
#!/bin/sh
exec perl -e '$SIG{ALRM} = sub { }; alarm shift() * shift(); syscall 34; exec "sh", @ARGV' $1 $2 "$0.text" $1 $2
"""


@pytest.fixture
def settings() -> Settings:
    wanted = fake_settings(1)
    study = wanted.study.model_copy(update={"mpstat_interval_s": 1, "mpstat_count": 2, "attempts": 1})
    settle = wanted.settle.model_copy(update={"give_up_s": 20})
    return wanted.model_copy(update={"study": study, "settle": settle})


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings) -> FakeLab:
    sizes = {"HOST_MIB": (4,), "GUEST_MIB": (2,), "FIRST_MIB": 1, "HOST_PERCENT": (30,), "GUEST_PERCENT": (20,)}
    for name, value in sizes.items():
        monkeypatch.setattr(runner, name, value)
    # The stand-in runs everything on this machine, whose khugepaged is nobody's business.
    monkeypatch.setattr(runner, "let_huge_pages_settle", lambda host: None)
    # Other programs run on this machine, too.
    monkeypatch.setattr(runner, "MEMORY_SPREAD_MIB", 1000.0)
    monkeypatch.setattr(runner, "WINDOW_SLACK_S", 1.0)
    lab = FakeLab(tmp_path / "state", settings)
    tools = tmp_path / "state" / "tools"
    (tools / "mpstat").rename(tools / "mpstat.text")
    (tools / "mpstat").write_text(MPSTAT)
    (tools / "mpstat").chmod(0o755)
    stand_in: Any = lab
    monkeypatch.setattr(calibrating, "Lab", lambda _settings: stand_in)
    monkeypatch.setattr(calibrating, "check_room", lambda _settings: None)
    return lab


def test_every_step_has_its_rows_and_captures(small: FakeLab, tmp_path: Path) -> None:
    folder = calibrating.calibrate(small.settings, ("kvm",), tmp_path / "calibrations", tmp_path / "state")
    found = load(folder)
    assert found.finished
    assert (found.id, found.image, found.providers) == (folder.name, "host-fake", ["kvm"])
    steps = dict.fromkeys(row.step for row in found.rows)
    assert list(steps) == ["guest-memory-2", "host-memory-4", "host-cpu-30", "guest-cpu-20"]
    for row in found.rows:
        for capture in filter(None, (row.before, row.after)):
            path = folder / capture
            assert (
                read_index(path.parent / "index.json")[path.name].sha256
                == hashlib.sha256(path.read_bytes()).hexdigest()
            )
    (host, guest) = found.given
    assert host.own_percent == pytest.approx(30, abs=5)
    assert guest.own_percent == pytest.approx(20, abs=5)
    assert host.ticks_percent is None
    # The stand-in's mpstat has no idea of this machine's load.
    assert "busy" in {row.metric for row in found.failed}
    with pytest.raises(HvlabError, match="off by more than they may be, first"):
        calibrating.require_passed(folder)


def test_windows_that_do_not_coincide_are_taken_again(
    small: FakeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "WINDOW_SLACK_S", -1.0)
    with pytest.raises(HvlabError, match="not calibrated: kvm: KVM: cpu-rest: its windows did not coincide"):
        calibrating.calibrate(small.settings, ("kvm",), tmp_path / "calibrations", tmp_path / "state")
    (folder,) = (tmp_path / "calibrations").iterdir()
    found = load(folder)
    assert found.finished is None
    assert not (folder / "runs" / "kvm").exists()


def calibration(root: Path, name: str, **facts: Any) -> Calibration:
    data: dict[str, Any] = {
        "created": "2026-11-24T10:00:00Z",
        "finished": "2026-11-24T10:10:00Z",
        "image": "host-1",
        "accelerator": "tcg",
    }
    data |= {"guest_os": "debian-12", "parameters": {}, "providers": ["kvm"]}
    found = Calibration.model_validate({"id": name, **data, **facts})
    (root / name).mkdir(parents=True)
    save(root / name, found)
    return found


def test_a_study_takes_the_newest_that_was_taken_on_its_image(tmp_path: Path) -> None:
    root = tmp_path / "calibrations"
    assert newest(root, "host-1", ["kvm"]) is None
    calibration(root, "20261124-100000")
    calibration(root, "20261124-110000")
    calibration(root, "20261124-120000", finished=None)
    calibration(root, "20261124-130000", image="host-2")
    calibration(root, "20261124-140000", providers=["xen"])
    (root / "20261124-150000").mkdir()
    (root / "20261124-150000" / "calibration.json").write_text("{}")
    found = newest(root, "host-1", ["kvm", "virtualbox"])
    assert found is not None
    assert found.name == "20261124-110000"


def test_a_damaged_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text('{"schema": 2}')
    with pytest.raises(HvlabError, match=r"calibration.json: .*docs"):
        load(tmp_path)


def test_a_row_that_is_off_is_named(tmp_path: Path) -> None:
    row = Row(
        provider="xen", quantity="memory", step="host-memory-64", where="host", applied=64, machine="host",
        meter="meminfo", metric="MemFree", unit="MiB", can_see=True, known=64.1, seen=60, explained=0, error=-4.1,
        tolerance=1, resolution=0, passed=False, before="a/meminfo.txt", after="b/meminfo.txt",
    )  # fmt: skip
    calibration(tmp_path, "one", rows=[row.model_dump()])
    with pytest.raises(HvlabError, match=r"1 of 1 readings .* xen host-memory-64: meminfo MemFree by -4.10 MiB"):
        calibrating.require_passed(tmp_path / "one")
