import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset.stages import Stage, parse_stage, stages
from tests.support.errors import raises_code


def test_the_2011_stages() -> None:
    names = [stage.name for stage in stages(4, manager=True)]
    assert names == ["booting", "manager", "vm-1", "vm-2", "vm-3", "vm-4"]
    assert [stage.guests for stage in stages(4, manager=True)] == [0, 0, 1, 2, 3, 4]
    assert stages(0) == [Stage("booting", 0)]


def test_negative_guests() -> None:
    with raises_code("invalid-stage", "-1"):
        stages(-1)


@given(guests=st.integers(0, 200), manager=st.booleans())
def test_names_lead_back_to_the_stages(guests: int, manager: bool) -> None:
    assert [parse_stage(stage.name) for stage in stages(guests, manager)] == stages(guests, manager)


@pytest.mark.parametrize("name", ["", "vm-0", "vm-01", "vm-", "VM-1", "boot", "vm-1\n"])
def test_unknown_names_are_refused_with_the_valid_ones(name: str) -> None:
    with raises_code("invalid-stage", "booting, manager, vm-1"):
        parse_stage(name)
