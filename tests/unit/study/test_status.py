"""What is done, what is left, and for how long."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataset.journal import Journal
from dataset.models import Environment, RunInfo, StudyInfo, save_study
from dataset.parameters import Parameters
from hypervisors.registry import get_hypervisor
from study.progress import print_status, progress

BEGAN = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def run(name: str, status: str, begin: int = 0, minutes: int = 0) -> RunInfo:
    started = BEGAN + timedelta(minutes=begin) if status in {"finished", "running"} else None
    ended = started + timedelta(minutes=minutes) if started and status == "finished" else None
    provider, repeat = name.split("-")
    named = {"name": name, "provider": provider, "repeat": int(repeat), "status": status}
    return RunInfo.model_validate({**named, "started": started, "ended": ended})


def study(folder: Path, *runs: RunInfo) -> StudyInfo:
    info = StudyInfo(
        id=folder.name,
        title="t",
        profile="default",
        created=BEGAN,
        hypervisors=tuple(get_hypervisor(name).describe() for name in sorted({run.provider for run in runs})),
        parameters=Parameters(guests=2),
        environment=Environment(kind="nested"),
        runs=list(runs),
    )
    save_study(folder, info)
    return info


def test_progress(tmp_path: Path) -> None:
    study(
        tmp_path,
        run("kvm-01", "finished", 0, 10),
        run("xen-01", "finished", 10, 20),
        run("kvm-02", "running", 30),
        run("xen-02", "planned"),
    )
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("run begins", run="kvm-02")
    journal.append("read", stage="vm-2")
    found = progress(tmp_path, BEGAN + timedelta(minutes=34), [])
    assert [each.name for each in found.done] == ["kvm-01", "xen-01"]
    assert found.doing is not None
    assert (found.doing.name, found.stage) == ("kvm-02", "vm-2")
    assert [each.name for each in found.left] == ["xen-02"]
    assert found.seconds_left == 60 * (10 - 4 + 20)
    assert progress(tmp_path, BEGAN + timedelta(minutes=90), []).seconds_left == 60 * 20


def test_the_estimate_comes_from_this_study_else_from_another_else_there_is_none(tmp_path: Path) -> None:
    here = tmp_path / "here"
    study(here, run("kvm-01", "planned"), run("xen-01", "planned"))
    assert progress(here, BEGAN, []).seconds_left is None
    other = study(tmp_path / "other", run("kvm-01", "finished", 0, 5))
    # Nothing is known of Xen; KVM's time is the next best.
    assert progress(here, BEGAN, [other]).seconds_left == 60 * 10


@pytest.mark.parametrize(
    ("busy", "says"), [(True, "no stage read yet"), (False, "interrupted; ./invoke study.resume starts it again")]
)
def test_it_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str], busy: bool, says: str) -> None:
    done = run("kvm-01", "finished", 0, 10)
    done.suspect = ["vm-1: oops"]
    study(tmp_path, done, run("kvm-02", "running", 10), run("kvm-03", "planned"))
    print_status(tmp_path, BEGAN + timedelta(minutes=15), [], busy=busy)
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "1 new kernel errors: suspect" in text
    assert all(word in text for word in says.split())
    assert "1 finished, 1 running, 1 left; about 15 min left" in text
