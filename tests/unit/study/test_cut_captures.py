"""A capture that lost or doubled a line, was cut off, or has another sign is refused, or gives the same numbers.

Since lines are counted where a capture is printed, this holds for every meter. What the parser alone sees in a capture
from before is tested, too; what it cannot see is listed, each with the reason.
"""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors
from study.meters.base import Context, Number
from study.meters.reading import read
from study.meters.registry import all_meters, meter
from tests.support.examples import examples
from tests.support.recorded import Case, cases

BY_METER = {each.name: [case for case in cases("numbers") if case.folder == each.name] for each in all_meters()}
_NUMBER = re.compile(r"(?<![\w.])[0-9]")
SEEDED = settings(examples(400), derandomize=True)


def cut_off(data: st.DataObject, text: str) -> str:
    return text[: data.draw(st.integers(0, len(text) - 1))]


def lose_a_line(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    return "".join(lines)


def double_a_line(data: st.DataObject, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    return "".join([*lines[: at + 1], *lines[at:]])


def change_a_sign(data: st.DataObject, text: str) -> str:
    at = data.draw(st.sampled_from([match.start() for match in _NUMBER.finditer(text)]))
    return f"{text[:at]}-{text[at:]}"


CHANGES: dict[str, Callable[[st.DataObject, str], str]] = {
    change.__name__: change for change in (cut_off, lose_a_line, double_a_line, change_a_sign)
}
# A minus sign becomes part of a name, which is free text; the numbers stay the same.
NAMED = {"xl-list", "xentop", "disk"}
# What a parser cannot know where lines were not counted. All but these are refused or give the same numbers.
UNSEEN = {
    ("account", "lose_a_line"): "an older kernel does not have the field; its memory is in `rest` then",
    ("disk", "cut_off"): "the entry of a file without blocks adds nothing to the total",
    ("disk", "lose_a_line"): "the entry of a file without blocks adds nothing to the total",
    ("factors", "lose_a_line"): "the kernel does not have the file; the metric is absent",
    ("meminfo", "cut_off"): "one sample, cut at the end of a line: an older kernel ends there; metrics are absent",
    ("meminfo", "lose_a_line"): "one sample: an older kernel does not have the field; the metric is absent",
    ("observer", "lose_a_line"): "a CPU is off, or a meter is not there",
    ("pss", "lose_a_line"): "one process: an older kernel does not have the field; the metric is absent",
    ("manager", "lose_a_line"): "one process: an older kernel does not have the field; the metric is absent",
    ("vmm", "lose_a_line"): "a QEMU without a mapping of its guest's size: the metrics are absent",
    ("xentop", "cut_off"): "a domain fewer",
    ("xentop", "lose_a_line"): "a domain fewer",
    ("xentop", "double_a_line"): "two domains whose names xentop has cut look the same",
    ("xl-list", "cut_off"): "a domain fewer",
    ("xl-list", "lose_a_line"): "a domain fewer",
    ("zoneinfo", "cut_off"): "a node fewer, or before Linux 5.12 a zone fewer",
}


def told(name: str, numbers: list[Number]) -> object:
    """Return what must stay the same: the numbers with their names, or without those that a sign may change."""
    if name in NAMED:
        return sorted((number.metric.partition(":")[0], number.value) for number in numbers)
    return {number.metric: number.value for number in numbers}


def line_of(case: Case) -> str:
    """Return the command line that asks for as many samples as the capture has."""
    wanted = int(case.expected["numbers"].get("samples", [1])[0])
    some = ("a",)
    context = Context("xen", "/xen", 1, wanted, wanted, wanted, some, some, some)
    return meter(case.folder).command(context)


@pytest.mark.parametrize("name", sorted(BY_METER))
@given(data=st.data())
@SEEDED
def test_a_capture_whose_lines_were_counted_is_refused_or_gives_the_same(name: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(BY_METER[name]))
    spoilt = data.draw(st.sampled_from(sorted(CHANGES)).map(CHANGES.__getitem__))(data, case.text)
    count = case.text.count("\n")
    whole = told(name, read(meter(name), case.text, command=line_of(case), lines=count))
    try:
        found = told(name, read(meter(name), spoilt, command=line_of(case), lines=count))
    except HvlabError as error:
        assert error.code == "unknown-output"
        assert "\n" not in str(error)
    else:
        assert found == whole


@pytest.mark.parametrize("name", sorted(BY_METER))
@given(data=st.data())
@SEEDED
def test_a_capture_from_before_is_refused_or_gives_the_same(name: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(BY_METER[name]))
    kind = data.draw(st.sampled_from([kind for kind in sorted(CHANGES) if (name, kind) not in UNSEEN]))
    whole = told(name, read(meter(name), case.text, command=line_of(case)))
    try:
        found = told(name, read(meter(name), CHANGES[kind](data, case.text), command=line_of(case)))
    except HvlabError as error:
        assert error.code == "unknown-output"
    else:
        assert found == whole


LISTS = {each.guest_list.name: each.guest_list.parse for each in all_hypervisors().values()}
RUNNING = [case for case in cases("running") if case.folder in LISTS]


@given(data=st.data())
@SEEDED
def test_a_spoilt_list_of_guests_names_none_that_does_not_run(data: st.DataObject) -> None:
    """It may name fewer: the run fails then, since a guest of the stage is not among them."""
    case = data.draw(st.sampled_from([case for case in RUNNING if case.text.strip()]))
    kind = data.draw(st.sampled_from([kind for kind in sorted(CHANGES) if kind != "change_a_sign"]))
    # Cut at the end of a line: within a line, a name may be cut.
    text = CHANGES[kind](data, case.text)
    text = text[: text.rfind("\n") + 1]
    try:
        found = LISTS[case.folder](text)
    except HvlabError as error:
        assert "\n" not in str(error)
    else:
        assert set(found) <= set(case.expected["running"])


SEVERAL = [case for case in cases("numbers") if case.folder in {"meminfo", "xl-info", "pss", "manager"}
           and "samples" in case.expected["numbers"]]  # fmt: skip


@pytest.mark.parametrize("case", SEVERAL, ids=str)
def test_no_cut_within_the_last_of_several_samples_gives_numbers(case: Case) -> None:
    lines = case.text.splitlines(keepends=True)
    for at in range(1, len(lines)):
        for text in ("".join(lines[:at]), "".join(lines[:at]) + lines[at][: len(lines[at]) // 2]):
            with pytest.raises(HvlabError):
                read(meter(case.folder), text, command=line_of(case))


def of(name: str, case: str) -> str:
    return next(each.text for each in BY_METER[name] if each.name == case)


def test_a_zone_that_is_there_twice_is_refused() -> None:
    for text in (of("zoneinfo", "linux-2.6.18"), of("zoneinfo", "linux-7.2")):
        with pytest.raises(HvlabError):
            meter("zoneinfo").parse(text + text)
        zone = text[text.index("Node 0, zone", 1) :]
        with pytest.raises(HvlabError):
            meter("zoneinfo").parse(text + zone)


def test_a_zone_that_is_missing_is_refused_where_the_kernel_lists_all() -> None:
    text = of("zoneinfo", "linux-6.1")
    starts = [match.start() for match in re.finditer("^Node", text, re.MULTILINE)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        with pytest.raises(HvlabError):
            meter("zoneinfo").parse(text[:start] + text[end:])


@pytest.mark.parametrize("name", ["pss", "manager"])
def test_a_process_that_is_missing_or_there_twice_is_refused(name: str) -> None:
    for case in BY_METER[name]:
        parts = re.split(r"(?m)^(?=pid=|matched=)", case.text)
        for at, part in enumerate(parts):
            if part.startswith("pid="):
                for spoilt in ([*parts[:at], *parts[at + 1 :]], [*parts[: at + 1], *parts[at:]]):
                    with pytest.raises(HvlabError):
                        meter(name).parse("".join(spoilt))


@pytest.mark.parametrize(
    ("name", "case", "old", "new"),
    [
        ("observer", "kvm-guests-2", "start 92.99", "start 999992.99"),
        ("meminfo", "kvm-three-samples", "MemFree:  ", "MemFree: 9999999"),
        ("xl-info", "xen-4.17-whole", "free_memory            : ", "free_memory            : 99999"),
        ("xl-list", "xen-guests-1", "   512 ", " 99999999999512 "),
        ("xentop", "xen-guests-4", "   35.2 ", "    nan "),
        ("xentop", "xen-guests-4", "   35.2 ", "  -35.2 "),
        ("xentop", "xen-guests-4", "   35.2 ", "   1e99 "),
        ("factors", "kvm-full-copy", "SwapTotal:       ", "SwapTotal:      -"),
        ("factors", "kvm-full-copy", "SwapTotal:       ", "SwapTotal:       999999999999"),
        ("vmm", "kvm-guests-2", " -m size=", " -m size=-"),
    ],
)
def test_a_number_that_no_machine_has_is_refused(name: str, case: str, old: str, new: str) -> None:
    text = of(name, case)
    assert text.count(old) >= 1
    with pytest.raises(HvlabError) as refused:
        read(meter(name), text[: text.rindex(old)] + new + text[text.rindex(old) + len(old) :])
    assert refused.value.code == "unknown-output"
