"""`study.check` passes on a whole study and finds every kind of damage."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invoke.context import Context
from invoke.exceptions import Exit

from commands import report
from commands.report import _require_sound
from core.errors import HvlabError
from dataset.files import sha256_of
from dataset.measurements import read_measurements, write_measurements
from dataset.models import StudyInfo, load_study, save_study
from dataset.store import find_study, list_studies
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take
from tests.support.examples import examples


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("check")
    return take(here / "studies", FakeLab(here / "state", fake_settings(1)), Plan(("kvm",), 2, 7))


@pytest.fixture
def study(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / good.name))


def test_a_whole_study(study: Path) -> None:
    assert check(study) == []


@settings(examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_byte_in_any_capture_is_found(study: Path, data: st.DataObject) -> None:
    files = sorted(path for path in study.rglob("*.txt") if path.stat().st_size)
    file = data.draw(st.sampled_from(files))
    before = file.read_bytes()
    at = data.draw(st.integers(0, len(before) - 1))
    flip = data.draw(st.integers(1, 255))
    file.write_bytes(before[:at] + bytes([before[at] ^ flip]) + before[at + 1 :])
    try:
        problems = check(study)
    finally:
        file.write_bytes(before)
    assert any(f"{file.relative_to(study)}: changed since it was taken" in problem for problem in problems)


def test_a_changed_byte_in_every_capture_is_found(study: Path) -> None:
    """Each capture of each stage, also those that the property above does not draw."""
    files = sorted(path for path in study.rglob("*.txt") if path.stat().st_size)
    for file in files:
        before = file.read_bytes()
        file.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    found = {problem.split(": ")[0] for problem in check(study) if "changed since it was taken" in problem}
    assert found == {str(file.relative_to(study)) for file in files}


def edit(study: Path, change: Callable[[StudyInfo], object]) -> None:
    info = load_study(study)
    change(info)
    save_study(study, info)


def lose_from_journal(study: Path, word: str) -> None:
    file = study / "journal.jsonl"
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if word not in line))


def lose_capture_and_entry(study: Path) -> None:
    """As if the evidence had never been captured at that stage."""
    folder = study / "runs/kvm-02/captures/vm-1"
    (folder / "uname.txt").unlink()
    index = folder / "index.json"
    text = index.read_text()
    begin = text.index('  "uname.txt"')
    index.write_text(text[:begin] + text[text.index('  "', begin + 3 + text[begin:].index("}")) :])


def forget_rows(study: Path) -> None:
    write_measurements(study, [row for row in read_measurements(study) if row.repeat == 1])


def add_picture(study: Path) -> None:
    (study / "runs/kvm-01/screens/server9.png").write_bytes(b"x")


def no_picture_at_all(study: Path) -> None:
    """A file that is the one that its index names, and no PNG picture."""
    picture = study / "runs/kvm-01/screens/server1.png"
    picture.write_bytes(b"x")
    index = picture.with_name("index.json")
    entries = json.loads(index.read_text())
    entries[picture.name]["sha256"] = sha256_of(picture)
    index.write_text(json.dumps(entries))


def break_curve(study: Path) -> None:
    file = study / "journal.jsonl"
    file.write_text(file.read_text().replace('"state": "settled"', '"state": []'))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no seed": (lambda s: edit(s, lambda i: setattr(i.parameters, "seed", None)), "no parameter 'seed'"),
    "no hardware": (lambda s: edit(s, lambda i: i.environment.hardware.clear()), "hardware is missing"),
    "no version": (lambda s: edit(s, lambda i: i.environment.versions.pop("libvirt")), "version of libvirt is missing"),
    "unfinished": (lambda s: edit(s, lambda i: setattr(i, "finished", None)), "the study is not finished"),
    "failed run": (lambda s: edit(s, lambda i: setattr(i.runs[0], "status", "failed")), "kvm-01: failed, not finished"),
    "its rows": (lambda s: edit(s, lambda i: setattr(i.runs[0], "status", "failed")), "rows of kvm-01, which is no"),
    "unknown run": (lambda s: edit(s, lambda i: i.runs.pop()), "not a finished run"),
    "no timing": (lambda s: edit(s, lambda i: i.runs[1].timings.pop()), "whether it settled at vm-1 is missing"),
    "no begin": (lambda s: edit(s, lambda i: setattr(i.runs[1], "started", None)), "start or end is missing"),
    "no curve": (lambda s: lose_from_journal(s, '"settling"'), "no curve of the host settling at booting"),
    "no end": (lambda s: lose_from_journal(s, '"run ends"'), "its end is missing in the journal"),
    "no evidence": (lose_capture_and_entry, "uname.txt: was captured at other stages"),
    "no stage": (lambda s: shutil.rmtree(s / "runs/kvm-02/captures/vm-1"), "kvm-02: no captures at vm-1"),
    "no rows": (forget_rows, "is not in measurements.csv"),
    "no picture": (lambda s: (s / "runs/kvm-01/screens/server1.png").unlink(), "screens/server1.png: missing"),
    "no pictures": (lambda s: shutil.rmtree(s / "runs/kvm-02/screens"), "no picture of any screen"),
    "other picture": (
        lambda s: (s / "runs/kvm-01/screens/server1.png").write_bytes(b"x"),
        "screens/server1.png: changed since it was taken",
    ),
    "foreign picture": (add_picture, "screens/server9.png: not in index.json"),
    "no PNG": (no_picture_at_all, "screens/server1.png: no PNG picture"),
    "no state": (break_curve, "is not as docs/reference/dataset.md says"),
    "no calibration": (lambda s: (s / "calibration.json").write_text("{}"), "calibration.json: "),
    "other unit": (
        lambda s: edit(s, lambda i: setattr(i, "derived", (i.derived[0].model_copy(update={"unit": "s"}),))),
        "cannot convert",
    ),
    "control characters": (lambda s: (s / "runs/a\nb\x1b[31m").mkdir(), "runs/a\\nb\\x1b[31m: not a finished run"),
    "hidden error": (lambda s: edit(s, lambda i: i.runs[0].suspect.append("x")), "show 0 new kernel errors"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found(study: Path, name: str) -> None:
    damage, message = DAMAGES[name]
    damage(study)
    problems = check(study)
    assert any(message in problem for problem in problems), problems
    assert all(len(problem.splitlines()) == 1 for problem in problems)


@pytest.mark.parametrize("name", ["other picture", "no rows", "no PNG", "unknown run", "no state"])
def test_the_report_refuses_what_the_check_does(study: Path, name: str) -> None:
    _require_sound(study)
    DAMAGES[name][0](study)
    with pytest.raises(HvlabError) as refusal:
        _require_sound(study)
    assert refusal.value.code == "study-has-problems"


def test_the_report_says_of_an_unfinished_study_that_it_is_one(study: Path) -> None:
    edit(study, lambda info: setattr(info, "finished", None))
    _require_sound(study)


def test_the_report_needs_no_plug_in(study: Path) -> None:
    file = study / "study.json"
    file.write_text(file.read_text().replace('"kvm', '"bhyve'))
    _require_sound(study)


def test_trace_and_compare_refuse_what_the_report_refuses(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "studies").mkdir(exist_ok=True)
    shutil.copytree(study, tmp_path / "studies" / "bad")
    (tmp_path / "studies/bad/journal.jsonl").write_text("")
    monkeypatch.setattr(report, "PROJECT", tmp_path)
    commands: list[tuple[Any, tuple[str, ...]]] = [
        (report.report_trace, ("x", "bad")),
        (report.report_compare, ("bad", "bad")),
    ]
    for command, words in commands:
        with pytest.raises(Exit) as refusal:
            command(Context(), *words)
        assert isinstance(refusal.value.__cause__, HvlabError)
        assert refusal.value.__cause__.code == "study-has-problems"


def test_the_newest_is_the_newest_by_its_date(good: Path, tmp_path: Path) -> None:
    def begun(name: str, created: str, finished: str | None) -> None:
        folder = tmp_path / "studies" / name
        shutil.copytree(good, folder)
        facts = json.loads((folder / "study.json").read_text())
        facts |= {"created": created, "finished": finished}
        (folder / "study.json").write_text(json.dumps(facts))

    begun("20261124-101010", "2026-11-24T10:10:10Z", "2026-11-24T11:10:10Z")
    begun("backup of June", "2011-02-21T00:00:00Z", "2011-02-21T00:00:00Z")
    begun("zz", "2026-12-24T10:10:10+09:00", None)
    assert find_study(tmp_path).name == "zz"
    assert find_study(tmp_path, "latest").name == "20261124-101010"
    # One that cannot be read is not passed over.
    begun("20270101-000000", "2027-01-01T00:00:00Z", None)
    (tmp_path / "studies/20270101-000000/study.json").write_text("{")
    assert find_study(tmp_path).name == "20270101-000000"


def test_find(good: Path, tmp_path: Path) -> None:
    project = tmp_path
    with pytest.raises(HvlabError, match="no study yet"):
        find_study(project)
    for name in ("20260101-000000", "20260102-000000"):
        shutil.copytree(good, project / "studies" / name)
    (project / "studies" / "latest").symlink_to("20260101-000000")
    assert find_study(project).name == "20260102-000000"
    assert find_study(project, "latest").name == "20260101-000000"
    assert [folder.name for folder in list_studies(project)] == ["20260101-000000", "20260102-000000"]
    for wrong in ("../studies/20260101-000000", "nowhere"):
        with pytest.raises(HvlabError, match="there is: 20260101-000000, 20260102-000000"):
            find_study(project, wrong)
