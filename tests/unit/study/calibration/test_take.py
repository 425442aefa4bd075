"""A whole calibration on this machine, with stand-ins for the lab and its tools; the loads are real."""

from pathlib import Path
from typing import Any

from dataset.calibration import Calibration, Row, load, newest, save
from study.calibration import calibration as calibrating
from tests.support.errors import raises_code


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
    with raises_code("invalid-dataset", "calibration.json", "docs"):
        load(tmp_path)


def test_a_row_that_is_off_is_named(tmp_path: Path) -> None:
    row = Row(
        provider="xen", quantity="memory", step="host-memory-64", where="host", applied=64, machine="host",
        meter="meminfo", metric="MemFree", unit="MiB", can_see=True, known=64.1, seen=60, explained=0, error=-4.1,
        tolerance=1, resolution=0, passed=False, before="a/meminfo.txt", after="b/meminfo.txt",
    )  # fmt: skip
    calibration(tmp_path, "one", rows=[row.model_dump()])
    with raises_code("calibration-off", "1 of 1", "xen host-memory-64: meminfo MemFree", "-4.10 MiB"):
        calibrating.require_passed(tmp_path / "one")
