from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.stages import stages_up_to
from report.data.gaps import Missing
from report.data.readings import Estimate, Readings
from report.recommendation.break_even import break_evens
from report.tables.cost_model import Cost, costs
from report.tables.memory import MemoryInUse, comparable, table_3
from tests.support.made_up import DESCRIBED, readings_of

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
STAGES = stages_up_to(4)
MakeStudy = Callable[..., Path]


@pytest.fixture
def paper() -> MemoryInUse:
    return comparable(readings_of(REFERENCE), STAGES)


def test_published_costs_per_guest(paper: MemoryInUse) -> None:
    found = {provider: cost.per_guest.mean for provider, cost in costs(paper).items()}
    assert found == pytest.approx({"xen": (3028 - 1397) / 3, "kvm": (3149 - 1483) / 3, "virtualbox": (3104 - 1279) / 3})
    assert {provider: round(value, 1) for provider, value in found.items()} == {
        "xen": 543.7,
        "kvm": 555.3,
        "virtualbox": 608.3,
    }


def test_published_comparable_memory(paper: MemoryInUse) -> None:
    assert paper.baseline is not None
    assert (paper.baseline.total.mean, paper.baseline.provider, paper.baseline.of_kernel) == (3937, "kvm", True)
    assert paper.scopes == {"xen": "host-only", "kvm": "machine", "virtualbox": "machine"}
    assert {p: paper.cells[p, "vm-4"].mean for p in ("kvm", "xen", "virtualbox")} == {
        "kvm": 2454,
        "xen": 2540,
        "virtualbox": 2658,
    }
    assert not paper.missing


def test_published_lines_cross_at_12_guests(paper: MemoryInUse) -> None:
    found = {(it.flat, it.steep): it.guests for it in break_evens(costs(paper))}
    assert found == {("xen", "kvm"): 12, ("xen", "virtualbox"): 3, ("kvm", "virtualbox"): 1}


def test_table_3_is_the_mean_over_repeats(make_study: MakeStudy) -> None:
    table = table_3(readings_of(make_study(repeats=2)), STAGES)
    cell = table.free["kvm", "vm-1"]
    assert (cell.mean, cell.n) == (3937 - 210 - 560 - 0.5, 2)
    assert cell.sd == pytest.approx(0.5**0.5)
    assert not table.missing


def test_xen_free_is_dom0_and_hypervisor(make_study: MakeStudy) -> None:
    in_use = comparable(readings_of(make_study(repeats=1)), STAGES)
    assert in_use.scopes["xen"] == "machine"
    assert in_use.formulas == {"xen": "free paper_free + xl-info free_memory"}
    assert in_use.cells["xen", "vm-4"].mean == 400 + 4 * 530
    cost = costs(in_use)["xen"]
    assert cost.fixed is not None
    assert (cost.per_guest.mean, cost.fixed.mean, cost.first, cost.last) == (530, 400, 1, 4)


def test_stage_without_the_hypervisors_half_is_missing(make_study: MakeStudy) -> None:
    folder = make_study(keep=lambda row: not (row[4] == "xl-info" and row[2] == "vm-2"))
    in_use = comparable(readings_of(folder), STAGES)
    assert ("xen", "vm-2") not in in_use.cells
    assert in_use.missing == Missing(False, (), (), (("xen", "vm-2"),))
    assert costs(in_use)["xen"].per_guest.mean == 530


def test_half_a_sum_in_one_repeat_does_not_count(make_study: MakeStudy) -> None:
    folder = make_study(keep=lambda row: not (row[4] == "xl-info" and row[1] == 2))
    assert comparable(readings_of(folder), STAGES).cells["xen", "vm-1"].n == 1


def test_xen_alone_takes_the_hypervisors_total(make_study: MakeStudy) -> None:
    in_use = comparable(readings_of(make_study(providers=("xen",), repeats=1)), STAGES)
    assert in_use.baseline is not None
    assert (in_use.baseline.of_kernel, in_use.baseline.formula) == (False, "xl-info total_memory")
    assert in_use.baseline.total.mean == 4000
    assert not in_use.missing


def test_without_a_total_the_slope_is_still_known(make_study: MakeStudy) -> None:
    folder = make_study(providers=("xen",), keep=lambda row: row[5] != "total_memory")
    in_use = comparable(readings_of(folder), STAGES)
    cost = costs(in_use)["xen"]
    assert in_use.baseline is None
    assert in_use.missing.everything
    assert (cost.per_guest.mean, cost.fixed) == (530, None)


def test_one_stage_with_guests_gives_no_cost(make_study: MakeStudy) -> None:
    assert costs(comparable(readings_of(make_study(guests=1)), stages_up_to(1))) == {}


@given(
    fixed=st.floats(0, 1e4),
    per_guest=st.floats(-100, 1e4),
    guests=st.integers(2, 30),
    total=st.floats(0, 1e6),
)
def test_a_straight_line_is_found_again(fixed: float, per_guest: float, guests: int, total: float) -> None:
    rows = [
        ["kvm", 1, f"vm-{n}", n, "free", metric, value, "MiB", "x"]
        for n in range(1, guests + 1)
        for metric, value in [("total", total), ("paper_free", total - fixed - n * per_guest)]
    ]
    columns = ["provider", "repeat", "stage", "guests", "meter", "metric", "value", "unit", "capture"]
    cost = costs(comparable(Readings(pd.DataFrame(rows, columns=columns), DESCRIBED), stages_up_to(guests)))["kvm"]
    assert cost.per_guest.mean == pytest.approx(per_guest, abs=1e-6)
    assert cost.at(0) == pytest.approx(fixed, abs=1e-6)


@given(
    flat=st.tuples(st.floats(0, 2000), st.floats(0, 1000)),
    steep=st.tuples(st.floats(0, 2000), st.floats(0, 1000)),
)
def test_break_even_is_the_first_number_of_guests(flat: tuple[float, float], steep: tuple[float, float]) -> None:
    costs_of = {
        name: Cost(name, Estimate(line[1], 1, None, (line[1],)), Estimate(line[0], 1, None, (line[0],)), 1, 4)
        for name, line in [("xen", flat), ("kvm", steep)]
    }
    found = break_evens(costs_of)
    if not found or not 1 < found[0].guests < 10**6:
        return
    a, b, guests = costs_of[found[0].flat], costs_of[found[0].steep], found[0].guests
    lines = [(a.at(n), b.at(n)) for n in (guests - 2, guests + 1)]
    (before_a, before_b), (after_a, after_b) = [(x or 0.0, y or 0.0) for x, y in lines]
    assert before_a >= before_b - 1e-6
    assert after_a <= after_b + 1e-6


def test_a_fixed_dom0_alone_does_not_tell_what_xen_took(make_study: MakeStudy) -> None:
    """Its guests' memory comes from the hypervisor; counted as free it would make Xen's guests cost nothing."""
    found = comparable(readings_of(make_study(without=("xl-info",))), STAGES)
    assert found.scopes["xen"] == "unknown"
    assert found.missing.providers == ("xen",)
    assert "xen" not in costs(found)
    # Without any guest nothing can have been taken.
    booting = comparable(readings_of(make_study(without=("xl-info",), stages=("booting",))), STAGES)
    assert booting.scopes["xen"] == "host-only"
