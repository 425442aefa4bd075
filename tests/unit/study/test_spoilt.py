"""The meters that print lists of unlike lines: what is spoilt is refused, or at least never anything but numbers.

Where a capture says everything once, a digit that became another one is seen by its SHA-256 only (study.check).
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from study.meters.registry import meter
from tests.support.corruptions import CORRUPTIONS
from tests.support.errors import raises_code
from tests.support.examples import examples
from tests.support.recorded import Case, cases

FOLDERS = {"account", "vmm", "observer", "image-size", "guest-boot", "meminfo", "pss", "xl-info"}
CASES = [case for case in cases("numbers") if case.folder in FOLDERS and case.text.count("\n") > 1]
# These end with a line of their own, so that what was cut off is told from what is whole.
ENDED = [case for case in CASES if case.folder in {"account", "vmm", "observer", "image-size"}]


@given(st.sampled_from(CASES), st.sampled_from(sorted(CORRUPTIONS)), st.data())
@examples(1000)
def test_a_spoilt_output_gives_numbers_or_an_error_of_one_line(case: Case, kind: str, data: st.DataObject) -> None:
    try:
        numbers = meter(case.folder).parse(CORRUPTIONS[kind](data, case.text))
    except HvlabError as error:
        assert len(str(error).splitlines()) == 1
        assert "meter " in str(error)
    else:
        assert len({number.metric for number in numbers}) == len(numbers)
        assert all(math.isfinite(number.value) for number in numbers)


@given(st.sampled_from(ENDED), st.data())
@examples(300)
def test_an_output_that_was_cut_off_is_refused(case: Case, data: st.DataObject) -> None:
    with pytest.raises(HvlabError):
        meter(case.folder).parse(case.text[: data.draw(st.integers(0, len(case.text) - 1))])


def spoil(case: Case, old: str, new: str) -> str:
    assert old in case.text
    return case.text.replace(old, new, 1)


def of(folder: str) -> Case:
    return next(case for case in CASES if case.folder == folder)


def test_parts_that_are_more_than_the_whole_are_refused() -> None:
    case = of("account")
    free = next(line for line in case.text.splitlines() if line.startswith("MemFree:"))
    with raises_code("unknown-output", "MemFree", "MemTotal"):
        meter("account").parse(spoil(case, free, "MemFree: 99999999 kB"))


def test_a_process_that_is_missing_is_refused() -> None:
    with raises_code("unknown-output"):
        meter("vmm").parse(spoil(of("vmm"), "matched=2", "matched=3"))


def test_the_guests_memory_cannot_be_told_apart_when_no_mapping_has_its_size() -> None:
    case = next(each for each in CASES if each.folder == "vmm" and "guest_ram" in each.expected["numbers"])
    text = case.text.replace("-m size=524288k", "-m size=524000k")
    metrics = {number.metric for number in meter("vmm").parse(text)}
    assert {"pss", "uss"} <= metrics
    assert not {"guest_ram", "own"} & metrics
