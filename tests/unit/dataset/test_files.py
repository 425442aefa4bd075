import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from dataset.captures import capture_path, read_index, write_capture
from dataset.files import write_json_atomic
from dataset.measurements import (
    Measurement,
    append_measurements,
    drop_run,
    read_measurements,
    value_text,
    write_measurements,
)
from dataset.models import StudyInfo, load_study, save_study
from dataset.schema1 import upgrade
from tests.support.errors import raises_code

REPO = Path(__file__).parents[3]
STUDY = {
    "schema": 1,
    "id": "s",
    "title": "t",
    "profile": "default",
    "created": "2026-11-22T21:00:00Z",
    "finished": None,
    "parameters": {"guests": 4, "anything": {"deep": [1, 2]}},
    "environment": {
        "kind": "nested",
        "controller": {"cpus": 4},
        "hardware": [{"part": "CPU", "value": "EPYC"}],
        "partitions": [{"mount": "/", "size_gb": 15, "purpose": "host operating system"}],
        "accelerator": "tcg",
        "versions": {"xen": "4.17"},
        "of a later version": True,
    },
    "runs": [
        {
            "name": "kvm-01",
            "provider": "kvm",
            "repeat": 1,
            "status": "finished",
            "started": "2026-11-22T21:00:00Z",
            "ended": "2026-11-22T21:30:00.125Z",
            "timings": [{"stage": "vm-1", "booting_s": 61.2, "settling_s": 12.0, "reading_s": 14.8, "kit_s": 1.9}],
        }
    ],
}


def row(metric: str = "total", value: float = 3913, repeat: int = 1) -> Measurement:
    return Measurement(
        provider="kvm",
        repeat=repeat,
        stage="vm-1",
        guests=1,
        meter="free",
        metric=metric,
        value=value,
        unit="MiB",
        capture=capture_path("kvm", repeat, "vm-1", "free"),
    )


def test_study_round_trips(tmp_path: Path) -> None:
    write_json_atomic(tmp_path / "study.json", STUDY)
    study = load_study(tmp_path)
    save_study(tmp_path, study)
    assert load_study(tmp_path / "study.json") == study
    written = json.loads((tmp_path / "study.json").read_text())
    assert written["schema"] == 2
    assert written["created"] == "2026-11-22T21:00:00Z"
    assert written["runs"][0]["ended"] == "2026-11-22T21:30:00.125Z"
    assert written["environment"]["of a later version"] is True
    assert written["parameters"] == STUDY["parameters"]


def test_study_is_made_by_field_names_and_times_become_utc() -> None:
    seoul = datetime(2026, 11, 23, 6, 0, tzinfo=timezone(timedelta(hours=9)))
    study = StudyInfo.model_validate(upgrade({**STUDY, "created": seoul}, Path("study.json")))
    assert study.created == datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    assert study.model_dump(mode="json")["created"] == "2026-11-22T21:00:00Z"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 3}, r"study\.json: schema"),
        ({"created": "2026-11-22T21:00:00"}, "created: .*timezone"),
        ({"runs": [{"name": "x", "provider": "kvm", "repeat": 0, "status": "finished"}]}, r"runs\.0\.repeat"),
    ],
)
def test_study_against_the_contract(tmp_path: Path, change: dict[str, object], message: str) -> None:
    write_json_atomic(tmp_path / "study.json", {**STUDY, **change})
    with pytest.raises(HvlabError, match=message) as raised:
        load_study(tmp_path)
    assert "\n" not in str(raised.value)


def test_missing_study(tmp_path: Path) -> None:
    with raises_code("unreadable-file"):
        load_study(tmp_path)


def test_json_is_stable(tmp_path: Path) -> None:
    write_json_atomic(tmp_path / "a.json", {"b": 1, "a": {"d": "안", "c": None}})
    write_json_atomic(tmp_path / "b.json", {"a": {"c": None, "d": "안"}, "b": 1})
    text = (tmp_path / "a.json").read_text()
    assert text == (tmp_path / "b.json").read_text()
    assert text.endswith("}\n")
    assert "안" in text
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", "b.json"}


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_json_atomic(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json_atomic(tmp_path / "a.json", {"a": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}


def test_measurements_round_trip(tmp_path: Path) -> None:
    rows = [row(), row('apparent:a "b", c.img', 0.62), row("x", 1e-7)]
    write_measurements(tmp_path, rows)
    text = (tmp_path / "measurements.csv").read_text()
    assert text.splitlines()[0] == "provider,repeat,stage,guests,meter,metric,value,unit,capture"
    assert text.splitlines()[1] == "kvm,1,vm-1,1,free,total,3913,MiB,runs/kvm-01/captures/vm-1/free.txt"
    assert "0.0000001" in text
    assert read_measurements(tmp_path) == rows


def test_append_and_drop(tmp_path: Path) -> None:
    append_measurements(tmp_path, [row()])
    append_measurements(tmp_path, [row(repeat=2)])
    assert [each.repeat for each in read_measurements(tmp_path)] == [1, 2]
    with raises_code("invalid-measurement", "kvm 1 vm-1 free total"):
        append_measurements(tmp_path, [row(value=1)])
    (tmp_path / "runs/kvm-01/captures").mkdir(parents=True)
    (tmp_path / "runs/kvm-02").mkdir(parents=True)
    assert drop_run(tmp_path, "kvm", 1) == 1
    assert [each.repeat for each in read_measurements(tmp_path)] == [2]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["kvm-02"]
    assert drop_run(tmp_path, "kvm", 1) == 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("provider,repeat\n", ":1: missing column stage"),
        ("kvm,1,vm-1\n", ":2: 3 fields"),
        ("kvm,1,vm-1,1,free,total,,MiB,c\n", "value is '', not a decimal"),
        ("kvm,1,vm-1,1,free,total,1e3,MiB,c\n", "value is '1e3', not a decimal"),
        ("kvm,1,vm-1,1,free,total,nan,MiB,c\n", "value is 'nan'"),
        ("kvm,1,vm-0,1,free,total,1,MiB,c\n", ":2: stage"),
        ("kvm,1,vm-1,1,free,total,1,MB,c\n", ":2: unit"),
        ("KVM,0,vm-1,1,free,total,1,MiB,\n", "provider is 'KVM', not the name of a hypervisor"),
    ],
)
def test_measurements_against_the_contract(tmp_path: Path, lines: str, message: str) -> None:
    write_measurements(tmp_path, [])
    file = tmp_path / "measurements.csv"
    file.write_text(lines if "column" in message else file.read_text() + lines)
    with pytest.raises(HvlabError, match=message):
        read_measurements(tmp_path)


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_values_are_written_without_loss_or_exponent(value: int | float) -> None:
    text = value_text(value)
    assert "e" not in text.lower()
    assert float(text) == float(value)


def test_a_new_study_folder_is_made(tmp_path: Path) -> None:
    append_measurements(tmp_path / "new.study", [row()])
    assert read_measurements(tmp_path / "new.study" / "measurements.csv") == [row()]


def test_measurements_that_are_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "measurements.csv").write_bytes(b"provider\xff\n")
    with raises_code("invalid-dataset", "byte 8"):
        read_measurements(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_written(value: float) -> None:
    with raises_code("invalid-measurement"):
        value_text(value)


def test_captures_are_kept_with_their_index(tmp_path: Path) -> None:
    started = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    for name, output in (("free", b"Mem: 1\n"), ("mpstat", b"\xff")):
        write_capture(
            tmp_path,
            capture_path("kvm", 1, "booting", name),
            output,
            command=name,
            exit_status=0,
            started=started,
            seconds=0.12345,
        )
    folder = tmp_path / "runs/kvm-01/captures/booting"
    index = read_index(folder / "index.json")
    assert sorted(index) == ["free.txt", "mpstat.txt"]
    assert index["free.txt"].seconds == 0.123
    assert index["free.txt"].started == started
    assert (folder / "mpstat.txt").read_bytes() == b"\xff"
    assert '"started": "2026-11-22T21:00:00Z"' in (folder / "index.json").read_text()


def test_the_published_study_follows_the_contract() -> None:
    study = load_study(REPO / "reference/paper-2011")
    assert study.environment.kind == "published"
    assert {each.provider for each in read_measurements(REPO / "reference/paper-2011")} == {
        "kvm",
        "xen",
        "virtualbox",
    }
