"""Break-even, capacity, the questions that a user asks, and the criteria."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from report.data.readings import Estimate
from report.inference.verdicts import Verdict
from report.recommendation.break_even import break_evens
from report.recommendation.capacity import HOSTS_GIB
from report.recommendation.criteria import criteria_of
from report.recommendation.demand import Demand, Fit
from report.recommendation.scenario import (
    DEFAULT_SCENARIO,
    Weights,
    parse_scenario,
    parse_size,
    parse_weights,
)
from report.tables.cost_model import Cost
from tests.support.advice import advice_of, smaller_guests
from tests.support.errors import raises_code
from tests.support.made_up import DESCRIBED
from tests.support.pages import page

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]
GIB = 1024**3


def cost(provider: str, *lines: tuple[float, float]) -> Cost:
    """A cost model of one (per guest, fixed) a boot."""

    def estimate(values: tuple[float, ...]) -> Estimate:
        return Estimate(sum(values) / len(values), len(values), None, values)

    slopes, fixed = zip(*lines, strict=True)
    return Cost(provider, estimate(slopes), estimate(fixed), 1, 4)


def test_published_break_even() -> None:
    found = {(it.flat, it.steep): it for it in advice_of(REFERENCE).break_evens}
    assert set(found) == {("xen", "kvm"), ("xen", "virtualbox"), ("kvm", "virtualbox")}
    assert found["xen", "kvm"].guests == 12
    assert found["xen", "kvm"].crossing == pytest.approx(11.371, abs=1e-3)
    assert found["xen", "virtualbox"].guests == 3
    assert found["kvm", "virtualbox"].always
    assert {it.interval for it in found.values()} == {None}
    # One reading each: it cannot be told whether another would show the same.
    assert {it.verdict for it in found.values()} == {Verdict.CANNOT_TELL}
    # What Xen takes at 12 guests, not where the lines cross (6548); at 3, not at 2.2.
    assert round(found["xen", "kvm"].needs) == 6889
    assert round(found["xen", "virtualbox"].needs) == 1996
    assert "at 12 guests, where it takes 6889 MiB, more than this machine has" in page(REFERENCE)


def test_break_even_has_an_interval_over_boots() -> None:
    costs = {
        "xen": cost("xen", (500, 400), (501, 402), (499, 398)),
        "kvm": cost("kvm", (520, 200), (522, 199), (518, 201)),
    }
    (found,) = break_evens(costs)
    assert (found.flat, found.steep, found.guests) == ("xen", "kvm", 11)
    assert found.crossing == pytest.approx(10)
    assert found.interval is not None
    assert found.interval.low < 10 < found.interval.high
    assert found.verdict is Verdict.YES
    assert break_evens(costs) == [found]


def test_costs_that_chance_may_swap_have_no_interval() -> None:
    (found,) = break_evens({"xen": cost("xen", (500, 9), (540, 9)), "kvm": cost("kvm", (519, 1), (523, 1))})
    assert found.interval is None
    assert (found.verdict, found.slope.reason) == (Verdict.CANNOT_TELL, "chance")
    assert break_evens({"xen": cost("xen", (500, 1)), "kvm": cost("kvm", (500, 2))}) == []


def test_capacity_of_the_published_study() -> None:
    capacity = advice_of(REFERENCE).capacity
    # (4096 - 232.7) / 555.3 and so on; with more memory the partition of 90 GB is full.
    assert [capacity.full[p, 512, 4].guests for p in ("xen", "kvm", "virtualbox")] == [6, 6, 6]
    assert {capacity.full[p, 512, 4].limit for p in ("xen", "kvm", "virtualbox")} == {"memory"}
    kvm = capacity.full["kvm", 512, 16]
    assert (kvm.guests, kvm.limit) == (int(90e9 // (15675096 * 1024 / 4)), "disk")
    assert [capacity.full[p, 512, 64].guests for p in ("xen", "kvm", "virtualbox")] == [21, 22, 22]
    assert capacity.demands["xen"].cpu is None  # dom0's idle time says nothing of the guests'
    assert capacity.demands["virtualbox"].overhead == pytest.approx(608.33 - 512, abs=0.01)


@given(
    st.floats(0, 2000),
    st.floats(1, 2000),
    st.sampled_from([256.0, 512.0, 4096.0]),
    st.floats(0.01, 20),
    st.floats(0.1, 50),
)
@settings(deadline=None)
def test_one_more_guest_never_fits(fixed: float, per_guest: float, guest: float, cpu: float, disk: float) -> None:
    def once(value: float) -> Estimate:
        return Estimate(value, 1, None, (value,))

    demand = Demand("kvm", once(fixed), once(per_guest), 512.0, once(cpu), 100.0, once(disk * GIB), 90.0 * GIB, 1, 4)
    before = 0
    for host in HOSTS_GIB:
        fit = demand.fit(host * 1024, demand.at(guest))
        assert fit is not None
        assert fit.guests >= before
        before = fit.guests
        lacks = {
            "memory": fixed + (fit.guests + 1) * demand.at(guest) > host * 1024,
            "cpu": (fit.guests + 1) * cpu > 100,
            "disk": (fit.guests + 1) * disk > 90,
        }
        assert lacks[fit.limit]


def test_a_guest_that_did_not_use_its_memory_has_no_overhead(make_study: MakeStudy) -> None:
    folder = make_study(keep=smaller_guests)
    advice = advice_of(folder)
    assert advice.not_fully_used == ["kvm"]
    assert advice.demands["kvm"].overhead == 0
    assert [it.use for it in advice.decisions] == ["as-read", "full"]
    text = page(folder)
    assert "Memory not yet used." in text
    assert "512, as read" in text


def test_capacity_has_an_interval_over_boots(make_study: MakeStudy) -> None:
    def dearer(row: list[object]) -> bool:
        """Make KVM's guests dearer by 30 MiB with each repeat: 560, 590, 620 MiB."""
        if (row[0], row[4], row[5]) == ("kvm", "free", "paper_free"):
            row[6] = float(str(row[6])) - 30 * int(str(row[3])) * (int(str(row[1])) - 1)
        return True

    folder = make_study(repeats=3, keep=dearer, without=("mpstat", "disk"))
    full = advice_of(folder).capacity.full
    # (32768 - 211) / (512 + overhead), of 590 +- t(0.975, 2) 30 / sqrt(3) = 515 to 665 MiB a guest.
    assert full["kvm", 512, 32] == Fit(55, "memory", 48, 63)
    assert (full["xen", 512, 32].low, full["xen", 512, 32].high) == (61, 61)
    assert "55 (48\N{EN DASH}63)" in page(folder).replace("&nbsp;", " ")
    assert "95 % interval over boots; none is given" in page(folder)
    assert "In brackets" not in page(REFERENCE)
    assert {fit.low for fit in advice_of(make_study(repeats=1)).capacity.full.values()} == {None}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("memory", "'' is no weight"),
        ("money=1", "money=1"),
        ("memory=-1", "'-1' is no weight"),
        ("memory=nan", "'nan' is no weight"),
        ("memory=0,cpu=0,disk=0", "all weights are 0"),
        ("memory=1,memory=2", "each named once"),
    ],
)
def test_bad_weights_are_refused(text: str, says: str) -> None:
    with pytest.raises(HvlabError, match=says):
        parse_weights(text)


def test_questions_are_read() -> None:
    assert parse_scenario("", 0, "", "") == DEFAULT_SCENARIO
    assert parse_weights("cpu=0.5") == Weights(1, 0.5, 1)
    assert (parse_size("--host-memory", "16GiB"), parse_size("--host-memory", "1.5GiB")) == (16384, 1536)
    for text in ("16", "16GB", "0GiB", "-1GiB"):
        with raises_code("bad-option"):
            parse_size("--host-memory", text)
    assert parse_scenario("", 0, "", "", "200GiB").host_disk_mib == 200 * 1024
    with raises_code("bad-option", "--guests=-2"):
        parse_scenario("", -2, "", "")


def test_references_are_numbered_where_they_are_first_cited() -> None:
    found = criteria_of(DESCRIBED.hypervisors)
    assert [row.id for row in found.rows] == ["kind", "cpu", "guests", "manager"]
    assert found.references[0].title.startswith("Jung Sung-Jae")
    cited = [
        found.number(source) for row in found.rows for p in ("xen", "kvm") for source in found.cells[row.id, p].sources
    ]
    assert [number for place, number in enumerate(cited) if number not in cited[:place]] == [2, 3, 6, 1, 7]


def test_a_hypervisor_that_was_not_assessed_has_no_cell() -> None:
    bare = DESCRIBED.hypervisors[0].model_copy(update={"name": "other", "criteria": {}})
    assert criteria_of([bare]).cells == {}
    assert len(criteria_of([bare]).references) == 1


def test_damaged_criteria_are_named(tmp_path: Path) -> None:
    path = tmp_path / "criteria.toml"
    with raises_code("unreadable-file"):
        criteria_of((), path)
    path.write_text('[study]\ntitle = "A"\n[[criteria]]\nid = "x"\n', encoding="utf-8")
    with raises_code("invalid-criteria", "criteria.0.title"):
        criteria_of((), path)
