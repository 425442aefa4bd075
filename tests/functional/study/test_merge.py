"""Runs of another host are merged as further repeats; unlike studies are refused by name."""

import shutil
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.paths import PROJECT
from dataset.journal import NAME, read_journal
from dataset.measurements import read_measurements
from dataset.models import load_study, save_study
from study.merge import import_runs
from study.verify import check
from tests.support.errors import raises_code


def test_runs_are_merged(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    mine, foreign = read_measurements(ours), read_measurements(theirs)
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04"]
    assert check(ours) == []
    study = load_study(ours)
    assert [run.name for run in study.runs] == ["kvm-01", "kvm-02", "kvm-03", "kvm-04"]
    assert study.parameters.repeats == 4
    assert study.runs[2].origin is not None
    assert study.runs[2].origin["run"] == "kvm-01"
    assert study.runs[2].host is not None
    assert study.runs[2].host["hardware"][0]["value"] == "another processor"
    rows = read_measurements(ours)
    assert rows[: len(mine)] == mine
    assert [row.value for row in rows[len(mine) :]] == [row.value for row in foreign]
    assert {row.repeat for row in rows[len(mine) :]} == {3, 4}
    assert check(theirs) == []
    assert read_measurements(theirs) == foreign


def test_the_same_runs_are_not_merged_twice(two: tuple[Path, Path]) -> None:
    import_runs(*two)
    with raises_code("imported-before", "kvm-01", "theirs", "kvm-03"):
        import_runs(*two)
    with raises_code("imported-before"):
        import_runs(two[0], two[0])


def test_a_run_that_came_by_another_study_is_known(two: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = two
    third = Path(shutil.copytree(ours, tmp_path / "third"))
    info = load_study(third)
    info.id = "third"
    for run in info.runs:
        run.started = run.started and run.started.replace(year=2020)
    save_study(third, info)
    import_runs(ours, theirs)
    import_runs(third, theirs)
    with raises_code("imported-before", "kvm-03", "third"):
        import_runs(ours, third)


def test_imported_runs_are_imported_as_what_they_first_were(two: tuple[Path, Path], tmp_path: Path) -> None:
    ours, theirs = two
    fourth = Path(shutil.copytree(ours, tmp_path / "fourth"))
    info = load_study(fourth)
    info.id, info.environment.hardware[0].value = "fourth", "a fourth processor"
    for run in info.runs:
        run.started = run.started and run.started.replace(year=2021)
    save_study(fourth, info)
    import_runs(theirs, fourth)
    first = [event for event in read_journal(theirs / NAME) if event["event"] == "settling" and event["repeat"] == 3]
    assert import_runs(ours, theirs) == ["kvm-03", "kvm-04", "kvm-05", "kvm-06"]
    assert check(ours) == []
    runs = {run.name: run for run in load_study(ours).runs}
    assert [(runs[name].origin or {})["study"] for name in ("kvm-03", "kvm-05")] == ["theirs", "fourth"]
    assert (runs["kvm-05"].host or {})["hardware"][0]["value"] == "a fourth processor"
    second = [event for event in read_journal(ours / NAME) if event["event"] == "settling" and event["repeat"] == 5]
    assert [event["happened"] for event in second] == [event["happened"] for event in first]
    assert [event["curve"] for event in second] == [event["curve"] for event in first]


@pytest.mark.parametrize(
    ("where", "name", "value", "message"),
    [
        ("parameters", "guests", 2, r"guests \(1 and 2\)"),
        ("parameters", "guest_memory_mib", 1024, r"guest_memory_mib \(512 and 1024\)"),
        ("environment", "accelerator", "kvm", r"accelerator \(tcg and kvm\)"),
        ("versions", "libvirt", "11", r"versions\.libvirt \(9 and 11\)"),
    ],
)
def test_unlike_studies_are_refused_by_name(
    two: tuple[Path, Path], where: str, name: str, value: object, message: str
) -> None:
    ours, theirs = two
    info = load_study(theirs)
    if where == "parameters":
        setattr(info.parameters, name, value)
    elif where == "versions":
        info.environment.versions[name] = str(value)
    else:
        setattr(info.environment, name, value)
    save_study(theirs, info)
    before = (ours / "study.json").read_bytes()
    with pytest.raises(HvlabError, match=message):
        import_runs(ours, theirs)
    assert (ours / "study.json").read_bytes() == before
    assert not (ours / "runs" / "kvm-03").exists()


def test_a_study_that_is_not_whole_is_refused(two: tuple[Path, Path]) -> None:
    ours, theirs = two
    capture = theirs / "runs/kvm-01/captures/vm-1/uname.txt"
    capture.write_text(capture.read_text() + " ")
    with raises_code("study-has-problems", "theirs", "uname.txt: changed"):
        import_runs(ours, theirs)
    with raises_code("study-was-published"):
        import_runs(ours, PROJECT / "reference" / "paper-2011")
