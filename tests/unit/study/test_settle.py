from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.measure.settle import Sample, Settler, SettleRule, is_settled, motion, parse_sample
from tests.support.errors import raises_code

RULE = SettleRule(
    window_s=8,
    memory_slope_mib_per_min=3,
    memory_spread_mib=4,
    busy_slope_points_per_min=60,
    busy_spread_points=10,
    give_up_s=30,
)
# One sample a second: a window holds this many.
WINDOW = 9


def curve(free_mib: Sequence[float], busy: Sequence[float]) -> list[Sample]:
    return [
        Sample(float(second), int(free * 1024), percent)
        for second, (free, percent) in enumerate(zip(free_mib, busy, strict=True))
    ]


def line(second: int, free_kib: int, busy: int, idle: int) -> str:
    return f"{second}.25 {free_kib} {busy} 0 0 {idle} 0 0 0 0 0 0"


def test_calm() -> None:
    assert is_settled(curve([3000] * WINDOW, [2.0] * WINDOW), RULE)


def test_needs_a_whole_window() -> None:
    assert not is_settled([], RULE)
    assert not is_settled(curve([3000] * (WINDOW - 1), [2.0] * (WINDOW - 1)), RULE)


def test_needs_enough_samples_in_the_window() -> None:
    slow = [Sample(float(second), 3000, 1.0) for second in range(0, 20, 5)]
    assert not is_settled(slow, RULE)


# Shapes of a window of free memory, MiB, relative to its first sample; whether the host has settled.
SHAPES = {
    "flat": ([0.0] * WINDOW, True),
    "drift of 2.4 MiB/min": ([-0.04 * at for at in range(WINDOW)], True),
    "drift of 4.8 MiB/min, far below the spread allowed": ([-0.08 * at for at in range(WINDOW)], False),
    "drift upwards": ([0.6 * at for at in range(WINDOW)], False),
    "noise": ([0.0, 0.3, -0.2, 0.1, 0.3, -0.3, 0.0, 0.2, -0.1], True),
    "one outlier within the spread": ([0.0] * 4 + [3.5] + [0.0] * 4, True),
    "one outlier beyond the spread": ([0.0] * 4 + [30.0] + [0.0] * 4, False),
    "step at the end, which no median sees": ([0.0] * 8 + [-200.0], False),
    "step at the begin": ([200.0] + [0.0] * 8, False),
    "stairs": ([0.0, 0.0, -1.0, -1.0, -1.0, -2.0, -2.0, -2.0, -3.0], False),
    "swinging": ([3.0, -3.0] * 4 + [3.0], False),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_free_memory(name: str) -> None:
    shape, settled = SHAPES[name]
    assert is_settled(curve([3000 + part for part in shape], [2.0] * WINDOW), RULE) is settled


BUSY = {
    "calm": ([2.0, 3.0, 1.0, 2.0, 2.0, 4.0, 1.0, 2.0, 3.0], True),
    "a load that stays": ([30.0, 34, 31, 33, 32, 31, 34, 30, 32], True),
    "a second in which something woke up": ([2.0] * 5 + [45.0] + [2.0] * 3, True),
    "a manager that asks every third second": ([4.8, 15.3, 6.7, 4.8, 20.9, 4.9, 5.2, 19.3, 4.8], True),
    "asking every third second while a boot ends": ([60.0, 75, 55, 40, 50, 25, 20, 35, 20], False),
    "two such seconds": ([2.0] * 5 + [45.0, 45.0] + [2.0] * 2, False),
    "a boot that ends": ([60.0, 60, 55, 40, 30, 25, 20, 20, 20], False),
    "a slow decline within the spread": ([12.0 - 1.2 * at for at in range(WINDOW)], False),
}


@pytest.mark.parametrize("name", BUSY)
def test_shapes_of_the_busy_share(name: str) -> None:
    shape, settled = BUSY[name]
    assert is_settled(curve([3000] * WINDOW, shape), RULE) is settled


def test_only_the_window_counts() -> None:
    boot = curve([3500, 3300, 3100] + [3000] * WINDOW, [90.0, 80.0, 70.0] + [1.0] * WINDOW)
    assert is_settled(boot, RULE)


@given(
    slope=st.floats(-100, 100),
    noise=st.lists(st.floats(-0.05, 0.05), min_size=WINDOW, max_size=WINDOW),
    at=st.integers(0, WINDOW - 1),
    off=st.floats(-3, 3),
)
def test_the_slope_is_found_through_noise_and_an_outlier(slope: float, noise: list[float], at: int, off: float) -> None:
    free = [3000 + slope / 60 * second + noise[second] for second in range(WINDOW)]
    free[at] += off
    # Noise of 0.05 MiB tilts the line by up to 0.1 MiB in a window, an outlier moves the median a little more.
    assert abs(motion(curve(free, [0.0] * WINDOW), RULE).memory_slope - slope) < 4


@given(
    free=st.lists(st.floats(0, 4000), min_size=WINDOW, max_size=20),
    shift=st.floats(0, 1000),
    busy=st.floats(0, 100),
)
def test_the_level_of_free_memory_does_not_matter(free: list[float], shift: float, busy: float) -> None:
    whole = [float(int(part)) for part in free]
    shifted = [part + int(shift) for part in whole]
    constant = [busy] * len(whole)
    assert is_settled(curve(whole, constant), RULE) == is_settled(curve(shifted, constant), RULE)


def test_a_sample_counts_neither_idle_nor_waiting_nor_guests_twice() -> None:
    reading = parse_sample("87.74 848896 100 20 30 5000 40 5 6 7 60 10\n")
    assert (reading.uptime_s, reading.free_kib) == (87.74, 848896)
    assert reading.busy_ticks == 100 + 20 + 30 + 5 + 6 + 7
    assert reading.total_ticks == reading.busy_ticks + 5000 + 40


@pytest.mark.parametrize("text", ["", "87.74", "87.74 848896 1 2", "x 1 2 3 4 5 6 7", "87.74 848896 1 2 3 4 5 6.5"])
def test_a_line_that_is_not_the_samplers(text: str) -> None:
    with raises_code("unknown-output", "sampler"):
        parse_sample(text)


def test_settler_stops_when_settled_and_keeps_the_curve() -> None:
    settler = Settler(RULE)
    lines = [line(second, 3_000_000, busy=second, idle=199 * second) for second in range(20)]
    fed = 0
    for each in lines:
        fed += 1
        if settler.feed(each):
            break
    assert settler.settled
    assert settler.done
    assert fed == 10  # the first line only starts the counters; then a window of 8 s from 1 s to 9 s
    assert settler.seconds == 9
    assert [sample.busy_percent for sample in settler.curve] == [0.5] * 9
    assert settler.report()["state"] == "settled"
    settler.give_up("too late")
    assert settler.settled


def test_settler_gives_up_and_says_why() -> None:
    settler = Settler(RULE)
    second = 0
    while not settler.feed(line(second, 3_000_000 - 10_240 * second, busy=100 * second, idle=100 * second)):
        second += 1
    assert not settler.settled
    assert settler.state == "not settled"
    assert settler.seconds == 30
    assert settler.reason == (
        "not steady after 30 s; over the last 8 s free memory moved by -600.0 MiB/min (allowed 3) within 80.0 MiB (4),"
        " the CPU by +0.0 points/min (60) within 0.0 points (10)"
    )
    assert len(settler.report()["curve"]) == 30
    assert settler.feed("anything, it is over")


def test_settler_that_is_told_to_give_up() -> None:
    settler = Settler()
    settler.give_up("the session broke")
    assert settler.report()["reason"] == "the session broke"
    assert settler.seconds == 0


def test_settler_does_not_judge_counters_that_stand_still_or_run_back() -> None:
    settler = Settler(RULE)
    settler.feed("1.0 3000 10 0 0 100 50 0")
    settler.feed("1.0 3000 10 0 0 100 50 0")
    assert settler.curve == []
    settler.feed("2.0 3000 10 0 0 90 160 0")  # idle fell, iowait rose: busy stays
    assert settler.curve[0].busy_percent == 0
