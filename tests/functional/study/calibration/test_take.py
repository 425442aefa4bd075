"""A whole calibration on this machine, with stand-ins for the lab and its tools; the loads are real."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from dataset.calibration import load
from dataset.captures import read_index
from lab.active_lab import ActiveLab
from lab.settings import Settings
from study.calibration import calibration as calibrating
from study.calibration import runner
from tests.functional.study.fakelab import FakeLab, fake_settings
from tests.support.errors import raises_code

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
    folder = calibrating.calibrate(small.settings, ("kvm",), tmp_path / "calibrations", ActiveLab(tmp_path / "state"))
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
    with raises_code("calibration-off"):
        calibrating.require_passed(folder)


def test_windows_that_do_not_coincide_are_taken_again(
    small: FakeLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "WINDOW_SLACK_S", -1.0)
    with raises_code("not-calibrated", "kvm: KVM: cpu-rest"):
        calibrating.calibrate(small.settings, ("kvm",), tmp_path / "calibrations", ActiveLab(tmp_path / "state"))
    (folder,) = (tmp_path / "calibrations").iterdir()
    found = load(folder)
    assert found.finished is None
    assert not (folder / "runs" / "kvm").exists()
