"""The order of runs follows from the seed."""

from hypothesis import given
from hypothesis import strategies as st

from study.plan import Plan

PROVIDERS = ("xen", "kvm", "virtualbox")


@given(st.integers(1, 5), st.integers(0, 2**24))
def test_order(repeats: int, seed: int) -> None:
    order = Plan(PROVIDERS, repeats, seed).order()
    assert order == Plan(PROVIDERS, repeats, seed).order()
    assert sorted(order) == sorted((provider, repeat) for provider in PROVIDERS for repeat in range(1, repeats + 1))
    assert [repeat for _, repeat in order] == sorted(repeat for _, repeat in order)
