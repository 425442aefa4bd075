"""A sweep's file: what it may say, and the errors for what it may not."""

from pathlib import Path
from typing import Any

import pytest

from dataset.sweep import SweepInfo
from lab.settings import Settings
from study.sweep.api import SweepRequest, plan_sweep
from study.sweep.run import plans_of
from tests.support.errors import raises_code

AXES = '[axes]\n"topology.memory_mib" = [256, 512]\n"factors.ksm" = [false, true]\n'


def planned(tmp_path: Path, text: str, **options: Any) -> SweepInfo:
    file = tmp_path / "sweep.toml"
    file.write_text(text)
    info = plan_sweep(SweepRequest(file, **options).read(), Settings.model_validate({"study": {"providers": ["kvm"]}}))
    plans_of(info)
    return info


def cells(info: SweepInfo) -> list[tuple[object, ...]]:
    return [tuple(cell.values.values()) for cell in info.cells]


def test_every_combination(tmp_path: Path) -> None:
    info = planned(tmp_path, AXES + "[set]\ntopology.guests = 1\n", seed=7)
    assert cells(info) == [(256, False), (256, True), (512, False), (512, True)]
    assert [axis.unit for axis in info.axes] == ["MiB", ""]
    assert sorted(info.order) == [1, 2, 3, 4]
    assert info.order == planned(tmp_path, AXES, seed=7).order
    plans = plans_of(info)
    assert plans[3].settings.topology.memory_mib == 512
    assert {plan.settings.topology.guests for plan in plans.values()} == {1}
    assert len({plan.plan.seed for plan in plans.values()}) == 4


def test_one_at_a_time(tmp_path: Path) -> None:
    assert cells(planned(tmp_path, f'design = "one-at-a-time"\n{AXES}')) == [(256, False), (512, False), (256, True)]


def test_a_list_takes_the_rest_from_the_settings(tmp_path: Path) -> None:
    text = 'design = "list"\n[[cells]]\n"topology.guests" = 2\n[[cells]]\n"topology.memory_mib" = 256\n'
    info = planned(tmp_path, text)
    assert cells(info) == [(2, 512), (4, 256)]
    assert [axis.levels for axis in info.axes] == [(2, 4), (512, 256)]


def test_a_hypervisor_is_an_axis(tmp_path: Path) -> None:
    info = planned(tmp_path, '[axes]\n"study.providers" = ["kvm", "xen"]\n')
    assert [plan.plan.providers for plan in plans_of(info).values()] == [("kvm",), ("xen",)]


def test_options_go_before_the_file(tmp_path: Path) -> None:
    info = planned(tmp_path, f"repeats = 2\nseed = 3\n{AXES}", repeats=5, precision="512KiB")
    assert (info.repeats, info.seed, info.precision_mib) == (5, 3, 0.5)


def test_the_digest_is_of_what_it_says(tmp_path: Path) -> None:
    nested = "# a comment\n[axes.topology]\nmemory_mib = [256, 512]\n[axes.factors]\nksm = [false, true]\n"
    assert planned(tmp_path, AXES).file_sha256 == planned(tmp_path, nested).file_sha256
    assert planned(tmp_path, AXES).file_sha256 != planned(tmp_path, AXES, repeats=2).file_sha256


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", "bad-sweep-file", ["nothing varies"]),
        ("a = [", "bad-sweep-file", ["TOML"]),
        ("repeats = 0\n" + AXES, "bad-sweep-file", ["repeats"]),
        ("colour = 1\n" + AXES, "bad-sweep-file", ["colour"]),
        ('[axes]\n"topology.memory" = [1, 2]\n', "unknown-parameter", ["axes", "topology.memory_mib"]),
        ('[axes]\n"factors.kms" = [true, false]\n', "unknown-parameter", ["factors.ksm"]),
        ("[axes]\nguests = [1, 2]\n", "unknown-parameter", ["guests", "topology.guests"]),
        ('[axes]\n"lab_host.host" = ["local", "nested"]\n', "no-axis", ["lab_host.host"]),
        ('[axes]\n"topology.guests" = []\n', "bad-sweep-file", ["topology.guests", "0 values"]),
        ('[axes]\n"topology.guests" = 3\n', "bad-sweep-file", ["topology.guests", "list"]),
        ('[axes]\n"topology.guests" = [1, 2, 1]\n', "bad-sweep-file", ["topology.guests", "1 twice"]),
        ('[axes]\n"topology.guests" = [1, [2]]\n', "bad-sweep-file", ["[2]"]),
        ('[axes]\n"topology.guests" = [1, "many"]\n', "bad-sweep-file", ["cell 2", "topology.guests"]),
        ('[axes]\n"topology.memory_load_mib" = [0, 500]\n', "bad-sweep-file", ["cell 2", "does not fit"]),
        ('[axes]\n"hypervisors.xen.dom0_memory_mib" = [512, 1024]\n', "same-cells", ["cells 1 and 2"]),
        (AXES + '[set]\n"factors.ksm" = true\n', "bad-sweep-file", ["factors.ksm"]),
        (f"[axes]\ntopology.guests = {list(range(1, 99))}\ntopology.memory_mib = {list(range(256, 300))}\n",
         "sweep-too-large", ["98 x 44", "4312"]),
        ('design = "list"\n' + AXES, "bad-sweep-file", ["[[cells]]"]),
        ('[[cells]]\n"topology.guests" = 1\n', "bad-sweep-file", ["list"]),
        ('design = "list"\n' + '[[cells]]\n"topology.guests" = 1\n' * 2, "same-cells", ["cells 1 and 2"]),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str, code: str, facts: list[str]) -> None:
    with raises_code(code, *facts):
        planned(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with raises_code("bad-sweep-file", "absent.toml"):
        SweepRequest(tmp_path / "absent.toml").read()
