"""A study that is killed at any moment goes on where it was; finished runs are neither lost nor taken again."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.files import write_atomic
from core.paths import PROJECT
from dataset.journal import read_journal
from dataset.measurements import read_measurements
from dataset.models import load_study, save_study
from dataset.parameters import Parameters
from study.plan import Plan, plan_of, settings_of
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, resume, take
from tests.support.errors import raises_code

REPEATS = 2
# With so many, some meet the first run and some the second; `--whole` looks more closely.
MOMENTS = 10 if "HVLAB_TEST_WHOLE" in os.environ else 5


def start(root: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.functional.study.fakelab", str(root), "1", str(REPEATS)]
    return subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def whole(root: Path) -> float:
    """Take or resume to the end; return the seconds."""
    begun = time.monotonic()
    process = start(root)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 0, words.decode()
    return time.monotonic() - begun


def folders(root: Path) -> list[Path]:
    return [path.parent for path in root.glob("[!.]*/study.json") if not path.parent.is_symlink()]


def finished_runs(root: Path) -> dict[str, bytes]:
    """Map each finished run to the bytes of its indexes, which tell when each capture was made."""
    return {
        run.name: b"".join(path.read_bytes() for path in sorted((folder / "runs" / run.name).rglob("index.json")))
        for folder in folders(root)
        for run in load_study(folder).runs
        if run.status == "finished"
    }


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a study takes here."""
    return whole(tmp_path_factory.mktemp("timed") / "studies")


@pytest.mark.parametrize("number", range(MOMENTS))
def test_killed_at_a_random_moment(number: int, seconds: float, tmp_path: Path) -> None:
    """A study is killed by SIGKILL at a moment that is drawn from its share of the whole time, and resumed."""
    root = tmp_path / "studies"
    process = start(root)
    # The first tenth is the interpreter's own start.
    time.sleep(seconds * (0.1 + 0.85 * (number + random.Random(20110211 + number).random()) / MOMENTS))
    process.kill()
    process.communicate()
    before = finished_runs(root)
    if not (folders(root) and load_study(folders(root)[0]).finished):
        whole(root)
    (folder,) = folders(root)
    assert [run.status for run in load_study(folder).runs] == ["finished"] * REPEATS
    assert check(folder) == []
    after = finished_runs(root)
    assert before == {name: after[name] for name in before}
    assert (root / "latest").resolve() == folder
    assert not list(root.rglob(".*.part"))


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path / "state", fake_settings(1))


@pytest.fixture
def cut_off(tmp_path: Path, lab: FakeLab) -> Path:
    """A study of two runs whose second was cut off while it was read."""
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 2, 7))
    info = load_study(folder)
    info.finished, info.runs[1].status, info.runs[1].ended = None, "running", None
    save_study(folder, info)
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"time": "2026-')
    (folder / ".measurements.csv.1.part").write_text("provider,rep")
    return folder


def test_a_finished_run_is_not_taken_again(cut_off: Path, lab: FakeLab) -> None:
    boots, first = lab.boots, load_study(cut_off).runs[0]
    assert resume(cut_off, lab) == cut_off
    assert lab.boots == boots + 1
    assert load_study(cut_off).runs[0] == first
    assert check(cut_off) == []
    events = [event["event"] for event in read_journal(cut_off / "journal.jsonl")]
    assert events.count("study is resumed") == 1
    assert not list(cut_off.glob(".*"))


def test_a_crash_between_study_json_and_journal(cut_off: Path, lab: FakeLab) -> None:
    journal = cut_off / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    write_atomic(journal, b"".join(line for line in lines if b'"run ends", "run": "kvm-01"' not in line))
    resume(cut_off, lab)
    assert check(cut_off) == []


def test_a_failed_run_is_tried_again(tmp_path: Path, lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(lab, "up", lambda provider, guest: (_ for _ in ()).throw(HvlabError("no guest")))
        with raises_code("runs-failed", "kvm-01: no guest", "study.resume"):
            take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    (folder,) = (tmp_path / "studies").glob("2*")
    assert read_measurements(folder) == []
    resume(folder, lab)
    assert check(folder) == []


def test_it_is_refused_with_another_lab(cut_off: Path, tmp_path: Path, lab: FakeLab) -> None:
    other = FakeLab(tmp_path / "other", lab.settings.model_copy(update={"topology": fake_settings(2).topology}))
    with raises_code("other-parameters", "guests (1 and 2)", "topology.guests (1 and 2)"):
        resume(cut_off, other)
    lab.box_version = "3"
    built = lab.boxes
    del lab.boxes  # whoever asks for them has them built
    with raises_code("other-parameters", "box.version (1 and 3)"):
        resume(cut_off, lab)
    lab.boxes, lab.box_version = built, None
    lab.boxes.version = "2"
    with raises_code("other-parameters", "box.version (1 and 2)"):
        resume(cut_off, lab)


def test_a_finished_study_has_nothing_left(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    with raises_code("study-is-finished"):
        resume(folder, lab)
    with raises_code("study-was-published"):
        resume(PROJECT / "reference" / "paper-2011", lab)


def test_a_crash_while_a_study_is_begun_leaves_none(
    tmp_path: Path, lab: FakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.study.save_study", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    assert list((tmp_path / "studies").iterdir()) == []


def test_plan_and_settings_come_back_from_study_json(cut_off: Path, lab: FakeLab) -> None:
    study = load_study(cut_off)
    assert plan_of(study) == Plan(("kvm",), 2, 7)
    again = settings_of(study)
    assert (again.topology, again.settle, again.lab_host) == (
        lab.settings.topology,
        lab.settings.settle,
        lab.settings.lab_host,
    )
    assert again.study.free_count == 2
    kept = study.parameters.as_dict()
    del kept["settle"]
    study.parameters = Parameters.model_validate(kept)
    with raises_code("missing-parameter", "settle"):
        settings_of(study)
