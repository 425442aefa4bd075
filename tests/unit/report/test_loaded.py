"""Guests at work: planted costs, work and memory given back are found again, and the recommendation uses them."""

from pathlib import Path

import pytest

from dataset import load
from report.recommendation.recommendation import Advice, advise
from report.recommendation.results import Results, results
from report.recommendation.scenario import DEFAULT_SCENARIO
from report.render.paper import html
from tests.support.made_up import MADE, Row, edited, make_rows, readings_of, write_rows, write_study

# A guest at work takes so many MiB and percent of all CPUs more; half of the memory is given back.
MIB, PERCENT = 200, 5
RATES = {"xen": (60.0, 60.0), "kvm": (60.0, 20.0), "virtualbox": (39.9, 39.9)}
WORK = {"title": "Integer operations of stress-ng", "metric": "ops_rate", "unit": "1/s"}


def at_work(row: Row) -> list[Row]:
    """Return what a row of a stage with guests is under the load, and after it."""
    provider, repeat, stage, guests, meter, metric, value, unit, capture = row
    assert isinstance(guests, int)
    found = []
    for phase, share in (("load", 1.0), ("rest", 0.5)):
        if not guests or (phase == "rest" and guests < 2):
            continue
        number = float(str(value))
        if metric == "idle":
            number -= PERCENT * guests * (phase == "load")
        if (meter, metric) == (("xl-info", "free_memory") if provider == "xen" else ("free", "paper_free")):
            number -= MIB * guests * share
        where = str(capture).replace(str(stage), f"{stage}+{phase}")
        found.append([provider, repeat, f"{stage}+{phase}", guests, meter, metric, number, unit, where])
    return found


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_study(tmp_path_factory.mktemp("loaded"), guests=2, repeats=3)
    idle = make_rows(MADE, 2, 3, None)
    rows = [*idle, *(each for row in idle for each in at_work(row))]
    for provider, rates in RATES.items():
        for repeat in (1, 2, 3):
            for guests in (1, 2):
                stage = f"vm-{guests}+load"
                capture = f"runs/{provider}-{repeat:02}/captures/{stage}/load-cpu.txt"
                for number, rate in enumerate(rates[:guests], 1):
                    own = [f"ops_rate:server{number}", rate + 0.01 * repeat, "1/s"]
                    rows.append([provider, repeat, stage, guests, "load-cpu", *own, capture])
    write_rows(folder, rows)
    info = load(folder).study.model_dump(mode="json")
    info["parameters"]["load"] = {"kind": "cpu", "cpu_percent": 10}
    info["meters"].append({"name": "load-cpu", "title": "CPU load (stress-ng)", "where": "guests", "work": WORK})
    with edited(folder) as kept:
        kept.clear()
        kept.update(info)
    return folder


@pytest.fixture(scope="module")
def found(study: Path) -> Results:
    return results(load(study), readings_of(study))


@pytest.fixture(scope="module")
def advice(study: Path, found: Results) -> Advice:
    return advise(readings_of(study), load(study).study, found, DEFAULT_SCENARIO)


def test_stages_without_a_load_are_as_before(found: Results) -> None:
    assert found.table3.stages == ("booting", "manager", "vm-1", "vm-2")
    assert found.cpu.stage == "vm-2"
    assert {name: cost.per_guest.mean for name, cost in found.costs.items()} == pytest.approx(
        {name: made.per_guest for name, made in MADE.items()}
    )


def test_costs_of_guests_at_work(found: Results) -> None:
    assert found.loaded is not None
    assert {name: cost.per_guest.mean for name, cost in found.loaded.costs.items()} == pytest.approx(
        {name: made.per_guest + MIB for name, made in MADE.items()}
    )
    for name in ("kvm", "virtualbox"):
        assert found.loaded.busy[name, "vm-2+load"].mean == pytest.approx(100.01 - MADE[name].idle + 2 * PERCENT)
    for memory in found.loaded.memory.values():
        assert memory.taken.mean == pytest.approx(2 * MIB)
        assert memory.given_back is not None
        assert memory.given_back.mean == pytest.approx(MIB)


def test_work_interference_and_fairness(found: Results) -> None:
    assert found.loaded is not None
    one, two = found.loaded.work["kvm", "load-cpu"]
    assert (one.guests, one.slowest.mean, one.fairness.mean) == (1, 100, 1)
    assert (two.total.mean, two.per_guest.mean) == pytest.approx((80.04, 40.02))
    assert two.slowest.mean == pytest.approx(50, abs=0.1)
    assert two.fairness.mean == pytest.approx(0.8, abs=0.001)
    assert two.cpu is not None
    assert two.cpu.mean == pytest.approx(2 * PERCENT / 80.04)
    verdicts = {(more, less): it.verdict for _, more, less, it in found.loaded.compared}
    assert verdicts == {("xen", "kvm"): "yes", ("xen", "virtualbox"): "yes", ("kvm", "virtualbox"): "no"}


def test_the_recommendation_is_about_guests_at_work(advice: Advice) -> None:
    assert advice.load == "cpu"
    assert [it.decision.use for it in advice.answers] == ["as-read"]
    assert {name: each.as_read.mean for name, each in advice.demands.items()} == pytest.approx(
        {name: made.per_guest + MIB for name, made in MADE.items()}
    )
    cpu = advice.demands["kvm"].cpu
    assert cpu is not None
    assert cpu.mean == pytest.approx(PERCENT)


@pytest.mark.parametrize(("lang", "title"), [("en", "Guests at work"), ("ko", "일하는 게스트")])
def test_the_paper_has_its_tables(study: Path, lang: str, title: str) -> None:
    page = html(study, lang)
    section = page[page.index('<section id="loaded">') :]
    section = section[: section.index("</section>")]
    assert title in section
    assert [name for name in ("table-l1", "table-l2", "table-l3") if f'id="{name}"' not in section] == []
    assert "#table-l2" in page[page.index('id="answer"') :]
