"""A study of schema 1 is read, checked, resumed and merged; whatever writes its study.json writes schema 2, whole."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from core.paths import PROJECT
from dataset import load
from dataset.models import load_study, save_study
from study.merge import import_runs
from study.plan import settings_of
from study.study import Study
from study.verify import check
from tests.functional.study.fakelab import FakeLab

FIXTURE = PROJECT / "tests/fixtures/study-schema-1"


def raw(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "old"))


def test_the_fixture_is_of_schema_1() -> None:
    assert raw(FIXTURE)["schema"] == 1
    assert "hypervisors" not in raw(FIXTURE)


def test_it_is_whole() -> None:
    assert check(FIXTURE) == []


def test_the_published_study_is_of_schema_2_and_whole() -> None:
    reference = PROJECT / "reference/paper-2011"
    assert raw(reference)["schema"] == 2
    assert check(reference) == []


def test_what_is_not_described_is_found(old: Path) -> None:
    study = load_study(old)
    study.meters = tuple(it for it in study.meters if it.name != "free")
    study.factors = ()
    save_study(old, study)
    problems = check(old)
    assert "study.json: meter free is not described" in problems
    assert "study.json: factor ksm is not described" in problems
    assert "study.json: derived number machine_free of kvm: there is no meter 'free'" in problems


def test_it_is_read_as_schema_2() -> None:
    dataset = load(FIXTURE)
    assert dataset.titles == {"kvm": "KVM"}
    assert dataset.hypervisor("kvm").host_memory == "machine"
    assert [(it.name, it.value) for it in dataset.study.factors][:2] == [("ksm", False), ("thp", "always")]
    # paper_free of free at both stages: buffers and cache count as free.
    free = dataset.measurements.query("meter == 'free' and metric == 'paper_free'")
    assert dataset.derived("machine_free")["value"].tolist() == free["value"].tolist()


def test_a_resumed_study_is_written_as_schema_2(old: Path, tmp_path: Path) -> None:
    study = raw(old)
    study["finished"] = None
    study["runs"][0] |= {"status": "running", "ended": None}
    (old / "study.json").write_text(json.dumps(study), encoding="utf-8")
    Study.resume(FakeLab(tmp_path / "state", settings_of(load_study(old))), old)  # type: ignore[arg-type]
    written = raw(old)
    assert written["schema"] == 2
    assert [it["name"] for it in written["hypervisors"]] == ["kvm"]
    assert {it["hypervisor"] for it in written["derived"]} == {"kvm"}
    assert written["parameters"] == study["parameters"]
    assert written["runs"][0]["status"] == "planned"


def test_merged_studies_are_written_as_schema_2(old: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(old, tmp_path / "other"))
    study = load_study(other)
    study.id, study.runs[0].started = "other", datetime(2026, 1, 1, tzinfo=UTC)
    save_study(other, study)
    assert (raw(old)["schema"], raw(other)["schema"]) == (1, 2)
    assert import_runs(old, other) == ["kvm-02"]
    written = raw(old)
    assert written["schema"] == 2
    assert [it["name"] for it in written["hypervisors"]] == ["kvm"]
    assert check(old) == []
    assert len(load(old).derived("machine_free")) == 4


def test_a_link_in_a_study_is_not_merged(old: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(old, tmp_path / "other"))
    study = load_study(other)
    study.id, study.runs[0].started = "other", datetime(2026, 1, 1, tzinfo=UTC)
    save_study(other, study)
    capture = other / "runs/kvm-01/captures/booting/free.txt"
    capture.unlink()
    capture.symlink_to("/etc/hostname")
    with pytest.raises(HvlabError, match=r"free\.txt is no regular file"):
        import_runs(old, other)
    assert not (old / "runs/kvm-02").exists()
