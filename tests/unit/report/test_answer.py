"""The answer on page 1: by the rules of the decision, with what would change it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset import load
from report.data.readings import Estimate, Readings
from report.recommendation.answer import MOST_GUESTS, answer
from report.recommendation.decision import Asked, decide
from report.recommendation.demand import Demand
from report.recommendation.recommendation import Advice, advise
from report.recommendation.results import results
from report.recommendation.scenario import DEFAULT_SCENARIO, Scenario, Weights
from tests.support.pages import page

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
MakeStudy = Callable[..., Path]


def advice_of(folder: Path, scenario: Scenario = DEFAULT_SCENARIO) -> Advice:
    dataset = load(folder)
    readings = Readings(dataset.measurements, dataset.study)
    return advise(readings, dataset.study, results(dataset, readings), scenario)


def demand(name: str, fixed: list[float], per_guest: list[float]) -> Demand:
    def estimate(values: list[float]) -> Estimate:
        return Estimate(sum(values) / len(values), len(values), None, tuple(values))

    return Demand(name, estimate(fixed), estimate(per_guest), 512, None, 100, None, None, 1, 4)


boots = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(50, 900), min_size=n, max_size=n), st.lists(st.floats(100, 900), min_size=n, max_size=n)
    )
)


@given(st.lists(boots, min_size=1, max_size=3), st.integers(1, 40), st.sampled_from([2000.0, 8000.0]))
@settings(max_examples=60, deadline=None)
def test_what_would_change_it_is_what_the_decision_says_then(
    found: list[tuple[list[float], list[float]]], guests: int, host: float
) -> None:
    names = ["xen", "kvm", "virtualbox"][: len(found)]
    demands = {name: demand(name, *each) for name, each in zip(names, found, strict=True)}
    asked = Asked(Weights(), guests, 512, host)

    def kind(number: int) -> tuple[str | None, bool]:
        it = decide(demands, replace(asked, guests=number), "as-read", names)
        return it.winner, it.why == "none-fits"

    given_answer = answer(demands, asked, "as-read", names)
    others = [n for n in range(1, MOST_GUESTS + 1) if kind(n) != kind(guests)]
    fewer, more = given_answer.fewer, given_answer.more
    beyond = max(fit.guests for fit in given_answer.fits.values()) + 1
    assert (fewer and fewer[0]) == max((n for n in others if n < guests and n <= beyond), default=None)
    assert (more and more[0]) == min((n for n in others if n > guests), default=None)
    for turn in filter(None, (fewer, more)):
        assert (turn[1].winner, turn[1].why == "none-fits") == kind(turn[0])


def test_whether_guests_fit_is_not_told_by_one_boot_only() -> None:
    scattered = {"kvm": demand("kvm", [100, 100, 100], [400, 500, 600])}
    scattered["xen"] = demand("xen", [100, 100, 100], [700, 800, 900])
    found = answer(scattered, Asked(Weights(), 10, 512, 5500), "as-read", ["kvm", "xen"]).decision
    assert (found.winner, found.why) == (None, "fit")


def test_page_1_says_what_the_decision_says(make_study: MakeStudy) -> None:
    folder = make_study(repeats=3)
    text = page(folder)
    box = text[text.index('id="answer"') : text.index('id="environment"')]
    assert advice_of(folder).decisions[0].winner == "kvm"
    assert "<b>KVM</b>." in box
    assert "KVM 6 (memory)" in box
    assert "with 6 guests none can be called the best" in box
    published = page(REFERENCE)
    box = published[published.index('id="answer"') : published.index('id="environment"')]
    assert "none can be called the best" in box
    assert "more boots" not in box  # nobody can repeat a published study


@pytest.mark.parametrize("meters", [("free",), ("mpstat", "disk")])
def test_page_1_with_gaps(make_study: MakeStudy, meters: tuple[str, ...]) -> None:
    assert 'id="answer"' in page(make_study(without=meters))


def test_one_resource_alone(make_study: MakeStudy) -> None:
    found = advice_of(make_study(repeats=3), Scenario(host_disk_mib=200 * 1024.0)).answers[0]
    for name, turn in found.alone.items():
        assert name not in found.decision.left_out
        assert turn.winner != found.decision.winner
