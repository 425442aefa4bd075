"""Intervals over boots: what they must hold, and how errors grow."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.data.readings import Estimate
from report.inference.coverage import coverage
from report.inference.intervals import Measured, of_difference, of_mean, student
from report.inference.lines import Line, crossing, crossing_interval, reaching, total
from report.inference.outlying import outlying
from report.inference.resolution import of_line, of_slope

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8)


@given(VALUES)
@settings(max_examples=30, deadline=None)
def test_the_interval_is_students(values: list[float]) -> None:
    found = of_mean(values)
    assert found is not None
    half = student(len(values)) * np.std(values, ddof=1) / math.sqrt(len(values))
    assert (found.low + found.high) / 2 == pytest.approx(np.mean(values), abs=1e-6)
    assert found.half_width == pytest.approx(half, rel=1e-6, abs=1e-6)


def test_one_boot_says_nothing() -> None:
    assert of_mean([1.0]) is None
    assert of_mean([]) is None
    assert of_difference([1.0], [1.0, 2.0]) is None
    estimate = Estimate.of(pd.Series([5.0]))
    assert (estimate.interval, estimate.half_width, estimate.median, estimate.mad) == (None, None, 5.0, 0.0)


def test_equal_boots_have_no_width() -> None:
    assert of_mean([3.0, 3.0, 3.0]) == (3.0, 3.0)
    assert of_difference([3.0, 3.0], [1.0, 1.0]) == (2.0, 2.0)


def test_a_difference_is_welchs() -> None:
    """Worked out by hand from variances 2.5 / 5 and 0.5 / 2: df = 0.75^2 / (0.5^2 / 4 + 0.25^2 / 1) = 4.5."""
    found = of_difference([1.0, 2.0, 3.0, 4.0, 5.0], [10.0, 11.0])
    assert found is not None
    assert Measured.of([1.0, 2.0, 3.0, 4.0, 5.0]).minus(Measured.of([10.0, 11.0])).freedom == pytest.approx(4.5)
    assert found.half_width == pytest.approx(2.6585 * math.sqrt(0.75), rel=1e-3)
    assert found.excludes_zero


def test_very_large_values_end_in_no_error() -> None:
    found = of_mean([1e200, -1e200])
    assert found is not None
    assert found.high == math.inf


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_it_holds_the_true_value_as_often_as_it_says(n: int) -> None:
    found = coverage("normal", n, studies=1500)
    assert 0.93 <= found.mean <= 0.97
    assert 0.93 <= found.difference <= 1
    assert found.false_difference <= 0.07


def test_reading_errors_grow_with_extrapolation() -> None:
    assert of_line(1, 1, 4) == of_line(3, 1, 4) == of_line(4, 1, 4) == 10
    assert of_line(0, 1, 4) == pytest.approx(16.67, abs=0.01)
    assert of_line(22, 1, 4) == pytest.approx(130)
    assert of_slope(1, 4) * 22 == pytest.approx(147, abs=0.5)


def line(*boots: tuple[float, float]) -> Line:
    intercepts, slopes = zip(*boots, strict=True)
    return Line(intercepts, slopes, 1, 4)


def test_chance_grows_with_extrapolation() -> None:
    found = line((400, 500), (402, 501), (398, 499))
    near, far = found.at(1).interval, found.at(22).interval
    assert near is not None
    assert far is not None
    assert far.half_width > 5 * near.half_width


def test_a_crossing_has_an_interval_where_the_slopes_differ() -> None:
    one, other = line((400, 500), (402, 501), (398, 499)), line((200, 520), (199, 522), (201, 518))
    assert crossing(one, other) == pytest.approx(10)
    found = crossing_interval(one, other)
    assert found is not None
    assert found.low < 10 < found.high
    # At its ends the difference of the lines is as large as chance makes it.
    for end in found:
        difference = one.at(end).minus(other.at(end))
        assert difference.interval is not None
        nearest = min(map(abs, difference.interval))
        assert nearest < 0.1 * abs(difference.mean) + 1e-6
    assert crossing_interval(line((9, 500), (9, 540)), line((1, 519), (1, 523))) is None
    assert crossing_interval(line((9, 500)), line((1, 519))) is None
    assert crossing(line((9, 500)), line((1, 500))) is None


def test_a_limit_is_reached_within_an_interval() -> None:
    found = reaching([200.0, 201.0, 199.0], [560.0, 562.0, 558.0], 32768.0)
    assert found is not None
    assert found.low < (32768 - 200) / 560 < found.high
    level = reaching([0.0, 0.0], [0.1, 2.0], 100.0)
    assert level is not None
    assert 0 < level.low < 100 / 1.05
    assert level.high == math.inf
    assert reaching([1.0], [1.0], 10.0) is None


def test_a_sum_adds_equal_boots_boot_by_boot() -> None:
    """Two quantities that go against each other vary less than each; one of other boots is a group of its own."""
    assert total([(1.0, [1.0, 2.0]), (1.0, [2.0, 1.0])], 0.0).interval == (3.0, 3.0)
    found = total([(2.0, [1.0, 2.0]), (1.0, [5.0, 5.0, 5.0])], 0.0, shift=1.0)
    assert (found.mean, found.n, len(found.groups)) == (9, 2, 2)
    assert total([(1.0, [1.0, 2.0]), (1.0, [5.0])], 0.0).interval is None


def test_an_outlying_boot_is_named() -> None:
    assert outlying([100.0, 101.0, 99.0, 100.0, 150.0], 10.0) == [4]
    assert outlying([100.0, 100.0, 100.0, 105.0], 10.0) == []
    assert outlying([1.0, 1.0, 900.0], 10.0) == []


def test_an_estimate_carries_median_spread_and_interval() -> None:
    estimate = Estimate.of(pd.Series([1.0, 2.0, 3.0, 4.0, 100.0]))
    assert (estimate.mean, estimate.median, estimate.mad) == (22.0, 3.0, 1.0)
    assert estimate.interval is not None
    assert estimate.half_width == pytest.approx((estimate.interval.high - estimate.interval.low) / 2)
