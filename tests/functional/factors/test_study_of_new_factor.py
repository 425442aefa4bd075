"""A study with a factor that is one file (tests/plugins/factors), from the settings to the paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.measurements import read_measurements
from dataset.models import load_study
from lab.settings import Settings
from report.render.paper import html
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take
from tests.plugged import factors_plugged_in
from tests.support.errors import raises_code


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    with factors_plugged_in():
        yield


NEVER = 2


def lab_that_shows(tmp_path: Path, number: int) -> FakeLab:
    """A lab of one guest whose study asks for "never", and whose kernel shows `number`."""
    wanted = fake_settings(1).model_dump() | {"factors": {"overcommit": "never"}}
    lab = FakeLab(tmp_path / "state", Settings.model_validate(wanted))
    with (lab.state / "kernel").open("a") as kernel:
        kernel.write(f"/proc/sys/vm/overcommit_memory:{number}\n")
    return lab


def test_it_goes_from_the_settings_to_the_paper(tmp_path: Path) -> None:
    folder = take(tmp_path / "studies", lab_that_shows(tmp_path, NEVER), Plan(("kvm",), 1, 7))
    study = load_study(folder)
    assert study.parameters.factors["overcommit"] == "never"
    assert study.runs[0].factors["overcommit"] == "never"
    described = {each.name: each for each in study.factors}["overcommit"]
    assert (described.title, described.value, described.applies) == ("Overcommitment of memory", "never", {})
    assert {row.value for row in read_measurements(folder) if row.metric == "overcommit"} == {NEVER}
    assert check(folder) == []
    page = " ".join(html(folder, "en").split())
    assert "<td>never</td><td>never</td>" in page.replace("</td> <td>", "</td><td>")


def test_a_lab_host_that_shows_another_value_fails_the_run(tmp_path: Path) -> None:
    lab = lab_that_shows(tmp_path, 0)
    with raises_code("runs-failed", "overcommit is guess, never"):
        take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
