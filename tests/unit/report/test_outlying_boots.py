"""Boots far from the others are named."""

from collections.abc import Callable
from pathlib import Path

from tests.support.pages import page

MakeStudy = Callable[..., Path]


def test_an_outlying_boot_is_named_beside_median_and_mean(make_study: MakeStudy) -> None:
    def odd(row: list[object]) -> bool:
        if (row[0], row[1], row[4], row[5]) == ("kvm", 5, "free", "paper_free"):
            row[6] = float(str(row[6])) - 500
        return True

    text = page(make_study(repeats=5, keep=odd))
    assert "Outlying boots." in text
    assert "KVM, repeat 5, memory taken: 2954.0 MiB (all boots: median 2452.0 MiB" in text
    assert "mean 2552.0 MiB)" in text
    assert "Outlying boots." not in page(make_study(repeats=5))
