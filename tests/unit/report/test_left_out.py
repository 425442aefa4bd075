"""A stage that a study's settings left out is told in the paper."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.unit.report.test_paper import text_of

MakeStudy = Callable[..., Path]
LEFT_OUT = "The stage with the manager's window, which the 2011 study has, was left out"


def test_a_stage_that_was_left_out_is_told(make_study: MakeStudy) -> None:
    stages = ("booting", "vm-1", "vm-2")
    folder = make_study(guests=2, stages=stages)
    assert LEFT_OUT not in text_of(folder)
    info = json.loads((folder / "study.json").read_text())
    info["parameters"] |= {"stages": list(stages), "lab_host": {"desktop": False}}
    (folder / "study.json").write_text(json.dumps(info))
    text = text_of(folder)
    assert LEFT_OUT in text
    assert "The lab host runs no X session." in text
    assert "window open (Manager)" not in text
