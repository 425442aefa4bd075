"""Intervals by bootstrap over runs: what they must hold, and that they are the same every time."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.data.readings import Estimate
from report.stats.bootstrap import LEVEL, expanded_level, of_difference, of_mean

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8)


@given(VALUES)
@settings(max_examples=30, deadline=None)
def test_the_interval_lies_within_the_runs_and_around_their_mean(values: list[float]) -> None:
    found = of_mean(values)
    assert found is not None
    slack = 1e-6 * max(1.0, *(abs(value) for value in values))
    assert min(values) - slack <= found.low <= np.mean(values) + slack
    assert np.mean(values) - slack <= found.high <= max(values) + slack
    assert of_mean(values) == found


def test_one_run_says_nothing() -> None:
    assert of_mean([1.0]) is None
    assert of_difference([1.0], [1.0, 2.0]) is None
    estimate = Estimate.of(pd.Series([5.0]))
    assert (estimate.interval, estimate.half_width, estimate.median, estimate.mad) == (None, None, 5.0, 0.0)


def test_equal_runs_have_no_width() -> None:
    found = of_mean([3.0, 3.0, 3.0])
    assert found == (3.0, 3.0)


def test_the_level_is_widened_for_few_runs() -> None:
    assert expanded_level(3) > expanded_level(10) > expanded_level(1000) > LEVEL
    assert math.isclose(expanded_level(100_000), LEVEL, abs_tol=1e-4)


def test_differences() -> None:
    low, high = [10.0, 11.0, 12.0, 10.5, 11.5], [20.0, 21.0, 22.0, 20.5]
    found = of_difference(low, high)
    assert found is not None
    assert found.high < -8
    assert found.excludes_zero
    level = of_difference(low, [11.0, 10.0, 12.0])
    assert level is not None
    assert not level.excludes_zero


def test_it_holds_the_true_mean_as_often_as_it_says() -> None:
    """Of 200 studies of 10 runs, about 95 % hold it; the plain percentile interval would hold it in about 90 %."""
    dice = np.random.default_rng(7)
    held = sum(
        found.low <= 100 <= found.high
        for _ in range(200)
        if (found := of_mean(dice.normal(100, 5, size=10).tolist())) is not None
    )
    assert 0.91 <= held / 200 <= 0.99


def test_an_estimate_carries_median_spread_and_interval() -> None:
    estimate = Estimate.of(pd.Series([1.0, 2.0, 3.0, 4.0, 100.0]))
    assert (estimate.mean, estimate.median, estimate.mad) == (22.0, 3.0, 1.0)
    assert estimate.interval is not None
    assert estimate.half_width == pytest.approx((estimate.interval.high - estimate.interval.low) / 2)
