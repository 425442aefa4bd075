"""Runs of another host are merged as further repeats; unlike studies are refused by name."""

import shutil
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.paths import PROJECT
from dataset.measurements import read_measurements
from dataset.models import load_study, save_study
from study.merge import import_runs
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    return (
        take(here / "studies", FakeLab(here / "state", fake_settings(1)), Plan(("kvm",), 2, 7)),
        take(there / "studies", FakeLab(there / "state", fake_settings(1)), Plan(("kvm",), 2, 9)),
    )


@pytest.fixture
def two(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    ours = Path(shutil.copytree(made[0], tmp_path / "ours"))
    theirs = Path(shutil.copytree(made[1], tmp_path / "theirs"))
    info = load_study(theirs)
    info.id, info.environment.hardware[0].value = "theirs", "another processor"
    save_study(theirs, info)
    return ours, theirs


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
    with pytest.raises(HvlabError, match="kvm-01 of study theirs was imported before, as kvm-03"):
        import_runs(*two)
    with pytest.raises(HvlabError, match="was imported before"):
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
    with pytest.raises(HvlabError, match="kvm-03 of study third was imported before, as kvm-03"):
        import_runs(ours, third)


def test_an_import_that_was_cut_off_is_tried_again(two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("study.merge.save_study", lambda *_: (_ for _ in ()).throw(OSError("power")))
        with pytest.raises(OSError, match="power"):
            import_runs(*two)
    assert any("not a finished run" in problem for problem in check(two[0]))
    assert import_runs(*two) == ["kvm-03", "kvm-04"]
    assert check(two[0]) == []


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
    with pytest.raises(HvlabError, match=r"study theirs has problems: .*uname\.txt: changed"):
        import_runs(ours, theirs)
    with pytest.raises(HvlabError, match="was published"):
        import_runs(ours, PROJECT / "reference" / "paper-2011")
