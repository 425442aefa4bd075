"""A stage that a study's settings left out is told in the paper."""

from tests.support.made_up import MakeStudy, edited
from tests.support.pages import text_of

LEFT_OUT = "The stage with the manager's window, which the 2011 study has, was left out"


def test_a_stage_that_was_left_out_is_told(make_study: MakeStudy) -> None:
    stages = ("booting", "vm-1", "vm-2")
    folder = make_study(guests=2, stages=stages)
    assert LEFT_OUT not in text_of(folder)
    with edited(folder) as info:
        info["parameters"] |= {"stages": list(stages), "lab_host": {"desktop": False}}
    text = text_of(folder)
    assert LEFT_OUT in text
    assert "The lab host runs no X session." in text
    assert "window open (Manager)" not in text
