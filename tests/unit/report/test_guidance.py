from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset import load
from report.data.gaps import find_missing
from report.data.readings import Readings
from report.recommendation.ranking import rank
from report.recommendation.results import Results, results
from report.recommendation.scenario import parse_scenario, parse_size
from tests.support.errors import raises_code

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
GIB = 1024**3
PROVIDERS = ("xen", "kvm", "virtualbox")
MakeStudy = Callable[..., Path]


def worked_out(folder: Path) -> Results:
    dataset = load(folder)
    return results(dataset, Readings(dataset.measurements, dataset.study))


def test_published_guidance() -> None:
    found = worked_out(REFERENCE).guidance
    assert found.per_guest.winner == "xen"
    assert [(s.provider, s.behind) for s in found.at_last.others] == [("xen", 86), ("virtualbox", 204)]
    assert found.idle.winner == "kvm"
    assert [round(s.behind, 2) for s in found.idle.others] == [2.07, 5.34]
    assert found.allocated.winner == "virtualbox"
    shares = [s.behind / found.allocated.best[0].value for s in found.allocated.others]
    assert [round(100 * share, 1) for share in shares] == [1.7, 5.5]
    assert found.crossing is not None
    assert (found.crossing.flat, found.crossing.steep, found.crossing.guests) == ("xen", "kvm", 12)
    assert found.n == (1, 1)


def test_small_differences_are_no_differences(make_study: MakeStudy) -> None:
    found = worked_out(make_study()).guidance
    assert found.idle.winner is None
    assert [s.provider for s in found.idle.best] == ["xen", "kvm"]


def test_what_is_missing_is_named(make_study: MakeStudy) -> None:
    found = worked_out(make_study(keep=lambda row: row[0] == "kvm" and row[4] != "disk")).guidance
    assert (found.per_guest.read, found.per_guest.winner, found.per_guest.missing) == (
        1,
        None,
        ("xen", "virtualbox"),
    )
    assert (found.allocated.read, found.allocated.missing) == (0, PROVIDERS)
    assert found.crossing is None


def test_last_stage_is_the_last_that_was_read(make_study: MakeStudy) -> None:
    found = worked_out(make_study(stages=("booting", "vm-1", "vm-2")))
    assert found.guests == 2
    assert found.cpu.stage == "vm-2"
    assert found.guidance.at_last.read == 3
    assert found.table3.missing.rows == ("manager", "vm-3", "vm-4")


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ({}, []),
        ({"kvm": 5.0}, ["kvm"]),
        ({"kvm": 5.0, "xen": 14.9}, ["kvm", "xen"]),
        ({"kvm": 5.0, "xen": 15.0}, ["kvm"]),
        ({"xen": 5.0, "kvm": 5.0}, ["xen", "kvm"]),
    ],
)
def test_level_with_the_best(values: dict[str, float], best: list[str]) -> None:
    assert [s.provider for s in rank(values, 10.0, among=PROVIDERS).best] == best


def test_chance_makes_level(make_study: MakeStudy) -> None:
    """KVM has taken 70 MiB less than Xen on average, but one of its two boots 130 MiB more."""

    def noisy(row: list[object]) -> bool:
        if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free") and row[1] == 2:
            row[6] = float(str(row[6])) - 100
        return True

    found = worked_out(make_study(keep=noisy)).guidance
    assert found.at_last.winner is None
    assert [s.provider for s in found.at_last.best] == ["kvm", "xen"]
    assert [s.provider for s in found.at_last.others] == ["virtualbox"]
    assert found.per_guest.winner == "xen"


def test_level_ones_need_not_stand_side_by_side() -> None:
    found = rank(
        {"xen": 1.0, "kvm": 20.0, "virtualbox": 30.0},
        5.0,
        among=PROVIDERS,
        told_apart=lambda _best, other: other == "kvm",
    )
    assert [s.provider for s in found.best] == ["xen", "virtualbox"]
    assert [s.provider for s in found.others] == ["kvm"]


@given(st.dictionaries(st.sampled_from(PROVIDERS), st.floats(-1e9, 1e9)), st.floats(0, 1e6), st.booleans())
def test_ranking_names_everyone_once(values: dict[str, float], resolution: float, highest: bool) -> None:
    found = rank(values, resolution, among=PROVIDERS, highest=highest)
    named = [s.provider for s in (*found.best, *found.others)] + list(found.missing)
    assert sorted(named) == sorted(PROVIDERS)
    assert bool(found.best) == bool(values)
    assert all(s.behind >= 0 for s in (*found.best, *found.others))
    assert all(s.behind >= resolution for s in found.others)


@given(st.sets(st.tuples(st.sampled_from(PROVIDERS), st.sampled_from(["a", "b", "c"]))))
def test_every_gap_is_named_exactly_once(present: set[tuple[str, str]]) -> None:
    rows = ["a", "b", "c"]
    found = find_missing(PROVIDERS, present, rows)
    named = {(p, row) for p in found.providers for row in rows}
    named |= {(p, row) for p in PROVIDERS if p not in found.providers for row in found.rows}
    assert named.isdisjoint(found.cells)
    assert named | set(found.cells) == {(p, row) for p in PROVIDERS for row in rows} - present
    assert bool(found) == (len(present) < 9)


@pytest.mark.parametrize("size", [f"{'9' * 400}MiB", f"{'9' * 400}GiB", "99999999999999GiB", "0MiB"])
def test_no_machine_has_such_a_size(size: str) -> None:
    with raises_code("bad-option"):
        parse_size("--guest-memory", size)
    with raises_code("bad-option"):
        parse_scenario("", 10**8, "", "")
