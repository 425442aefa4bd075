"""Every recorded output is read as its JSON file says."""

import re

import pytest

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors
from hypervisors.xen import xl_list
from study.meters.registry import all_meters, meter
from tests.support.recorded import ROOT, Case, cases


def domains(text: str) -> list[str]:
    """The guests that the meter `xl-list` counts."""
    return [domain.name for domain in xl_list.domains(text) if domain.name != xl_list.HOST_DOMAIN]


LISTS = {each.guest_list.name: each.guest_list.parse for each in all_hypervisors().values()} | {"xl-list": domains}
METERS = {each.name for each in all_meters()}


_OF_A_GUEST = re.compile(r"\Aguest \S+ \d+ lines\n")


@pytest.mark.parametrize("case", cases("numbers"), ids=str)
def test_numbers(case: Case) -> None:
    numbers = meter(case.folder).parse(case.text)
    read = {number.metric: [number.value, number.unit] for number in numbers}
    assert read == case.expected["numbers"]
    assert len(read) == len(numbers), "a metric occurs twice"


@pytest.mark.parametrize("case", cases("error"), ids=str)
def test_unknown_layout_is_an_error_that_shows_the_text(case: Case) -> None:
    with pytest.raises(HvlabError) as raised:
        if case.folder in METERS:
            meter(case.folder).parse(case.text)
        else:
            LISTS[case.folder](case.text)
    message = str(raised.value)
    assert case.expected["error"] in message
    assert "\n" not in message
    # Of several guests' outputs, each below a head, that of the guest that is wrong is shown.
    if shown := _OF_A_GUEST.sub("", case.text).split():
        assert shown[0] in message


@pytest.mark.parametrize("case", cases("running"), ids=str)
def test_running_guests(case: Case) -> None:
    assert LISTS[case.folder](case.text) == case.expected["running"]


def test_every_meter_has_a_good_and_a_bad_case() -> None:
    assert {case.folder for case in cases("numbers")} == METERS
    assert {case.folder for case in cases("error")} >= METERS


def test_every_case_tells_where_it_comes_from() -> None:
    texts = {file.with_suffix("") for file in ROOT.glob("*/*.txt") if file.parent.name in METERS}
    described = {file.with_suffix("") for file in ROOT.glob("*/*.json") if file.parent.name in METERS}
    assert texts == described
    for key in ("numbers", "error", "running"):
        assert all(case.expected["source"] for case in cases(key))
