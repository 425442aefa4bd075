"""Repeats are added until the cost per guest is known as well as was asked for, or there are too many."""

import pytest

from study.plan import Plan
from study.stopping_rule import decide, parse_precision
from tests.support.errors import raises_code


@pytest.mark.parametrize(("text", "mib"), [("1MiB", 1), ("0.5 MiB", 0.5), ("512KiB", 0.5)])
def test_amounts(text: str, mib: float) -> None:
    assert parse_precision(text) == mib


@pytest.mark.parametrize("text", ["1", "1MB", "-1MiB", "0MiB", "MiB"])
def test_what_is_no_amount(text: str) -> None:
    with raises_code("bad-option"):
        parse_precision(text)


@pytest.mark.parametrize(
    ("repeats", "widths", "go_on", "reason"),
    [
        (1, {"kvm": None, "xen": None}, True, "fewer than 5 repeats"),
        (4, {"kvm": 0.1, "xen": 0.1}, True, "fewer than 5 repeats"),
        (5, {"kvm": 0.1, "xen": 1.0}, False, "1 MiB is reached"),
        (5, {"kvm": 0.1, "xen": 1.1}, True, "more than 1 MiB under xen"),
        (5, {"kvm": 0.1}, True, "xen unknown; more than 1 MiB under xen"),
        (8, {"kvm": 3, "xen": 1.1}, False, "1 MiB is not reached, but most_repeats = 8 is"),
    ],
)
def test_decisions(repeats: int, widths: dict[str, float | None], go_on: bool, reason: str) -> None:
    verdict = decide(widths, Plan(("kvm", "xen"), repeats, 7, 1.0, 8))
    assert (verdict.go_on, reason in verdict.reason) == (go_on, True), verdict.reason
    assert verdict.facts()["reached"] == (not go_on and repeats == 5)


def test_fewer_than_the_least_if_no_more_are_allowed() -> None:
    assert not decide({"kvm": 5.0}, Plan(("kvm",), 2, 7, 1.0, 2)).go_on
