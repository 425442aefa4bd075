"""The study commands around the study itself: what a person wished for, the lock, a lab that a kill left running."""

from pathlib import Path

import pytest

from dataset.models import load_study, save_study
from lab.active_lab import ActiveLab
from lab.state.lock import acquire_lab
from study import api
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, described, fake_settings, take
from tests.support.errors import raises_code


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose newest study was cut off in its only run."""
    lab = FakeLab(tmp_path / "state", fake_settings(1))
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    info = load_study(folder)
    info.finished, info.runs[0].status = None, "running"
    save_study(folder, info)
    monkeypatch.setattr(api, "Lab", lambda settings: FakeLab(tmp_path / "state", settings))
    monkeypatch.setattr(api, "check_room", lambda settings: None)
    return tmp_path


def test_resume_ends_what_the_killed_command_left(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setattr(ActiveLab, "end_leftover", lambda self, provider: ended.append(provider))
    with described():
        folder = api.resume(project, "", ActiveLab(project / "state"), lambda _: {})
    assert ended == ["kvm"]
    assert check(folder) == []
    # With the settings that the study was begun with, not those of hvlab.toml.
    assert load_study(folder).parameters.readings["free_count"] == 2


def test_resume_leaves_a_lab_alone_that_somebody_uses(project: Path) -> None:
    with acquire_lab(project / "state"), raises_code("lab-locked"):
        api.resume(project, "", ActiveLab(project / "state"), lambda _: {})


def test_verify_and_tell(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with raises_code("study-has-problems"):
        api.verify(project, "")
    assert "kvm-01: running, not finished" in capsys.readouterr().out
    api.print_progress(project, "", ActiveLab(project / "state"))
    assert "0 finished, 1 running, 0 left" in capsys.readouterr().out
