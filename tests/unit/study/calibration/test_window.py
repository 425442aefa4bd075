"""The ticks of mpstat's window: read when it has begun to wait, and when it has ended."""

import pytest

from study.calibration import cpu_window
from tests.support.errors import raises_code


def test_shares_are_of_all_ticks() -> None:
    text = "361.32 cpu 4736 0 6576 54567 133 0 526 0 2718 0\n371.33 cpu 4936 0 6676 56267 133 0 526 0 2818 0\n"
    found = cpu_window.parse(text)
    assert found.seconds == pytest.approx(10.01)
    assert found.percent("user", "system") == pytest.approx(15)
    # A guest's time is in the user's.
    assert found.percent("guest") == pytest.approx(5)


def test_a_machine_of_one_cpu_works_when_it_is_not_idle() -> None:
    """Of 10 s it was idle for 8, waited for 0.3 and was stolen 0.2; what the tick sampled does not count."""
    text = "361.00 cpu 4736 0 6576 54567 133 0 526 20 0 0\n371.00 cpu 4866 0 6576 55367 163 0 526 40 0 0\n"
    assert cpu_window.parse(text).percent_of_one() == pytest.approx(15)


@pytest.mark.parametrize("text", ["", "1 cpu 2 3\n", "cat: /tmp/hvlab-ticks: No such file\n", "1 cpu 1 2\n2 cpu 1 x\n"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with raises_code("unknown-output"):
        cpu_window.parse(text)


def test_a_window_without_ticks_is_refused() -> None:
    with raises_code("unknown-output"):
        cpu_window.Window(1, (1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 4, 5, 6, 7, 8)).percent("idle")
