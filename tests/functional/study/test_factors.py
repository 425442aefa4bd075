"""The factors as a lab host shows them, beside what was asked for."""

from pathlib import Path

import pytest

from dataset.models import load_study, save_study
from study.plan import Plan, parameter_differences, settings_of
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, resume, take
from tests.support.errors import raises_code


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path / "state", fake_settings(1))


def test_a_study_keeps_what_was_asked_and_seen(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    info = load_study(folder)
    assert info.parameters.factors["disk_strategy"] == "full-copy"
    assert info.parameters.disk_strategy["kvm"].startswith("full copy")
    assert info.runs[0].factors == {
        "ksm": "false", "thp": "always", "swap": "true", "dom0_memory": "absent", "page_cache": "kept",
        "disk_strategy": "full-copy",
    }  # fmt: skip
    assert settings_of(info).factors == lab.settings.factors
    other = {**info.parameters.as_dict(), "factors": {**info.parameters.factors, "ksm": True}}
    assert parameter_differences(info.parameters.as_dict(), other) == ["factors.ksm (False and True)"]


def test_a_run_whose_host_is_not_as_asked_fails(tmp_path: Path, lab: FakeLab) -> None:
    kernel = lab.state / "kernel"
    before = kernel.read_text()
    kernel.write_text(before.replace("ksm/run:0", "ksm/run:1"))
    with raises_code("runs-failed", "kvm-01", "booting", "KVM: ksm is true, false"):
        take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    kernel.write_text(before)
    (folder,) = (tmp_path / "studies").glob("2*")
    resume(folder, lab)
    assert check(folder) == []


def test_a_check_finds_other_factors_in_study_json(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    info = load_study(folder)
    info.runs[0].factors["thp"] = "never"
    save_study(folder, info)
    assert check(folder) == ["kvm-01: study.json has other factors than its captures show"]
    info.runs[0].factors = {}
    info.parameters.factors["thp"] = "never"
    save_study(folder, info)
    problems = check(folder)
    assert "kvm-01, vm-1: thp is always, never was asked for" in problems
    assert "kvm-01: the reading of factor thp is missing" in problems
