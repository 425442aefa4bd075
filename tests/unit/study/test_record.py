"""A dataset follows from its captures, and every kind of tampering is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.captures import capture_path, capture_text, write_capture
from dataset.files import write_json_atomic
from dataset.measurements import append_measurements, read_measurements, write_measurements
from dataset.stages import parse_stage
from study.measure.rederive import measurements, rederive
from study.meters import registry
from study.meters.base import Number
from tests.support.errors import raises_code
from tests.support.recorded import ROOT

STAGE = "runs/kvm-01/captures/vm-1"


def keep(study: Path, stage: str, meter: str, output: str, *, exit_status: int = 0, command: str = "") -> None:
    write_capture(
        study,
        capture_path("kvm", 1, stage, meter),
        output.encode(),
        command=command or meter,
        exit_status=exit_status,
        started=datetime(2026, 11, 22, 21, 0, tzinfo=UTC),
        seconds=0.1,
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_json_atomic(
        tmp_path / "study.json",
        {
            "schema": 1,
            "id": "s",
            "title": "t",
            "profile": "default",
            "created": "2026-11-22T21:00:00Z",
            "finished": None,
            "parameters": {"guests": 1},
            "environment": {"kind": "nested"},
            "runs": [{"name": "kvm-01", "provider": "kvm", "repeat": 1, "status": "finished"}],
        },
    )
    for stage, guests in (("booting", 0), ("vm-1", 1)):
        for meter in ("free", "mpstat", "pss"):
            text = (ROOT / meter / f"kvm-guests-{guests}.txt").read_text()
            keep(tmp_path, stage, meter, text)
            append_measurements(tmp_path, measurements("kvm", 1, parse_stage(stage), meter, text))
        keep(tmp_path, stage, "uname", "Linux labhost")
        keep(tmp_path, stage, "disk", "", exit_status=2)
    return tmp_path


def test_an_honest_dataset(study: Path) -> None:
    assert rederive(study) == []
    rows = {(each.stage, each.metric): each for each in read_measurements(study)}
    assert rows["vm-1", "processes"].guests == rows["vm-1", "processes"].value == 1
    assert rows["booting", "processes"].value == 0
    assert ("booting", "pss") not in rows
    assert rows["vm-1", "pss"].capture == f"{STAGE}/pss.txt"


def change_value(study: Path) -> None:
    rows = read_measurements(study)
    write_measurements(study, [replace(rows[0], value=1), *rows[1:]])


def drop_row(study: Path) -> None:
    write_measurements(study, read_measurements(study)[1:])


def add_row(study: Path) -> None:
    rows = read_measurements(study)
    write_measurements(study, [*rows, replace(rows[0], metric="invented")])


def change_capture(study: Path) -> None:
    file = study / STAGE / "free.txt"
    file.write_text(file.read_text().replace("Swap:", "swap:"))


def lose_capture(study: Path) -> None:
    (study / STAGE / "free.txt").unlink()


def add_capture(study: Path) -> None:
    (study / STAGE / "extra.txt").write_text("x")


def lose_index(study: Path) -> None:
    (study / STAGE / "index.json").unlink()


def unknown_layout(study: Path) -> None:
    keep(study, "vm-1", "meminfo", "hello")


def odd_folder(study: Path) -> None:
    (study / "runs/kvm-01/captures/vm-x").mkdir()


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (change_value, "booting/free.txt: total is 3913 MiB, measurements.csv says 1 MiB"),
        (drop_row, "total is not in measurements.csv"),
        (add_row, "does not give invented"),
        (change_capture, "free.txt: changed since it was taken"),
        (lose_capture, "free.txt: the capture is missing"),
        (lose_capture, "free.txt: missing"),
        (add_capture, "extra.txt: not in index.json"),
        (lose_index, "vm-1: cannot read"),
        (unknown_layout, "meter meminfo: 'hello' is no field"),
        (odd_folder, "unknown stage 'vm-x'"),
    ],
)
def test_tampering_is_found(study: Path, tamper: Callable[[Path], None], message: str) -> None:
    tamper(study)
    problems = rederive(study)
    assert any(message in problem for problem in problems), problems
    assert all("\n" not in problem for problem in problems)


def test_a_capture_that_is_not_utf8_is_read_the_same_way_when_it_is_checked(study: Path) -> None:
    """Its files' names look the same then."""
    output = (
        b"/kvm:\ntotal 8192\n"
        b"4096 -rw-r--r-- 1 0 0 3 2026-11-22 21:38 caf\xe9\n4096 -rw-r--r-- 1 0 0 4 2026-11-22 21:38 caf\xe8\n"
    )
    path = capture_path("kvm", 1, "vm-1", "disk")
    rows = measurements("kvm", 1, parse_stage("vm-1"), "disk", capture_text(output))
    append_measurements(study, rows)
    started = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    write_capture(study, path, output, command="disk", exit_status=0, started=started, seconds=0.1)
    assert rederive(study) == []
    assert {row.metric: row.value for row in rows}["apparent:caf\ufffd#2"] == 4


def test_a_capture_with_other_lines_than_were_counted_is_found(study: Path) -> None:
    index = study / STAGE / "index.json"
    entries = json.loads(index.read_text())
    assert entries["free.txt"]["lines"] == 3
    entries["free.txt"]["lines"] = 4
    index.write_text(json.dumps(entries))
    assert any("3 lines, 4 were printed" in problem for problem in rederive(study))


def test_captures_from_before_lines_were_counted_are_read(study: Path) -> None:
    for index in study.glob("runs/*/captures/*/index.json"):
        entries = json.loads(index.read_text())
        for entry in entries.values():
            del entry["lines"]
        index.write_text(json.dumps(entries))
    assert rederive(study) == []
    keep(study, "vm-1", "uname", "Linux labhost")
    entries = json.loads((study / STAGE / "index.json").read_text())
    assert "lines" not in entries["free.txt"]
    assert entries["uname.txt"]["lines"] == 0


def test_a_number_that_a_meter_gives_twice_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = replace(registry.meter("free"), parse=lambda text: 2 * [Number("used", 1, "MiB")])
    monkeypatch.setattr("study.measure.rederive.meter", lambda name: twice)
    with raises_code("unknown-output", "used") as refused:
        measurements("kvm", 1, parse_stage("vm-1"), "free", "")
    assert refused.value.code == "unknown-output"


def test_a_row_that_is_there_already_is_refused_with_a_command(study: Path) -> None:
    with pytest.raises(HvlabError) as refused:
        append_measurements(study, read_measurements(study)[:1])
    assert "./invoke study.resume" in refused.value.hint


def test_captures_of_a_run_that_died_are_not_asked_for(study: Path) -> None:
    info = json.loads((study / "study.json").read_text())
    info["runs"][0]["status"] = "failed"
    write_json_atomic(study / "study.json", info)
    drop_row(study)
    assert rederive(study) == []


def test_a_published_study_needs_only_its_captures(study: Path) -> None:
    info = json.loads((study / "study.json").read_text())
    info["environment"]["kind"] = "published"
    write_json_atomic(study / "study.json", info)
    change_value(study)
    assert rederive(study) == []
    lose_capture(study)
    assert rederive(study) == [f"{STAGE}/free.txt: the capture is missing"]


def test_measurements_of_an_unknown_layout() -> None:
    with raises_code("unknown-output", "meter free"):
        measurements("kvm", 1, parse_stage("vm-1"), "free", "hello")


def test_a_lost_sample_is_an_error() -> None:
    text = (ROOT / "free" / "procps-4-five-samples.txt").read_text()
    line = "LC_ALL=C free -m -s 1 -c 5"
    assert len(measurements("kvm", 1, parse_stage("vm-1"), "free", text, command=line)) > 8
    with raises_code("unknown-output", "4 samples", "5"):
        measurements("kvm", 1, parse_stage("vm-1"), "free", text[text.index("\n\n") + 2 :], command=line)


def test_a_study_taken_before_the_spread_was_kept_is_whole(study: Path) -> None:
    text = (ROOT / "mpstat" / "virtualbox-25-samples.txt").read_text()
    drop = {(row.stage, row.meter) for row in read_measurements(study)} & {("booting", "mpstat")}
    kept = [row for row in read_measurements(study) if (row.stage, row.meter) not in drop]
    keep(study, "booting", "mpstat", text, command="mpstat 5 25")
    rows = measurements("kvm", 1, parse_stage("booting"), "mpstat", text)
    write_measurements(study, [*kept, *(row for row in rows if ":" not in row.metric and row.metric != "samples")])
    assert rederive(study) == []
    write_measurements(study, [*kept, *rows[:-1]])
    assert rederive(study) == ["runs/kvm-01/captures/booting/mpstat.txt: samples is not in measurements.csv"]
